// AES encryption with one packet, and so one key, per 128-bit lane. The key schedule (FIPS 197 5.2) is expanded inside
// the round loop, four keys at once: a packet's key is 16 to 32 bytes of memory instead of up to 240, which is what
// counts when every packet has another key, and round keys exist in registers only. Included by kernels only.
#pragma once

#include "crypto/engines/lanes/vec.hpp"

namespace sallyport::crypto::lanes {

/// Round constants (FIPS 197 5.2).
inline constexpr std::uint32_t kRcon[10] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36};

[[gnu::always_inline]] inline Vec rcon(int step) { return _mm512_set1_epi32(static_cast<int>(kRcon[step])); }

/// SubWord(RotWord(word 3)) ^ constant in all four words of a lane. AESENCLAST is SubBytes after ShiftRows, which moves
/// nothing where all columns are equal, and XOR of its second operand.
[[gnu::always_inline]] inline Vec substitute_rotated(Vec key, Vec constant) {
  const Vec rotated_word_3 = in_all_lanes(_mm_set_epi8(12, 15, 14, 13, 12, 15, 14, 13, 12, 15, 14, 13, 12, 15, 14, 13));
  return _mm512_aesenclast_epi128(_mm512_shuffle_epi8(key, rotated_word_3), constant);
}

/// The word w[i-1] ^ w[i-4] recurrence for four words: prefix XOR within the lane, and `t` on each.
[[gnu::always_inline]] inline Vec chain_words(Vec key, Vec t) {
  key = _mm512_xor_si512(key, _mm512_bslli_epi128(key, 4));
  return xor3(key, _mm512_bslli_epi128(key, 8), t);
}

template <int kBlocks>
[[gnu::always_inline]] inline void add_key(Vec (&state)[kBlocks], Vec key) {
#pragma GCC unroll 16
  for (int i = 0; i < kBlocks; ++i) state[i] = _mm512_xor_si512(state[i], key);
}
template <int kBlocks>
[[gnu::always_inline]] inline void round(Vec (&state)[kBlocks], Vec key) {
#pragma GCC unroll 16
  for (int i = 0; i < kBlocks; ++i) state[i] = _mm512_aesenc_epi128(state[i], key);
}
template <int kBlocks>
[[gnu::always_inline]] inline void last_round(Vec (&state)[kBlocks], Vec key) {
#pragma GCC unroll 16
  for (int i = 0; i < kBlocks; ++i) state[i] = _mm512_aesenclast_epi128(state[i], key);
}

/// Four keys of kKeyLen bytes, one per lane: the first 16 bytes, and what is behind them.
template <std::size_t kKeyLen>
struct Keys {
  static constexpr int kRounds = static_cast<int>(kKeyLen) / 4 + 6;
  Vec low;
  Vec high;
};

template <std::size_t kKeyLen>
[[gnu::always_inline]] inline Keys<kKeyLen> gather_keys(const std::uint8_t* a, const std::uint8_t* b,
                                                        const std::uint8_t* c, const std::uint8_t* d) {
  Keys<kKeyLen> keys{gather(a, b, c, d), Vec{}};
  if constexpr (kKeyLen > 16) keys.high = gather(a + 16, b + 16, c + 16, d + 16);
  return keys;
}

/// What encrypt() does between rounds where there is nothing else to do. Anything with such an operator will do: other
/// work finds the units that AES leaves idle.
struct Nothing {
  template <int kRound>
  [[gnu::always_inline]] void after_round() {}
};

/// Rounds kRound to the last. The round key after `key` is begun before `key` is used: it takes as long as a round.
template <int kRound, int kBlocks, class Other>
[[gnu::always_inline]] inline void rounds(Vec (&state)[kBlocks], Vec key, Other& other) {
  if constexpr (kRound == Keys<16>::kRounds) {
    last_round(state, key);
  } else {
    const Vec next = chain_words(key, substitute_rotated(key, rcon(kRound)));
    round(state, key);
    other.template after_round<kRound>();
    rounds<kRound + 1>(state, next, other);
  }
}

/// Encrypts kBlocks blocks of each lane.
template <int kBlocks, class Other>
[[gnu::always_inline]] inline void encrypt(Vec (&state)[kBlocks], const Keys<16>& keys, Other& other) {
  const Vec next = chain_words(keys.low, substitute_rotated(keys.low, rcon(0)));
  add_key(state, keys.low);
  rounds<1>(state, next, other);
}

/// Rounds kRound, an even number, to the last. Round keys are made by pairs: the second of a pair takes SubWord without
/// rotation or constant.
template <int kRound, int kBlocks, class Other>
[[gnu::always_inline]] inline void rounds(Vec (&state)[kBlocks], const Keys<32>& keys, Other& other) {
  if constexpr (kRound == Keys<32>::kRounds) {
    last_round(state, keys.low);
  } else {
    Keys<32> next;
    const Vec word_3 = _mm512_shuffle_epi32(keys.low, _MM_PERM_DDDD);
    next.high = chain_words(keys.high, _mm512_aesenclast_epi128(word_3, _mm512_setzero_si512()));
    round(state, keys.low);
    other.template after_round<kRound>();
    next.low = chain_words(keys.low, substitute_rotated(next.high, rcon(kRound / 2)));
    round(state, next.high);
    other.template after_round<kRound + 1>();
    rounds<kRound + 2>(state, next, other);
  }
}

template <int kBlocks, class Other>
[[gnu::always_inline]] inline void encrypt(Vec (&state)[kBlocks], const Keys<32>& keys, Other& other) {
  add_key(state, keys.low);
  const Vec low = chain_words(keys.low, substitute_rotated(keys.high, rcon(0)));
  round(state, keys.high);
  other.template after_round<1>();
  rounds<2>(state, Keys<32>{low, keys.high}, other);
}

/// The six words of an AES-192 step: four in `low`, two in the lower half of `high`.
[[gnu::always_inline]] inline void step_192(Keys<24>& keys, int step) {
  const Vec word_5 = _mm512_shuffle_epi32(keys.high, _MM_PERM_BBBB);
  keys.low = chain_words(keys.low, substitute_rotated(word_5, rcon(step)));
  const Vec pair = _mm512_xor_si512(keys.high, _mm512_bslli_epi128(keys.high, 4));
  keys.high = _mm512_xor_si512(pair, _mm512_shuffle_epi32(keys.low, _MM_PERM_DDDD));
}

/// Two steps of six words are three round keys.
template <int kBlocks>
[[gnu::always_inline]] inline void encrypt(Vec (&state)[kBlocks], const Keys<24>& keys, Nothing&) {
  Keys<24> now = keys;
  add_key(state, now.low);
  for (int step = 0;; step += 2) {
    const Vec before = now.high;
    step_192(now, step);
    round(state, _mm512_unpacklo_epi64(before, now.low));
    round(state, _mm512_alignr_epi8(now.high, now.low, 8));
    step_192(now, step + 1);
    if (step == 6) break;
    round(state, now.low);
  }
  last_round(state, now.low);
}

template <int kBlocks, std::size_t kKeyLen>
[[gnu::always_inline]] inline void encrypt(Vec (&state)[kBlocks], const Keys<kKeyLen>& keys) {
  Nothing nothing;
  encrypt(state, keys, nothing);
}

}  // namespace sallyport::crypto::lanes
