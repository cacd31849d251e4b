// Counter mode keystream of four packets at once: columns of counter blocks, one packet per lane, go through AES
// together and come out as rows, 64 consecutive bytes of one packet each. Included by kernels only.
#pragma once

#include "crypto/engines/lanes/aes_lanes.hpp"
#include "crypto/engines/lanes/job_access.hpp"

namespace sallyport::crypto::lanes {

inline constexpr std::size_t kMaxColumns = 12;  ///< counter blocks that are made together
inline constexpr std::size_t kMaxRows = kMaxColumns / 4;

/// The last word of each block, which is the counter.
inline constexpr __mmask16 kCounterWords = 0x8888;

/// Swaps the bytes of the counter: it counts in big-endian.
[[gnu::always_inline]] inline Vec swap_counter(Vec v) {
  return _mm512_shuffle_epi8(v, in_all_lanes(_mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)));
}

/// Columns of counter blocks, from a first one on. The general way: counts in little-endian and swaps each.
template <int kColumns>
[[gnu::always_inline]] inline void count_up(Vec swapped_counter, Vec (&out)[kColumns]) {
  const Vec one = in_all_lanes(_mm_set_epi32(1, 0, 0, 0));
#pragma GCC unroll 12
  for (int i = 0; i < kColumns; ++i) {
    out[i] = swap_counter(swapped_counter);
    swapped_counter = _mm512_add_epi32(swapped_counter, one);
  }
}

/// The same for counters that stay below 256: only the last byte of the block counts.
template <int kColumns>
[[gnu::always_inline]] inline void count_last_byte(Vec counter, Vec (&out)[kColumns]) {
  const Vec one = in_all_lanes(_mm_set_epi32(1 << 24, 0, 0, 0));
#pragma GCC unroll 12
  for (int i = 0; i < kColumns; ++i) {
    out[i] = counter;
    counter = _mm512_add_epi32(counter, one);
  }
}

/// Encrypts columns of counter blocks and stores them as rows.
template <std::size_t kKeyLen, int kColumns, class Other>
[[gnu::always_inline]] inline void encrypt_columns(const Group& group, Vec (&state)[kColumns], Scratch::Rows& rows,
                                                   Other& other) {
  const Keys<kKeyLen> keys =
      gather_keys<kKeyLen>(key_of(*group.job[0]), key_of(*group.job[1]), key_of(*group.job[2]), key_of(*group.job[3]));
  encrypt(state, keys, other);
  constexpr int kRows = (kColumns + 3) / 4;
  Vec columns[4 * kRows];
#pragma GCC unroll 12
  for (int i = 0; i < 4 * kRows; ++i) columns[i] = state[i < kColumns ? i : 0];
#pragma GCC unroll 3
  for (int row = 0; row < kRows; ++row) {
    Vec* const four = columns + 4 * row;
    transpose(four[0], four[1], four[2], four[3]);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) _mm512_store_si512(rows[i][row], four[i]);
  }
}

}  // namespace sallyport::crypto::lanes
