// Which index an RTP packet may have: SRTP sends only the lower 16 bits of it. The first guess is that of RFC
// 3711 3.3.1; further ones exist for an SSRC that has not been authentic under its key yet (a late joiner, a re-key
// whose sender resets its ROC, a stream that lost its first wrap) and for one whose packets have failed in a row (a
// sender that went on while 2^15 packets or more were lost). A guess is only a guess: nothing moves before the tag was
// right.
#pragma once

#include <array>
#include <cstdint>

#include "crypto/packet_index.hpp"
#include "crypto/ssrc_state.hpp"

namespace sallyport::crypto {

/// The guesses for one packet, each tried when the one before was wrong.
enum class Guess : std::uint8_t { kFirst, kSecond, kThird };

/// How many ROCs are searched, one a packet: a late joiner is found where the sender's ROC is below this (23 hours of
/// 50 packets a second), a sender after a long loss where its ROC is at most this much further on.
inline constexpr std::uint32_t kRocSearch = 64;
/// From so many failures in a row on a known sender is searched.
inline constexpr std::uint32_t kFailuresBeforeSearch = 8;
/// So many packets of strangers each have their turn in the search; behind these only one in kStrangersPerTry, so that
/// a flood of forged packets does not cost three times its own.
inline constexpr std::uint32_t kStrangersBeforeThrift = 1024;
inline constexpr std::uint32_t kStrangersPerTry = 16;

/// RFC 3711 3.3.1; an SSRC that is new starts with ROC 0. Above kMaxRtpIndex: the key is exhausted.
inline std::uint64_t first_guess(const SsrcState* state, std::uint16_t sequence) noexcept {
  if (state == nullptr) return sequence;
  if (state->roc_is_set()) return state->rtp.highest() >> 16 << 16 | sequence;
  const std::uint64_t index = estimate_index(state->rtp.highest(), sequence);
  // An index that the key before had met is modulo 2^48 (RFC 3711 3.3.1, Appendix A): under this one all are unused.
  return state->rtp.empty() ? index & kMaxRtpIndex : index;
}

/// The most likely other one. Equal to the first where there is none.
inline std::uint64_t second_guess(const SsrcState* state, std::uint16_t sequence) noexcept {
  // Others of this burst have shown where the SSRC is (or the guess is as it was).
  if (state != nullptr && !state->rtp.empty()) return estimate_index(state->rtp.highest(), sequence);
  // A re-key without signalled ROC: RFC 3711 8.1 keeps it, many senders start again from 0.
  if (state != nullptr && roc_of(state->rtp.highest()) != 0) return sequence;
  // A stream that began shortly before its first wrap, and everything before the wrap was lost.
  return sequence < 0x8000 ? std::uint64_t{1} << 16 | sequence : sequence;
}

/// One of the others: which one the sequence number decides, so that a sender's packets try them all in turn whatever
/// else arrives in between.
inline std::uint64_t third_guess(const SsrcState* state, std::uint16_t sequence) noexcept {
  const std::uint64_t base = state == nullptr ? 0 : roc_of(state->rtp.highest());
  const std::uint32_t turn = sequence % (kRocSearch + 2);
  std::uint64_t roc = 0;
  if (state != nullptr && !state->rtp.empty()) {
    roc = base + 1 + turn % kRocSearch;  // a known sender only goes on
  } else if (turn == 0) {
    roc = base + 1;
  } else if (turn == 1) {
    roc = base == 0 ? 0 : base - 1;
  } else {
    roc = turn - 2;
  }
  return roc << 16 | sequence;
}

}  // namespace sallyport::crypto
