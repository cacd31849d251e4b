// In what SRTP and SRTCP differ (RFC 3711 3.1, 3.4; RFC 7714 8, 9). protect() and unprotect() are written once, over
// these policies.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/iv.hpp"
#include "crypto/packet_index.hpp"
#include "crypto/roc_search.hpp"
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
  static WireForm usual_form(const Context& context) noexcept { return {context.job_form().rtp_tag_len, 0, true}; }
  static const SessionKey& key(const Context& context) noexcept { return context.rtp(); }
  static std::uint64_t next_index(const SsrcState& state, const std::uint8_t* data) noexcept {
    return first_guess(&state, rtp_sequence(data));
  }
  static WindowVerdict check(const SsrcState& state, std::uint64_t index) noexcept { return state.check_rtp(index); }
  static void commit(SsrcState& state, std::uint64_t index) noexcept { state.commit_rtp(index); }
  /// What the master key has left for SSRCs that it has not met.
  static std::uint64_t left(const Context& context, std::uint8_t key_slot) noexcept {
    return context.use(key_slot).rtp_left();
  }
  /// Counts the packet against the master key's lifetime; `attention` is set where control has to know.
  static bool take(Context& context, SsrcState& state, std::uint8_t key_slot, bool& attention) noexcept {
    const bool looks = state.allowance == 0 || state.key_slot != key_slot;
    const bool taken = context.take_rtp(state, key_slot);
    if (looks) [[unlikely]]
      attention = context.wants_attention();
    return taken;
  }
  static std::uint32_t trailer(std::uint64_t index, bool) noexcept { return roc_of(index); }
  static void f8_iv(std::uint8_t* iv, const std::uint8_t* data, std::uint32_t trailer) noexcept {
    aes_f8_iv_rtp(iv, data, trailer);
  }
};

struct RtcpPolicy {
  static constexpr PacketKind kKind = PacketKind::kRtcp;
  static constexpr std::size_t kMinHeader = kRtcpFixedHeader;
  static constexpr std::size_t kIndexOnWire = kTrailer;
  static constexpr std::size_t kSsrcOffset = 4;
  static constexpr std::uint64_t kMaxIndex = kMaxSrtcpIndex;

  static std::size_t header_len(const SrtpPacket&) noexcept { return kRtcpFixedHeader; }
  static WireForm usual_form(const Context& context) noexcept {
    return {context.suite().rtcp_tag_len, 0, context.suite().encrypts()};
  }
  static const SessionKey& key(const Context& context) noexcept { return context.rtcp(); }
  /// Starts at 0 and grows by one per packet; a re-key does not reset it (RFC 3711 3.4): then the empty window stands
  /// at the next one.
  static std::uint64_t next_index(const SsrcState& state, const std::uint8_t*) noexcept {
    return state.rtcp.empty() ? state.rtcp.highest() : state.rtcp.highest() + 1;
  }
  static WindowVerdict check(const SsrcState& state, std::uint64_t index) noexcept { return state.rtcp.check(index); }
  static void commit(SsrcState& state, std::uint64_t index) noexcept { state.rtcp.commit(index); }
  static std::uint64_t left(const Context& context, std::uint8_t key_slot) noexcept {
    return context.use(key_slot).rtcp_left();
  }
  static bool take(Context& context, SsrcState&, std::uint8_t key_slot, bool& attention) noexcept {
    const bool taken = context.take_rtcp(key_slot);
    attention = context.wants_attention();
    return taken;
  }
  static std::uint32_t trailer(std::uint64_t index, bool encrypted) noexcept {
    return (encrypted ? kEncryptedBit : 0) | static_cast<std::uint32_t>(index);
  }
  static void f8_iv(std::uint8_t* iv, const std::uint8_t* data, std::uint32_t trailer) noexcept {
    aes_f8_iv_rtcp(iv, data, trailer);
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
