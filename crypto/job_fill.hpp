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
struct alignas(16) JobOrigin {
  SsrcState* state;  ///< null: the SSRC is new
  std::uint16_t text_len;
  std::uint8_t packet;  ///< position in the burst
  std::uint8_t key_slot;
  bool trailer_is_over_packet;  ///< the bytes behind the text are those of JobExtra::tail
  bool usual;                   ///< see usual_packet.hpp
};

/// Longest text that can be opened beside its ciphertext.
inline constexpr std::size_t kScratch = 2048;

/// What only some jobs need.
struct alignas(64) JobExtra {
  // What an opening job overwrites in the packet.
  std::array<std::uint8_t, kMaxTag> tag;
  std::array<std::uint8_t, kTrailer> tail;
  /// SRTCP with AEAD authenticates header and index, which do not lie side by side (RFC 7714 9.2).
  std::array<std::uint8_t, kRtcpFixedHeader + kTrailer> rtcp_aad;
  alignas(64) std::array<std::uint8_t, kScratch> scratch;
};

/// One job's places.
struct JobSpace {
  Job& job;
  JobOrigin& origin;
  JobExtra& extra;
};

/// What a job is about.
struct JobSubject {
  const SessionKey& key;
  WireForm form;
  std::uint64_t index;
  std::size_t header_len;
  std::size_t text_len;
};

/// Fills keys, IV, text in place, authenticated region, and the tag where it lies in the packet, all in the usual form:
/// encrypted, without MKI. Where the trailer is authenticated behind the text, the caller has it written there.
template <class Policy>
[[gnu::always_inline]] inline void fill_usual_job(Job& job, std::uint8_t* data, const JobForm& form,
                                                  const JobSubject& subject) noexcept {
  std::uint8_t* const text = data + subject.header_len;
  std::uint8_t* const text_end = text + subject.text_len;
  job.keys = &subject.key.record;
  job.auth = data;
  job.src = text;
  job.dst = text;
  job.text_len = static_cast<std::uint16_t>(subject.text_len);
  set_form(job, form);
  if (form.aead) {
    job.tag = text_end;  // RFC 7714 9.1: part of the ciphertext; SRTCP's index and the MKI come after it
    job.auth_len = static_cast<std::uint16_t>(subject.header_len);
    aes_gcm_iv(job.iv.data(), subject.key.salt.data(), data + Policy::kSsrcOffset, subject.index);
  } else {
    // RFC 3711 4.2: M = header | ciphertext | ROC; 3.4: header | ciphertext | E bit and index; then MKI and tag.
    job.tag = text_end + Policy::kIndexOnWire;
    job.auth_len = static_cast<std::uint16_t>(subject.header_len + subject.text_len + kTrailer);
    aes_cm_iv(job.iv.data(), subject.key.salt.data(), data + Policy::kSsrcOffset, subject.index);
  }
}

/// The same in any form, and for any suite.
template <class Policy>
void fill_job(const JobSpace& space, std::uint8_t* data, const Context& context, const JobSubject& subject) noexcept {
  const JobForm& row = context.job_form();
  Job& job = space.job;
  fill_usual_job<Policy>(job, data, row, subject);
  job.tag_len = subject.form.tag_len;
  if (!row.aead) {
    job.tag += subject.form.mki_len;
    if (!subject.form.encrypted) job.cipher = Cipher::kNull;
    if (row.cipher == Cipher::kAesF8) {
      Policy::f8_iv(job.iv.data(), data, Policy::trailer(subject.index, subject.form.encrypted));
    }
  } else if (!subject.form.encrypted) {
    // RFC 7714 9.3: all of the packet is additional data, the index of SRTCP included.
    job.text_len = 0;
    job.auth_len = static_cast<std::uint16_t>(subject.header_len + subject.text_len + Policy::kIndexOnWire);
  } else if constexpr (Policy::kKind == PacketKind::kRtcp) {
    std::uint8_t* const aad = space.extra.rtcp_aad.data();
    std::memcpy(aad, data, kRtcpFixedHeader);
    store_be32(aad + kRtcpFixedHeader, Policy::trailer(subject.index, true));
    job.auth = aad;
    job.auth_len = kRtcpFixedHeader + kTrailer;
  }
}

/// Whether the job reads the trailer from behind the text: HMAC suites do, unless nothing is authenticated, and AEAD
/// suites for SRTCP that is not encrypted.
template <class Policy>
bool trailer_behind_text(const JobForm& row, const WireForm& form) noexcept {
  if (!row.aead) return form.tag_len != 0;
  return Policy::kKind == PacketKind::kRtcp && !form.encrypted;
}

/// Keeps what the job needs of the tail, and writes the authenticated trailer over it.
inline void lay_trailer(const JobSpace& space, std::uint8_t* behind_text, std::uint32_t trailer) noexcept {
  JobExtra& extra = space.extra;
  copy_tag(extra.tag.data(), space.job.tag, space.job.tag_len);
  space.job.tag = extra.tag.data();
  std::memcpy(extra.tail.data(), behind_text, kTrailer);
  store_be32(behind_text, trailer);
  space.origin.trailer_is_over_packet = true;
}

/// What one of a packet's two keys has said of it, while the other one is tried.
struct KeyAnswer {
  Verdict verdict;
  bool authentic;
  std::uint64_t index;
};
inline KeyAnswer answer_of(const SrtpPacket& packet) noexcept {
  return {packet.verdict, packet.authentic, packet.index};
}
inline void set_answer(SrtpPacket& packet, const KeyAnswer& answer) noexcept {
  packet.verdict = answer.verdict;
  packet.authentic = answer.authentic;
  packet.index = answer.index;
}

/// Puts back what lay_trailer() has written over, if it has: a packet that is refused stays as it came.
inline void restore_tail(const JobSpace& space, std::uint8_t* behind_text) noexcept {
  if (space.origin.trailer_is_over_packet) std::memcpy(behind_text, space.extra.tail.data(), kTrailer);
}

}  // namespace sallyport::crypto
