// HMAC-SHA1 (RFC 2104) of few packets by the SHA instructions. Each of these waits for the one before, so up to four
// packets take turns. See kernels.hpp.
#include "crypto/engines/lanes/job_access.hpp"

namespace sallyport::crypto::lanes {
namespace {

constexpr std::size_t kSha1Block = 64;

/// As the instructions want it: a, b, c, d from the top word down, and e in the top word.
struct State {
  Block abcd;
  Block e;
};

[[gnu::always_inline]] inline State load_state(const void* words) {
  std::uint32_t e;
  __builtin_memcpy(&e, static_cast<const std::uint8_t*>(words) + 16, 4);
  return {_mm_shuffle_epi32(load_block(words), 0x1b), _mm_set_epi32(static_cast<int>(e), 0, 0, 0)};
}

/// Big-endian words, the first on top.
[[gnu::always_inline]] inline Block load_words(const std::uint8_t* p) {
  return _mm_shuffle_epi8(load_block(p), _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

template <int kPhase>
[[gnu::always_inline]] inline Block four_steps(Block abcd, Block e_and_words) {
  return _mm_sha1rnds4_epu32(abcd, e_and_words, kPhase);
}

/// Steps 4g to 4g + 3 of every packet; words[g % 4] are its message words and become those of steps 4g + 16 on.
template <int kPhase, std::size_t kPackets>
[[gnu::always_inline]] inline void steps_of_all(int g, State (&s)[kPackets], Block (&words)[kPackets][4]) {
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPackets; ++i) {
    Block(&w)[4] = words[i];
    const Block input = g == 0 ? _mm_add_epi32(s[i].e, w[0]) : _mm_sha1nexte_epu32(s[i].e, w[g & 3]);
    s[i].e = s[i].abcd;  // SHA1NEXTE rotates it
    s[i].abcd = four_steps<kPhase>(s[i].abcd, input);
    if (g >= 16) continue;
    const Block three = _mm_xor_si128(_mm_sha1msg1_epu32(w[g & 3], w[(g + 1) & 3]), w[(g + 2) & 3]);
    w[g & 3] = _mm_sha1msg2_epu32(three, w[(g + 3) & 3]);
  }
}

/// One block of each packet.
template <std::size_t kPackets>
[[gnu::always_inline]] inline void compress(State (&state)[kPackets], const std::uint8_t* const (&block)[kPackets]) {
  State s[kPackets];
  Block words[kPackets][4];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPackets; ++i) {
    s[i] = state[i];
#pragma GCC unroll 4
    for (int w = 0; w < 4; ++w) words[i][w] = load_words(block[i] + 16 * w);
  }
#pragma GCC unroll 5
  for (int g = 0; g < 5; ++g) steps_of_all<0>(g, s, words);
#pragma GCC unroll 5
  for (int g = 5; g < 10; ++g) steps_of_all<1>(g, s, words);
#pragma GCC unroll 5
  for (int g = 10; g < 15; ++g) steps_of_all<2>(g, s, words);
#pragma GCC unroll 5
  for (int g = 15; g < 20; ++g) steps_of_all<3>(g, s, words);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPackets; ++i) {
    state[i].e = _mm_sha1nexte_epu32(s[i].e, state[i].e);
    state[i].abcd = _mm_add_epi32(state[i].abcd, s[i].abcd);
  }
}

/// A message with its padding: whole blocks where they are, and the one or two last ones as a copy.
struct Message {
  alignas(64) std::uint8_t end[2 * kSha1Block];
  const std::uint8_t* data;
  std::size_t whole_blocks;
  std::size_t blocks;

  [[gnu::always_inline]] void set(const Job& job) {
    data = job.auth;
    whole_blocks = job.auth_len / kSha1Block;
    const std::size_t rest = job.auth_len % kSha1Block;
    const std::size_t end_blocks = rest + 9 > kSha1Block ? 2 : 1;
    blocks = whole_blocks + end_blocks;
    const auto mask = first_bytes(static_cast<std::ptrdiff_t>(rest));
    const Vec last = _mm512_maskz_loadu_epi8(mask, data + whole_blocks * kSha1Block);
    const Vec stop = _mm512_set1_epi8(static_cast<char>(0x80));
    _mm512_store_si512(end, _mm512_mask_mov_epi8(last, __mmask64{1} << rest, stop));
    _mm512_store_si512(end + kSha1Block, _mm512_setzero_si512());
    const std::uint64_t bits = __builtin_bswap64((job.auth_len + kSha1Block) * 8);  // with the block key ^ ipad
    __builtin_memcpy(end + end_blocks * kSha1Block - 8, &bits, 8);
  }
  /// Its last block where it has none any more.
  [[gnu::always_inline]] const std::uint8_t* block(std::size_t k) const {
    if (k < whole_blocks) return data + k * kSha1Block;
    return end + (k < blocks ? k - whole_blocks : 0) * kSha1Block;
  }
};

/// a to e as a block of 20 bytes with padding and length, for the outer hash.
[[gnu::always_inline]] inline void write_outer_block(const State& inner, std::uint8_t* block) {
  const std::uint32_t e = static_cast<std::uint32_t>(_mm_extract_epi32(inner.e, 3));
  const Block rest = _mm_set_epi32(0, 0, 0x80, static_cast<int>(__builtin_bswap32(e)));
  constexpr int kBits = (64 + 20) * 8;
  Block* const out = reinterpret_cast<Block*>(block);
  _mm_store_si128(out,
                  _mm_shuffle_epi8(inner.abcd, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)));
  _mm_store_si128(out + 1, rest);
  _mm_store_si128(out + 2, _mm_setzero_si128());
  _mm_store_si128(out + 3, _mm_set_epi32(static_cast<int>(__builtin_bswap32(kBits)), 0, 0, 0));
}

template <std::size_t kPackets>
void hmac(Job* const* jobs, Tag* tags) noexcept {
  Message messages[kPackets];
  State state[kPackets];
  std::size_t most_blocks = 0;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPackets; ++i) {
    messages[i].set(*jobs[i]);
    state[i] = load_state(key_of(*jobs[i]) + kInnerAt);
    most_blocks = messages[i].blocks > most_blocks ? messages[i].blocks : most_blocks;
  }
  for (std::size_t k = 0; k < most_blocks; ++k) {
    const std::uint8_t* blocks[kPackets];
    State next[kPackets];
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kPackets; ++i) {
      blocks[i] = messages[i].block(k);
      next[i] = state[i];
    }
    compress(next, blocks);
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kPackets; ++i) {
      if (k < messages[i].blocks) state[i] = next[i];
    }
  }
  const std::uint8_t* blocks[kPackets];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPackets; ++i) {
    write_outer_block(state[i], messages[i].end);
    blocks[i] = messages[i].end;
    state[i] = load_state(key_of(*jobs[i]) + kOuterAt);
  }
  compress(state, blocks);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kPackets; ++i) {
    const Block swapped = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    _mm_store_si128(reinterpret_cast<Block*>(tags + i), _mm_shuffle_epi8(state[i].abcd, swapped));
  }
}

}  // namespace

void hmac_narrow(Job* const* jobs, std::size_t count, Tag* tags) noexcept {
  switch (count) {
    case 1:
      return hmac<1>(jobs, tags);
    case 2:
      return hmac<2>(jobs, tags);
    case 3:
      return hmac<3>(jobs, tags);
    default:
      return hmac<4>(jobs, tags);
  }
}

void sha1_block(std::uint32_t* words, const std::uint8_t* block) noexcept {
  State state[1] = {load_state(words)};
  const std::uint8_t* const blocks[1] = {block};
  compress(state, blocks);
  _mm_storeu_si128(reinterpret_cast<Block*>(words), _mm_shuffle_epi32(state[0].abcd, 0x1b));
  words[4] = static_cast<std::uint32_t>(_mm_extract_epi32(state[0].e, 3));
}

void clear_registers() noexcept {
  _mm256_zeroall();  // of the first 16 all 512 bits
  asm volatile(
      "vpxorq %%zmm16, %%zmm16, %%zmm16\n vpxorq %%zmm17, %%zmm17, %%zmm17\n vpxorq %%zmm18, %%zmm18, %%zmm18\n"
      "vpxorq %%zmm19, %%zmm19, %%zmm19\n vpxorq %%zmm20, %%zmm20, %%zmm20\n vpxorq %%zmm21, %%zmm21, %%zmm21\n"
      "vpxorq %%zmm22, %%zmm22, %%zmm22\n vpxorq %%zmm23, %%zmm23, %%zmm23\n vpxorq %%zmm24, %%zmm24, %%zmm24\n"
      "vpxorq %%zmm25, %%zmm25, %%zmm25\n vpxorq %%zmm26, %%zmm26, %%zmm26\n vpxorq %%zmm27, %%zmm27, %%zmm27\n"
      "vpxorq %%zmm28, %%zmm28, %%zmm28\n vpxorq %%zmm29, %%zmm29, %%zmm29\n vpxorq %%zmm30, %%zmm30, %%zmm30\n"
      "vpxorq %%zmm31, %%zmm31, %%zmm31\n" ::
          : "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26", "xmm27",
            "xmm28", "xmm29", "xmm30", "xmm31");
}

}  // namespace sallyport::crypto::lanes
