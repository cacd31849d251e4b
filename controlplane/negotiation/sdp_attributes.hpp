// What the attributes of an m= section say together with its c= line: direction (hold in all its spellings), where
// media and RTCP go, packet times. Pure; used by the functions that plan media.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "controlplane/negotiation/sdp.hpp"

namespace sallyport::controlplane {

/// Who may send, seen from the party that says it. Bit 0: it sends, bit 1: it receives.
enum class Direction : std::uint8_t { kInactive = 0, kSendOnly = 1, kRecvOnly = 2, kSendRecv = 3 };

constexpr bool sends(Direction direction) { return (static_cast<unsigned>(direction) & 1) != 0; }
constexpr bool receives(Direction direction) { return (static_cast<unsigned>(direction) & 2) != 0; }
constexpr Direction direction_of(bool sends, bool receives) {
  return static_cast<Direction>((sends ? 1U : 0U) | (receives ? 2U : 0U));
}
/// The same, seen from the other end.
constexpr Direction reversed(Direction direction) { return direction_of(receives(direction), sends(direction)); }
/// What both allow.
constexpr Direction both(Direction a, Direction b) {
  return static_cast<Direction>(static_cast<unsigned>(a) & static_cast<unsigned>(b));
}
/// "sendrecv", "sendonly", "recvonly", "inactive".
std::string_view to_string(Direction direction);

/// The first attribute of that name, null where there is none. Names are matched without regard to case.
const SdpAttribute* find_attribute(std::span<const SdpAttribute> attributes, std::string_view name);

/// What the party will do: its direction attribute (of the m= section, else of the session, else sendrecv), less what
/// its address takes away: with c=0.0.0.0 or c=:: it does not receive (RFC 2543 B.5, RFC 3264 8.4), with port 0
/// nothing passes at all.
Direction direction_of(const SessionDescription& session, const MediaDescription& media);

/// Takes out what the party said of direction: sendrecv, unless its address holds it.
void set_sendrecv(SessionDescription& session);

/// Where the party wants its RTP: nothing where the address is a name, a group, or unspecified, or the port is 0.
std::optional<Endpoint> rtp_address(const SessionDescription& session, const MediaDescription& media);

/// Where it wants its RTCP, not multiplexed: as a=rtcp says (RFC 3605), else on the port above RTP's. Nothing where
/// RTP's is nowhere, or a=rtcp names what is no address.
std::optional<Endpoint> rtcp_address(const SessionDescription& session, const MediaDescription& media);

/// a=rtcp-mux (RFC 5761 5.1.1).
bool asks_rtcp_mux(const MediaDescription& media);

/// a=ptime and a=maxptime in milliseconds, 1 to 1000; fractions are cut off.
std::optional<unsigned> ptime_of(const MediaDescription& media);
std::optional<unsigned> maxptime_of(const MediaDescription& media);

/// Whether ICE candidates, or a certificate's fingerprint for DTLS, are given for the section.
bool has_candidates(const MediaDescription& media);
bool has_fingerprint(const SessionDescription& session, const MediaDescription& media);

}  // namespace sallyport::controlplane
