// In what SRTP and SRTCP differ (RFC 3711 3.1, 3.4; RFC 7714 8, 9). protect() and unprotect() are written once, over
// these policies.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/packet_index.hpp"
#include "crypto/rtp_wire.hpp"
#include "crypto/transform.hpp"

namespace sallyport::crypto {

/// Bytes that bind the index into the authentication: the ROC (not sent), or E bit and SRTCP index (sent).
inline constexpr std::size_t kTrailer = 4;
inline constexpr std::uint32_t kEncryptedBit = 0x80000000;

struct RtpPolicy {
  static constexpr PacketKind kKind = PacketKind::kRtp;
  static constexpr std::size_t kMinHeader = kRtpFixedHeader;
  static constexpr std::size_t kIndexOnWire = 0;
  static constexpr std::size_t kSsrcOffset = 8;
  static constexpr std::uint64_t kMaxIndex = kMaxRtpIndex;

  static std::size_t header_len(const SrtpPacket& packet) noexcept { return packet.header_len; }
  static std::size_t tag_len(const Suite& suite) noexcept { return suite.rtp_tag_len; }
  static const KeySchedule* keys(const Context& context) noexcept { return context.rtp_keys(); }
  static const std::uint8_t* salt(const Context& context) noexcept { return context.rtp_salt(); }
  static ReplayWindow& window(SsrcState& state) noexcept { return state.rtp; }
  static std::uint64_t next_index(const ReplayWindow& window, const std::uint8_t* data) noexcept {
    return estimate_index(window.highest(), rtp_sequence(data));
  }
  static std::uint32_t trailer(std::uint64_t index) noexcept { return roc_of(index); }
};

struct RtcpPolicy {
  static constexpr PacketKind kKind = PacketKind::kRtcp;
  static constexpr std::size_t kMinHeader = kRtcpFixedHeader;
  static constexpr std::size_t kIndexOnWire = kTrailer;
  static constexpr std::size_t kSsrcOffset = 4;
  static constexpr std::uint64_t kMaxIndex = kMaxSrtcpIndex;

  static std::size_t header_len(const SrtpPacket&) noexcept { return kRtcpFixedHeader; }
  static std::size_t tag_len(const Suite& suite) noexcept { return suite.rtcp_tag_len; }
  static const KeySchedule* keys(const Context& context) noexcept { return context.rtcp_keys(); }
  static const std::uint8_t* salt(const Context& context) noexcept { return context.rtcp_salt(); }
  static ReplayWindow& window(SsrcState& state) noexcept { return state.rtcp; }
  /// Starts at 0 and grows by one per packet; a re-key does not reset it (RFC 3711 3.4): then the empty window stands at
  /// the next one.
  static std::uint64_t next_index(const ReplayWindow& window, const std::uint8_t*) noexcept {
    return window.empty() ? window.highest() : window.highest() + 1;
  }
  static std::uint32_t trailer(std::uint64_t index) noexcept {
    return kEncryptedBit | static_cast<std::uint32_t>(index);
  }
};

/// Version 2, with a whole header and at least `behind` bytes after it.
template <class Policy>
bool well_formed(const SrtpPacket& packet, std::size_t behind) noexcept {
  const std::size_t header = Policy::header_len(packet);
  return header >= Policy::kMinHeader && packet.length >= header + behind && packet.data[0] >> 6 == 2;
}

/// SSRC in host order, as the table's key.
template <class Policy>
std::uint32_t ssrc_of(const SrtpPacket& packet) noexcept {
  return load_be32(packet.data + Policy::kSsrcOffset);
}

}  // namespace sallyport::crypto
