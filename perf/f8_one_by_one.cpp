#include "perf/f8_one_by_one.hpp"

#include <immintrin.h>

#include <cstring>

namespace sallyport::perf {
namespace {

constexpr std::size_t kBlock = 16;

[[gnu::target("aes,sse4.1"), gnu::always_inline]] inline __m128i encrypt(const std::uint8_t* round_keys,
                                                                         __m128i block) noexcept {
  const auto* keys = reinterpret_cast<const __m128i*>(round_keys);
  block = _mm_xor_si128(block, _mm_load_si128(keys));
  for (int round = 1; round < 10; ++round) block = _mm_aesenc_si128(block, _mm_load_si128(keys + round));
  return _mm_aesenclast_si128(block, _mm_load_si128(keys + 10));
}

}  // namespace

[[gnu::target("aes,sse4.1")]] void f8_one_by_one(const F8RoundKeys& keys, const std::uint8_t* iv, std::uint8_t* text,
                                                 std::size_t length) noexcept {
  const __m128i masked_iv = encrypt(keys.mask, _mm_loadu_si128(reinterpret_cast<const __m128i*>(iv)));
  __m128i last = _mm_setzero_si128();
  std::uint32_t j = 0;
  for (; length >= kBlock; text += kBlock, length -= kBlock, ++j) {
    // S(j) = E(k, IV' ^ j ^ S(j-1)), j as a big-endian number in the last four bytes
    const __m128i counter = _mm_set_epi32(static_cast<int>(__builtin_bswap32(j)), 0, 0, 0);
    last = encrypt(keys.key, _mm_xor_si128(_mm_xor_si128(masked_iv, counter), last));
    auto* block = reinterpret_cast<__m128i*>(text);
    _mm_storeu_si128(block, _mm_xor_si128(_mm_loadu_si128(block), last));
  }
  if (length == 0) return;
  const __m128i counter = _mm_set_epi32(static_cast<int>(__builtin_bswap32(j)), 0, 0, 0);
  std::uint8_t stream[kBlock];
  last = encrypt(keys.key, _mm_xor_si128(_mm_xor_si128(masked_iv, counter), last));
  std::memcpy(stream, &last, kBlock);
  for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<std::uint8_t>(text[i] ^ stream[i]);
}

}  // namespace sallyport::perf
