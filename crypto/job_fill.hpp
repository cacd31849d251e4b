// The memory of one job, and the filling of it that sealing and opening share. Never visible outside of the transforms.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "crypto/engine.hpp"
#include "crypto/srtp_policy.hpp"
#include "crypto/tag.hpp"
#include "crypto/transform.hpp"

namespace sallyport::crypto {

/// What a transform remembers of a packet while its job is with the engine.
struct JobOrigin {
  SsrcState* state;  ///< null: the SSRC is new
  std::uint16_t text_len;
  std::uint8_t packet;  ///< position in the burst
  std::uint8_t key_slot;
  bool trailer_is_over_packet;  ///< the bytes behind the text are those of SavedBytes::tail
};

/// What an opening job overwrites in the packet.
struct SavedBytes {
  std::array<std::uint8_t, kMaxTag> tag;
  std::array<std::uint8_t, kTrailer> tail;
};

/// SRTCP with AEAD authenticates header and index, which do not lie side by side (RFC 7714 9.2).
using RtcpAad = std::array<std::uint8_t, kRtcpFixedHeader + kTrailer>;

/// Longest text that can be opened beside its ciphertext.
inline constexpr std::size_t kScratch = 2048;
using Scratch = std::array<std::uint8_t, kScratch>;

/// One job's places.
struct JobSpace {
  Job& job;
  JobOrigin& origin;
  SavedBytes& saved;
  RtcpAad& aad;
  Scratch& scratch;
};

/// What a job is about.
struct JobSubject {
  const SessionKey& key;
  WireForm form;
  std::uint64_t index;
  std::size_t text_len;
};

/// Fills keys, IV, text in place, authenticated region, and the tag where it lies in the packet. Where the trailer is
/// authenticated behind the text, the caller has it written there.
template <class Policy>
[[gnu::always_inline]] inline void fill_job(const JobSpace& space, const SrtpPacket& packet, const Context& context,
                                            const JobSubject& subject) noexcept {
  const Suite& suite = context.suite();
  const std::size_t header_len = Policy::header_len(packet);
  std::uint8_t* const data = packet.data;
  std::uint8_t* const text = data + header_len;
  const std::size_t text_len = subject.text_len;
  Job& job = space.job;
  job.keys = &subject.key.record;
  job.auth = data;
  job.src = text;
  job.dst = text;
  job.text_len = static_cast<std::uint16_t>(text_len);
  job.tag_len = subject.form.tag_len;
  job.engine = context.engine_kind();
  job.key_len = suite.key_len;
  if (!suite.aead()) {
    // RFC 3711 4.2: M = header | ciphertext | ROC; 3.4: header | ciphertext | E bit and index; then MKI and tag.
    job.cipher = subject.form.encrypted ? suite.cipher : Cipher::kNull;
    job.auth_len = static_cast<std::uint16_t>(header_len + text_len + kTrailer);
    job.tag = text + text_len + Policy::kIndexOnWire + subject.form.mki_len;
    if (suite.cipher == Cipher::kAesF8) [[unlikely]] {
      Policy::f8_iv(job.iv.data(), data, Policy::trailer(subject.index, subject.form.encrypted));
    } else {
      aes_cm_iv(job.iv.data(), subject.key.salt.data(), data + Policy::kSsrcOffset, subject.index);
    }
    return;
  }
  job.cipher = Cipher::kAesGcm;
  job.tag = text + text_len;  // RFC 7714 9.1: part of the ciphertext; SRTCP's index and the MKI come after it
  aes_gcm_iv(job.iv.data(), subject.key.salt.data(), data + Policy::kSsrcOffset, subject.index);
  if (!subject.form.encrypted) [[unlikely]] {
    // RFC 7714 9.3: all of the packet is additional data, the index of SRTCP included.
    job.text_len = 0;
    job.auth_len = static_cast<std::uint16_t>(header_len + text_len + Policy::kIndexOnWire);
    return;
  }
  job.auth_len = static_cast<std::uint16_t>(header_len);
  if constexpr (Policy::kKind == PacketKind::kRtcp) {
    std::memcpy(space.aad.data(), data, kRtcpFixedHeader);
    store_be32(space.aad.data() + kRtcpFixedHeader, Policy::trailer(subject.index, true));
    job.auth = space.aad.data();
    job.auth_len = kRtcpFixedHeader + kTrailer;
  }
}

/// Whether the job reads the trailer from behind the text: HMAC suites do, unless nothing is authenticated, and AEAD
/// suites for SRTCP that is not encrypted.
template <class Policy>
bool trailer_behind_text(const Suite& suite, const WireForm& form) noexcept {
  if (!suite.aead()) return form.tag_len != 0;
  return Policy::kKind == PacketKind::kRtcp && !form.encrypted;
}

}  // namespace sallyport::crypto
