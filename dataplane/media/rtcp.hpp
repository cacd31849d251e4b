// RTCP through the gateway (RFC 3550 6, RFC 4585): where a leg changes SSRC, sequence numbers or timestamps, reports
// are rewritten to match, in place, so that both parties' loss, jitter and round trip stay true. Works on clear RTCP.
#pragma once

#include <cstdint>
#include <span>

#include "dataplane/tx_clock.hpp"

namespace sallyport::dataplane {

/// Whether the lengths of a compound (or reduced-size, RFC 5506) packet add up and it begins with its sender's SSRC.
bool rtcp_is_well_formed(std::span<const std::uint8_t> packet) noexcept;

/// Received on the leg whose clock this is: what the party says about our SSRCs (report blocks, feedback) becomes about
/// the source's. `packet` is well formed.
void rtcp_to_source_numbers(std::span<std::uint8_t> packet, const TxClock& clock) noexcept;

/// To be sent on the leg whose clock this is: the senders' SSRCs and the RTP timestamp of sender reports become ours.
/// The packet's first SSRC always does. `packet` is well formed.
void rtcp_to_sent_numbers(std::span<std::uint8_t> packet, TxClock& clock) noexcept;

}  // namespace sallyport::dataplane
