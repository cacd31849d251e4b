// One worker's memory for the burst that protect() or unprotect() works on, and the filling of jobs that both share.
// Never visible outside of the two.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "crypto/engine.hpp"
#include "crypto/iv.hpp"
#include "crypto/srtp_policy.hpp"
#include "crypto/tag.hpp"
#include "crypto/transform.hpp"

namespace sallyport::crypto {

/// What belongs to one job beside the job.
struct JobOrigin {
  SsrcState* state;     ///< null: the SSRC is new
  std::uint8_t packet;  ///< position in the burst
};

class Workspace {
 public:
  /// Longest text that can be opened beside its ciphertext.
  static constexpr std::size_t kScratch = 2048;

  std::array<Job, kMaxBurst> jobs;
  std::array<JobOrigin, kMaxBurst> origins;
  /// SRTP's HMAC covers the ROC, which is written over the tag (RFC 3711 4.2): unprotect() keeps the tag here.
  std::array<std::array<std::uint8_t, kMaxTag>, kMaxBurst> saved_tags;
  /// SRTCP with AEAD authenticates header and index, which do not lie side by side (RFC 7714 9.2).
  std::array<std::array<std::uint8_t, kRtcpFixedHeader + kTrailer>, kMaxBurst> rtcp_aad;
  alignas(64) std::array<std::array<std::uint8_t, kScratch>, kMaxBurst> scratch;
};

/// Fills what sealing and opening have in common: keys, IV, text in place, authenticated region, and the tag where it
/// lies in the packet. For HMAC suites the trailer is expected behind the text, which in SRTP is the tag's place.
template <class Policy>
[[gnu::always_inline]] inline void fill_job(Workspace& workspace, std::size_t slot, const SrtpPacket& packet,
                                            const Context& context, std::uint64_t index,
                                            std::size_t text_len) noexcept {
  const Suite& suite = context.suite();
  const std::size_t header_len = Policy::header_len(packet);
  std::uint8_t* const data = packet.data;
  std::uint8_t* const text = data + header_len;
  Job& job = workspace.jobs[slot];
  job.keys = Policy::keys(context);
  job.auth = data;
  job.src = text;
  job.dst = text;
  job.text_len = static_cast<std::uint16_t>(text_len);
  job.tag_len = static_cast<std::uint8_t>(Policy::tag_len(suite));
  job.cipher = suite.cipher;
  job.key_len = suite.key_len;
  if (!suite.aead()) {
    // RFC 3711 4.2: M = header | ciphertext | ROC; 3.4: header | ciphertext | E bit and index, and then the tag.
    job.auth_len = static_cast<std::uint16_t>(header_len + text_len + kTrailer);
    job.tag = text + text_len + Policy::kIndexOnWire;
    aes_cm_iv(job.iv.data(), Policy::salt(context), data + Policy::kSsrcOffset, index);
    return;
  }
  job.auth_len = static_cast<std::uint16_t>(header_len);
  job.tag = text + text_len;  // RFC 7714 9.1: part of the ciphertext, SRTCP's index comes after it
  aes_gcm_iv(job.iv.data(), Policy::salt(context), data + Policy::kSsrcOffset, index);
  if constexpr (Policy::kKind == PacketKind::kRtcp) {
    std::uint8_t* aad = workspace.rtcp_aad[slot].data();
    std::memcpy(aad, data, kRtcpFixedHeader);
    store_be32(aad + kRtcpFixedHeader, Policy::trailer(index));
    job.auth = aad;
    job.auth_len = kRtcpFixedHeader + kTrailer;
  }
}

/// Has the lines fetched that the burst's look-ups will read: first all contexts, then what they point to.
template <Context* SrtpPacket::*kWhich>
void prefetch_contexts(std::span<SrtpPacket> packets) noexcept {
  for (const SrtpPacket& packet : packets) __builtin_prefetch(packet.*kWhich);
  for (const SrtpPacket& packet : packets) (packet.*kWhich)->ssrcs().prefetch();
}

}  // namespace sallyport::crypto
