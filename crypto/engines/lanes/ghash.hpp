// GHASH (NIST SP 800-38D 6.4) with four blocks of one packet in a row. A row is worth four Horner steps: the sum of the
// rows so far, multiplied by H^4, makes room for the next one, and after the last row it is multiplied by H^4, H^3,
// H^2, H lane by lane, so that the sum of the lanes is the hash. Where the blocks are no multiple of four, the first
// row begins with zeros, which add nothing. Four powers are all that is needed, cheap enough to be made for every
// packet. Included by kernels only.
//
// GCM's bits are in reflected order. Blocks are byte-swapped, which leaves a product that is one bit off; H is kept
// shifted by one bit instead (shift_key), so that the product of a block and a key comes out right, and the product of
// two keys is a key again.
#pragma once

#include "crypto/engines/lanes/vec.hpp"

namespace sallyport::crypto::lanes {

[[gnu::always_inline]] inline Vec swap_blocks(Vec v) {
  return _mm512_shuffle_epi8(v, in_all_lanes(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
}
[[gnu::always_inline]] inline Block swap_block(Block v) {
  return _mm_shuffle_epi8(v, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

/// A swapped H times x: what multiply() wants.
[[gnu::always_inline]] inline Block shift_key(Block h) {
  const Block carries = _mm_srli_epi64(h, 63);  // bit 127 in the upper half, bit 63 in the lower one
  const Block doubled = _mm_or_si128(_mm_slli_epi64(h, 1), _mm_bslli_si128(carries, 8));
  const Block top_bit = _mm_shuffle_epi32(carries, _MM_SHUFFLE(3, 2, 3, 2));
  const Block overflow = _mm_sub_epi64(_mm_setzero_si128(), top_bit);  // all ones where bit 127 was set
  const Block polynomial = _mm_set_epi64x(static_cast<long long>(0xc200000000000000), 1);
  return _mm_xor_si128(doubled, _mm_and_si128(overflow, polynomial));
}

/// A 256-bit product lane by lane: what is to be shifted by 0, 64 and 128 bits.
struct Product {
  Vec low, middle, high;
};

[[gnu::always_inline]] inline Product multiply_only(Vec x, Vec key) {
  return {_mm512_clmulepi64_epi128(x, key, 0x00),
          _mm512_xor_si512(_mm512_clmulepi64_epi128(x, key, 0x01), _mm512_clmulepi64_epi128(x, key, 0x10)),
          _mm512_clmulepi64_epi128(x, key, 0x11)};
}

/// The product of a key with itself, whose middle is twice the same and so 0.
[[gnu::always_inline]] inline Product square_only(Vec key) {
  return {_mm512_clmulepi64_epi128(key, key, 0x00), _mm512_setzero_si512(), _mm512_clmulepi64_epi128(key, key, 0x11)};
}

/// A product mod x^128 + x^7 + x^2 + x + 1: two folds by 64 bits.
[[gnu::always_inline]] inline Vec reduce(const Product& p) {
  const Vec polynomial = in_all_lanes(_mm_set_epi64x(static_cast<long long>(0xc200000000000000), 1));
  const Vec fold =
      xor3(_mm512_shuffle_epi32(p.low, _MM_PERM_BADC), p.middle, _mm512_clmulepi64_epi128(polynomial, p.low, 0x01));
  return xor3(_mm512_shuffle_epi32(fold, _MM_PERM_BADC), p.high, _mm512_clmulepi64_epi128(polynomial, fold, 0x01));
}

[[gnu::always_inline]] inline Vec multiply(Vec x, Vec key) { return reduce(multiply_only(x, key)); }

[[gnu::always_inline]] inline Block sum_of_lanes(Vec v) {
  const __m256i half = _mm256_xor_si256(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
  return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

}  // namespace sallyport::crypto::lanes
