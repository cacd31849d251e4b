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

/// Encrypts kBlocks blocks of each lane.
template <int kBlocks>
[[gnu::always_inline]] inline void encrypt(Vec (&state)[kBlocks], const Keys<16>& keys) {
  Vec key = keys.low;
  add_key(state, key);
#pragma GCC unroll 9
  for (int step = 0; step < 9; ++step) {
    key = chain_words(key, substitute_rotated(key, rcon(step)));
    round(state, key);
  }
  last_round(state, chain_words(key, substitute_rotated(key, rcon(9))));
}

/// Two round keys a step: the second half takes SubWord without rotation or constant.
template <int kBlocks>
[[gnu::always_inline]] inline void encrypt(Vec (&state)[kBlocks], const Keys<32>& keys) {
  Vec low = keys.low;
  Vec high = keys.high;
  add_key(state, low);
  round(state, high);
#pragma GCC unroll 6
  for (int step = 0; step < 6; ++step) {
    low = chain_words(low, substitute_rotated(high, rcon(step)));
    round(state, low);
    const Vec word_3 = _mm512_shuffle_epi32(low, _MM_PERM_DDDD);
    high = chain_words(high, _mm512_aesenclast_epi128(word_3, _mm512_setzero_si512()));
    round(state, high);
  }
  last_round(state, chain_words(low, substitute_rotated(high, rcon(6))));
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
[[gnu::always_inline]] inline void encrypt(Vec (&state)[kBlocks], const Keys<24>& keys) {
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

}  // namespace sallyport::crypto::lanes
