// One worker's memory for the burst that protect() or unprotect() works on, and the filling of jobs that both share.
// Never visible outside of the two.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "crypto/engine.hpp"
#include "crypto/iv.hpp"
#include "crypto/srtp_policy.hpp"
#include "crypto/transform.hpp"

namespace sallyport::crypto {

/// What belongs to one job beside the job.
struct JobContext {
  Context* context;
  SsrcState* state;     ///< null: the SSRC is new
  std::uint8_t packet;  ///< position in the burst
};

class Workspace {
 public:
  /// Longest text that can be opened beside its ciphertext.
  static constexpr std::size_t kScratch = 2048;

  std::array<Job, kMaxBurst> jobs;
  std::array<JobContext, kMaxBurst> contexts;
  /// SRTCP with AEAD authenticates header and index, which do not lie side by side (RFC 7714 9.2).
  std::array<std::array<std::uint8_t, kRtcpFixedHeader + kTrailer>, kMaxBurst> rtcp_aad;
  alignas(64) std::array<std::array<std::uint8_t, kScratch>, kMaxBurst> scratch;
};

/// Copies a tag; its lengths are few and known, and a call to memcpy would cost more than the copy.
inline void copy_tag(std::uint8_t* to, const std::uint8_t* from, std::size_t length) noexcept {
  switch (length) {
    case 4:
      std::memcpy(to, from, 4);
      break;
    case 10:
      std::memcpy(to, from, 10);
      break;
    case 16:
      std::memcpy(to, from, 16);
      break;
    default:
      std::memcpy(to, from, length);
  }
}

/// Fills what sealing and opening have in common: keys, IV, text in place, authenticated region. For HMAC suites the
/// trailer is expected at text + text_len, the tag's place in SRTP.
template <class Policy>
void fill_job(Workspace& workspace, std::size_t slot, const SrtpPacket& packet, const Context& context,
              std::uint64_t index, std::size_t text_len) noexcept {
  const Suite& suite = context.suite();
  const std::size_t header_len = Policy::header_len(packet);
  const std::uint8_t* ssrc_wire = packet.data + Policy::kSsrcOffset;
  Job& job = workspace.jobs[slot];
  job.keys = Policy::keys(context);
  job.src = packet.data + header_len;
  job.dst = packet.data + header_len;
  job.text_len = static_cast<std::uint16_t>(text_len);
  job.tag_len = static_cast<std::uint8_t>(Policy::tag_len(suite));
  job.cipher = suite.cipher;
  job.key_len = suite.key_len;
  if (!suite.aead()) {
    // RFC 3711 4.2: M = header | ciphertext | ROC; 3.4: header | ciphertext | E bit and index.
    job.auth = packet.data;
    job.auth_len = static_cast<std::uint16_t>(header_len + text_len + kTrailer);
    aes_cm_iv(job.iv.data(), Policy::salt(context), ssrc_wire, index);
    return;
  }
  aes_gcm_iv(job.iv.data(), Policy::salt(context), ssrc_wire, index);
  job.aad = packet.data;
  job.aad_len = static_cast<std::uint16_t>(header_len);
  if constexpr (Policy::kKind == PacketKind::kRtcp) {
    std::uint8_t* aad = workspace.rtcp_aad[slot].data();
    std::memcpy(aad, packet.data, kRtcpFixedHeader);
    store_be32(aad + kRtcpFixedHeader, Policy::trailer(index));
    job.aad = aad;
    job.aad_len = kRtcpFixedHeader + kTrailer;
  }
}

/// Has the lines that the burst's look-ups will read fetched: first all contexts, then what they point to.
template <Context* SrtpPacket::*kWhich>
void prefetch_contexts(std::span<SrtpPacket> packets) noexcept {
  for (const SrtpPacket& packet : packets) __builtin_prefetch(packet.*kWhich);
  for (const SrtpPacket& packet : packets) {
    const bool rtp = packet.kind == PacketKind::kRtp;
    if (packet.length < kRtpFixedHeader) continue;
    (packet.*kWhich)->ssrcs().prefetch(rtp ? rtp_ssrc(packet.data) : rtcp_ssrc(packet.data));
  }
}

}  // namespace sallyport::crypto
