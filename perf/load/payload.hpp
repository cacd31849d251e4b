// What the generator's packets carry: who they are, when they were sent, and a pattern in which every byte is known, so
// that the judge sees each byte that changed. Pure functions; sender and judge call them once per packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace sallyport::load {

/// Identity and time of one packet.
struct PayloadId {
  std::uint32_t run = 0;      ///< random per run: packets of another run are foreign
  std::uint32_t lane = 0;     ///< stream number; the top bit is set from side b to side a
  std::uint32_t counter = 0;  ///< of the lane, from 0
  std::uint64_t sent = 0;     ///< time stamp counter when the packet was built
  bool operator==(const PayloadId&) const = default;
};

/// Identity, and at least one word of pattern, which is what protects the identity itself.
inline constexpr std::size_t kMinPayload = 32;
/// With RTP header, tag, UDP and IPv6 within 1500 bytes.
inline constexpr std::size_t kMaxPayload = 1432;

/// Fills all of `payload`, which has at least kMinPayload bytes.
void write_payload(std::span<std::uint8_t> payload, const PayloadId& id) noexcept;

/// The identity as far as it can be read: nothing where the payload is too short or not one of ours.
std::optional<PayloadId> read_payload(std::span<const std::uint8_t> payload) noexcept;

/// Whether every byte is as write_payload() left it, the identity's own included.
bool payload_intact(std::span<const std::uint8_t> payload, const PayloadId& id) noexcept;

}  // namespace sallyport::load
