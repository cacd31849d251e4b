// Counter mode keystream: columns of counter blocks, one packet per lane, go through AES together and come out as rows,
// 64 consecutive bytes of one packet each. See keystream.hpp.
#include "crypto/engines/lanes/keystream.hpp"

#include "crypto/engines/lanes/aes_lanes.hpp"

namespace sallyport::crypto::lanes {
namespace {

/// Swaps the bytes of the last word of a block: the counter, which counts in big-endian.
[[gnu::always_inline]] inline Vec swap_counter(Vec v) {
  return _mm512_shuffle_epi8(v, in_all_lanes(_mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)));
}

template <Counter kCounter>
[[gnu::always_inline]] inline Vec first_counter(const Group& group, std::uint32_t first) {
  constexpr __mmask16 kCounterWords = 0x8888;
  const Vec count = _mm512_set1_epi32(static_cast<int>(first));
  const Vec iv = gather_ivs(group);
  if constexpr (kCounter == Counter::kPlaced) return _mm512_mask_mov_epi32(iv, kCounterWords, count);
  const Vec swapped = swap_counter(iv);
  return _mm512_mask_add_epi32(swapped, kCounterWords, swapped, count);
}

template <int kRows>
[[gnu::always_inline]] inline void store_rows(Vec* columns, Scratch& scratch) {
#pragma GCC unroll 3
  for (int row = 0; row < kRows; ++row) {
    Vec* const four = columns + 4 * row;
    transpose(four[0], four[1], four[2], four[3]);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) _mm512_store_si512(scratch.rows[i][row], four[i]);
  }
}

template <std::size_t kKeyLen, Counter kCounter, int kColumns>
void columns(const Group& group, std::uint32_t first, Scratch& scratch) noexcept {
  constexpr int kRows = (kColumns + 3) / 4;
  const Keys<kKeyLen> keys =
      gather_keys<kKeyLen>(key_of(*group.job[0]), key_of(*group.job[1]), key_of(*group.job[2]), key_of(*group.job[3]));
  const Vec one = in_all_lanes(_mm_set_epi32(1, 0, 0, 0));
  Vec counter = first_counter<kCounter>(group, first);
  Vec state[kColumns];
#pragma GCC unroll 12
  for (int i = 0; i < kColumns; ++i) {
    state[i] = swap_counter(counter);
    counter = _mm512_add_epi32(counter, one);
  }
  encrypt(state, keys);
  Vec whole_rows[4 * kRows];
#pragma GCC unroll 12
  for (int i = 0; i < 4 * kRows; ++i) whole_rows[i] = state[i < kColumns ? i : 0];
  store_rows<kRows>(whole_rows, scratch);
}

}  // namespace

/// A column costs ten to fourteen AES rounds: there is code for the numbers that common packets need.
template <std::size_t kKeyLen, Counter kCounter>
void make_keystream(const Group& group, std::uint32_t first, std::size_t needed, Scratch& scratch) noexcept {
  using Columns = void (*)(const Group&, std::uint32_t, Scratch&) noexcept;
  constexpr auto k2 = columns<kKeyLen, kCounter, 2>;
  constexpr auto k4 = columns<kKeyLen, kCounter, 4>;
  constexpr auto k5 = columns<kKeyLen, kCounter, 5>;
  constexpr auto k8 = columns<kKeyLen, kCounter, 8>;
  constexpr auto k10 = columns<kKeyLen, kCounter, 10>;
  constexpr auto k11 = columns<kKeyLen, kCounter, 11>;
  constexpr auto k12 = columns<kKeyLen, kCounter, 12>;
  static constexpr Columns kColumns[kMaxColumns + 1] = {k2, k2, k2, k4, k4, k5, k8, k8, k8, k10, k10, k11, k12};
  kColumns[needed](group, first, scratch);
}

template void make_keystream<16, Counter::kAdded>(const Group&, std::uint32_t, std::size_t, Scratch&) noexcept;
template void make_keystream<24, Counter::kAdded>(const Group&, std::uint32_t, std::size_t, Scratch&) noexcept;
template void make_keystream<32, Counter::kAdded>(const Group&, std::uint32_t, std::size_t, Scratch&) noexcept;
template void make_keystream<16, Counter::kPlaced>(const Group&, std::uint32_t, std::size_t, Scratch&) noexcept;
template void make_keystream<32, Counter::kPlaced>(const Group&, std::uint32_t, std::size_t, Scratch&) noexcept;

}  // namespace sallyport::crypto::lanes
