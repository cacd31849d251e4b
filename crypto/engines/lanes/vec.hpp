// Four 128-bit blocks of four packets side by side in a 512-bit register, and the way between that and memory. Included
// by the kernels of this folder only, which are built for AVX-512: everything here is inlined, so that no code for such
// processors can reach another file.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

namespace sallyport::crypto::lanes {

using Block = __m128i;
using Vec = __m512i;

/// Packets side by side in a Vec, and blocks of one packet in a row.
inline constexpr std::size_t kLanes = 4;
inline constexpr std::size_t kBlock = 16;
inline constexpr std::size_t kRow = 64;

[[gnu::always_inline]] inline Block load_block(const void* p) { return _mm_loadu_si128(static_cast<const Block*>(p)); }

/// The same block in every lane.
[[gnu::always_inline]] inline Vec in_all_lanes(Block block) { return _mm512_broadcast_i32x4(block); }

/// Lane i from the i-th address.
[[gnu::always_inline]] inline Vec gather(const void* a, const void* b, const void* c, const void* d) {
  Vec v = _mm512_castsi128_si512(load_block(a));
  v = _mm512_inserti32x4(v, load_block(b), 1);
  v = _mm512_inserti32x4(v, load_block(c), 2);
  return _mm512_inserti32x4(v, load_block(d), 3);
}

/// Turns four columns (block j of packets 0 to 3) into four rows (blocks 0 to 3 of packet i), or back.
[[gnu::always_inline]] inline void transpose(Vec& a, Vec& b, Vec& c, Vec& d) {
  const Vec ab_low = _mm512_shuffle_i32x4(a, b, 0x44);
  const Vec cd_low = _mm512_shuffle_i32x4(c, d, 0x44);
  const Vec ab_high = _mm512_shuffle_i32x4(a, b, 0xee);
  const Vec cd_high = _mm512_shuffle_i32x4(c, d, 0xee);
  a = _mm512_shuffle_i32x4(ab_low, cd_low, 0x88);
  b = _mm512_shuffle_i32x4(ab_low, cd_low, 0xdd);
  c = _mm512_shuffle_i32x4(ab_high, cd_high, 0x88);
  d = _mm512_shuffle_i32x4(ab_high, cd_high, 0xdd);
}

/// Selects the first `n` of 64 bytes; none where n is negative, all from 64 on. Masked loads and stores touch nothing
/// else, whatever lies there.
[[gnu::always_inline]] inline __mmask64 first_bytes(std::ptrdiff_t n) {
  const std::ptrdiff_t at_least_0 = n < 0 ? 0 : n;
  return _bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(at_least_0 > 64 ? 64 : at_least_0));
}

/// The address `offset` bytes from `p`: of a row that may begin before the text or the data and is read and written
/// with a mask. Reckoned as a number, for C++ has no pointer to before an object, or from a null one ([expr.add]).
template <class Byte>
[[gnu::always_inline]] inline Byte* row_at(Byte* p, std::ptrdiff_t offset) {
  return reinterpret_cast<Byte*>(reinterpret_cast<std::uintptr_t>(p) + static_cast<std::uintptr_t>(offset));
}

[[gnu::always_inline]] inline Vec xor3(Vec a, Vec b, Vec c) { return _mm512_ternarylogic_epi64(a, b, c, 0x96); }

}  // namespace sallyport::crypto::lanes
