// Counter mode keystream: columns of counter blocks, one packet per lane, go through AES together and come out as rows,
// 64 consecutive bytes of one packet each. See keystream.hpp.
#include "crypto/engines/lanes/keystream.hpp"

#include "crypto/engines/lanes/aes_lanes.hpp"

namespace sallyport::crypto::lanes {
namespace {

/// Swaps the bytes of the last word of a block: the counter, which counts in big-endian.
constexpr __mmask16 kCounterWords = 0x8888;

[[gnu::always_inline]] inline Vec swap_counter(Vec v) {
  return _mm512_shuffle_epi8(v, in_all_lanes(_mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)));
}

/// Encrypts kColumns counter blocks and stores them as rows, from column kSkip on.
template <std::size_t kKeyLen, int kSkip, int kColumns>
[[gnu::always_inline]] inline void encrypt_columns(const Group& group, Vec swapped_counter, Scratch::Rows& rows) {
  const Keys<kKeyLen> keys =
      gather_keys<kKeyLen>(key_of(*group.job[0]), key_of(*group.job[1]), key_of(*group.job[2]), key_of(*group.job[3]));
  const Vec one = in_all_lanes(_mm_set_epi32(1, 0, 0, 0));
  Vec state[kColumns];
#pragma GCC unroll 12
  for (int i = 0; i < kColumns; ++i) {
    state[i] = swap_counter(swapped_counter);
    swapped_counter = _mm512_add_epi32(swapped_counter, one);
  }
  encrypt(state, keys);
  constexpr int kRows = (kSkip + kColumns + 3) / 4;
  Vec columns[4 * kRows];
#pragma GCC unroll 12
  for (int i = 0; i < 4 * kRows; ++i) columns[i] = state[i < kSkip || i >= kSkip + kColumns ? 0 : i - kSkip];
#pragma GCC unroll 3
  for (int row = 0; row < kRows; ++row) {
    Vec* const four = columns + 4 * row;
    transpose(four[0], four[1], four[2], four[3]);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) _mm512_store_si512(rows[i][row], four[i]);
  }
}

template <std::size_t kKeyLen, int kColumns>
void counter_columns(const Group& group, std::uint32_t first, Scratch::Rows& rows) noexcept {
  const Vec iv = swap_counter(gather_ivs(group));
  const Vec count = _mm512_set1_epi32(static_cast<int>(first));
  encrypt_columns<kKeyLen, 0, kColumns>(group, _mm512_mask_add_epi32(iv, kCounterWords, iv, count), rows);
}

template <std::size_t kKeyLen, int kSkip, int kColumns>
void gcm_columns(const Group& group, Block first, Scratch::Rows& rows) noexcept {
  // Number i to lane i, on top.
  const Vec counts = _mm512_maskz_expand_epi32(kCounterWords, _mm512_castsi128_si512(first));
  const Vec counter = _mm512_mask_mov_epi32(gather_ivs(group), kCounterWords, counts);
  encrypt_columns<kKeyLen, kSkip, kColumns>(group, counter, rows);
}

}  // namespace

/// A column costs ten to fourteen AES rounds: there is code for the numbers that common packets need.
template <std::size_t kKeyLen>
void counter_keystream(const Group& group, std::uint32_t first, std::size_t needed, Scratch::Rows& rows) noexcept {
  using Columns = void (*)(const Group&, std::uint32_t, Scratch::Rows&) noexcept;
  constexpr Columns k2 = counter_columns<kKeyLen, 2>;
  constexpr Columns k4 = counter_columns<kKeyLen, 4>;
  constexpr Columns k6 = counter_columns<kKeyLen, 6>;
  constexpr Columns k8 = counter_columns<kKeyLen, 8>;
  constexpr Columns k10 = counter_columns<kKeyLen, 10>;
  constexpr Columns k12 = counter_columns<kKeyLen, 12>;
  static constexpr Columns kColumns[kMaxColumns + 1] = {k2, k2, k2, k4, k4, k6, k6, k8, k8, k10, k10, k12, k12};
  kColumns[needed](group, first, rows);
}

template <std::size_t kKeyLen>
void gcm_keystream(const Group& group, Block first, std::size_t columns, Scratch::Rows& rows) noexcept {
  using Columns = void (*)(const Group&, Block, Scratch::Rows&) noexcept;
  static constexpr Columns kColumns[kMaxColumns + 1] = {nullptr,
                                                        gcm_columns<kKeyLen, 2, 1>,
                                                        gcm_columns<kKeyLen, 1, 2>,
                                                        gcm_columns<kKeyLen, 0, 3>,
                                                        gcm_columns<kKeyLen, 3, 4>,
                                                        gcm_columns<kKeyLen, 2, 5>,
                                                        gcm_columns<kKeyLen, 1, 6>,
                                                        gcm_columns<kKeyLen, 0, 7>,
                                                        gcm_columns<kKeyLen, 3, 8>,
                                                        gcm_columns<kKeyLen, 2, 9>,
                                                        gcm_columns<kKeyLen, 1, 10>,
                                                        gcm_columns<kKeyLen, 0, 11>,
                                                        gcm_columns<kKeyLen, 0, 12>};
  kColumns[columns](group, first, rows);
}

template void counter_keystream<16>(const Group&, std::uint32_t, std::size_t, Scratch::Rows&) noexcept;
template void counter_keystream<24>(const Group&, std::uint32_t, std::size_t, Scratch::Rows&) noexcept;
template void counter_keystream<32>(const Group&, std::uint32_t, std::size_t, Scratch::Rows&) noexcept;
template void gcm_keystream<16>(const Group&, Block, std::size_t, Scratch::Rows&) noexcept;
template void gcm_keystream<32>(const Group&, Block, std::size_t, Scratch::Rows&) noexcept;

}  // namespace sallyport::crypto::lanes
