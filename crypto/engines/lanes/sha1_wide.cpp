// HMAC-SHA1 (RFC 2104, FIPS 180-4 6.1) of 16 packets at once, one per 32-bit lane. Sixteen blocks are loaded as rows
// and transposed, so that register t holds word t of every packet; then each SHA-1 step is a handful of instructions
// for all of them. Packets may differ in length: one that is through keeps its state while the others go on. See
// kernels.hpp.
#include "crypto/engines/lanes/job_access.hpp"

namespace sallyport::crypto::lanes {
namespace {

constexpr int kWords = 16;  ///< of a block
constexpr std::size_t kSha1Block = 64;

/// Swaps the bytes of each word: SHA-1 reads big-endian.
[[gnu::always_inline]] inline Vec swap_words(Vec v) {
  return _mm512_shuffle_epi8(v, in_all_lanes(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)));
}

/// 16 rows of 16 words: word t of row i goes to word i of row t. Pairs, then fours, then quarters of registers.
[[gnu::always_inline]] inline void transpose_words(Vec (&rows)[kWords]) {
  Vec pairs[kWords];
  Vec fours[kWords];
#pragma GCC unroll 8
  for (int i = 0; i < kWords; i += 2) {
    pairs[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < kWords; i += 4) {
    fours[i] = _mm512_unpacklo_epi64(pairs[i], pairs[i + 2]);
    fours[i + 1] = _mm512_unpackhi_epi64(pairs[i], pairs[i + 2]);
    fours[i + 2] = _mm512_unpacklo_epi64(pairs[i + 1], pairs[i + 3]);
    fours[i + 3] = _mm512_unpackhi_epi64(pairs[i + 1], pairs[i + 3]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    transpose(fours[i], fours[i + 4], fours[i + 8], fours[i + 12]);
    rows[i] = fours[i];
    rows[i + 4] = fours[i + 4];
    rows[i + 8] = fours[i + 8];
    rows[i + 12] = fours[i + 12];
  }
}

struct State {
  Vec a, b, c, d, e;
};

/// f of a step as a truth table of three bits for VPTERNLOG: choose, parity, majority, parity.
constexpr int kFunction[4] = {0xca, 0x96, 0xe8, 0x96};
constexpr std::uint32_t kConstant[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};

/// Word t of the message schedule, which takes the place of word t - 16.
[[gnu::always_inline]] inline Vec schedule(Vec (&w)[kWords], int t) {
  if (t >= kWords) {
    const Vec three = xor3(w[(t - 3) & 15], w[(t - 8) & 15], w[(t - 14) & 15]);
    w[t & 15] = _mm512_rol_epi32(_mm512_xor_si512(three, w[t & 15]), 1);
  }
  return w[t & 15];
}

template <int kPhase>
[[gnu::always_inline]] inline void twenty_steps(State& s, Vec (&w)[kWords]) {
  constexpr int kTruthTable = kFunction[kPhase];
  const Vec constant = _mm512_set1_epi32(static_cast<int>(kConstant[kPhase]));
#pragma GCC unroll 20
  for (int t = 20 * kPhase; t < 20 * kPhase + 20; ++t) {
    const Vec input = _mm512_add_epi32(_mm512_add_epi32(s.e, constant), schedule(w, t));
    const Vec f = _mm512_ternarylogic_epi32(s.b, s.c, s.d, kTruthTable);
    const Vec next = _mm512_add_epi32(_mm512_add_epi32(input, f), _mm512_rol_epi32(s.a, 5));
    s = {next, s.a, _mm512_rol_epi32(s.b, 30), s.c, s.d};
  }
}

/// One block of the packets in `active`.
[[gnu::always_inline]] inline void compress(State& state, Vec (&w)[kWords], __mmask16 active) {
  State s = state;
  twenty_steps<0>(s, w);
  twenty_steps<1>(s, w);
  twenty_steps<2>(s, w);
  twenty_steps<3>(s, w);
  state.a = _mm512_mask_add_epi32(state.a, active, state.a, s.a);
  state.b = _mm512_mask_add_epi32(state.b, active, state.b, s.b);
  state.c = _mm512_mask_add_epi32(state.c, active, state.c, s.c);
  state.d = _mm512_mask_add_epi32(state.d, active, state.d, s.d);
  state.e = _mm512_mask_add_epi32(state.e, active, state.e, s.e);
}

/// The messages of 16 packets. A message ends with 0x80, zeros and its length in bits, the block key ^ ipad included.
struct Messages {
  const std::uint8_t* data[kWide];
  std::ptrdiff_t length[kWide];
  Vec blocks;  ///< of each
  Vec bits;
  std::size_t whole_blocks;  ///< that all of them have
  std::size_t most_blocks;
};

[[gnu::always_inline]] inline Messages messages_of(Job* const* jobs, std::size_t count) {
  Messages m;
  std::size_t shortest = ~std::size_t{0};
  std::size_t longest = 0;
  alignas(64) std::uint32_t lengths[kWide];
  for (std::size_t i = 0; i < kWide; ++i) {
    const Job& job = *jobs[i < count ? i : 0];
    const std::size_t length = job.auth_len;
    m.data[i] = job.auth;
    m.length[i] = static_cast<std::ptrdiff_t>(length);
    lengths[i] = static_cast<std::uint32_t>(length);
    shortest = length < shortest ? length : shortest;
    longest = length > longest ? length : longest;
  }
  const Vec length = _mm512_load_si512(lengths);
  constexpr int kPadding = 9;  // at least: one bit and a length of 64 bits
  m.blocks = _mm512_srli_epi32(_mm512_add_epi32(length, _mm512_set1_epi32(kPadding + 63)), 6);
  m.bits = _mm512_slli_epi32(_mm512_add_epi32(length, _mm512_set1_epi32(64)), 3);
  m.whole_blocks = shortest / kSha1Block;
  m.most_blocks = (longest + kPadding + 63) / kSha1Block;
  return m;
}

/// Block `k` of packet i with the bit 0x80 behind the message's end, zeros where there is nothing.
[[gnu::always_inline]] inline Vec end_of_message(const Messages& m, std::size_t k, std::size_t i) {
  const std::ptrdiff_t left = m.length[i] - static_cast<std::ptrdiff_t>(k * kSha1Block);
  const Vec row = _mm512_maskz_loadu_epi8(first_bytes(left), m.data[i] + k * kSha1Block);
  const __mmask64 end = first_bytes(left + 1) & ~first_bytes(left);
  return _mm512_mask_mov_epi8(row, end, _mm512_set1_epi8(static_cast<char>(0x80)));
}

[[gnu::always_inline]] inline void load_block_of_all(const Messages& m, std::size_t k, Vec (&w)[kWords]) {
  if (k < m.whole_blocks) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < kWide; ++i) w[i] = swap_words(_mm512_loadu_si512(m.data[i] + k * kSha1Block));
    transpose_words(w);
    return;
  }
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kWide; ++i) w[i] = swap_words(end_of_message(m, k, i));
  transpose_words(w);
  const __mmask16 last = _mm512_cmpeq_epi32_mask(m.blocks, _mm512_set1_epi32(static_cast<int>(k + 1)));
  w[15] = _mm512_mask_mov_epi32(w[15], last, m.bits);
}

/// Inner and outer states of all: ten words, which lie together in each record.
[[gnu::always_inline]] inline State load_states(Job* const* jobs, std::size_t count, Scratch& scratch) {
  constexpr __mmask16 kTenWords = 0x3ff;
  Vec rows[kWords];
#pragma GCC unroll 16
  for (std::size_t i = 0; i < kWide; ++i) {
    rows[i] = _mm512_maskz_loadu_epi32(kTenWords, key_of(*jobs[i < count ? i : 0]) + kInnerAt);
  }
  transpose_words(rows);
#pragma GCC unroll 5
  for (int i = 0; i < 5; ++i) _mm512_store_si512(scratch.outer[i], rows[5 + i]);
  return {rows[0], rows[1], rows[2], rows[3], rows[4]};
}

/// The outer hash: one block of a SHA-1 value, padding and its constant length of 64 + 20 bytes.
[[gnu::always_inline]] inline State hash_outer(const State& inner, const Scratch& scratch) {
  State outer{_mm512_load_si512(scratch.outer[0]), _mm512_load_si512(scratch.outer[1]),
              _mm512_load_si512(scratch.outer[2]), _mm512_load_si512(scratch.outer[3]),
              _mm512_load_si512(scratch.outer[4])};
  const Vec zero = _mm512_setzero_si512();
  Vec w[kWords] = {inner.a, inner.b,
                   inner.c, inner.d,
                   inner.e, _mm512_set1_epi32(static_cast<int>(0x80000000)),
                   zero,    zero,
                   zero,    zero,
                   zero,    zero,
                   zero,    zero,
                   zero,    _mm512_set1_epi32((64 + 20) * 8)};
  compress(outer, w, 0xffff);
  return outer;
}

/// The first four words of each: four words of packets 0, 4, 8, 12 come to lie together, and so on.
[[gnu::always_inline]] inline void store_tags(const State& s, std::size_t count, Tag* tags) {
  const Vec ab_low = _mm512_unpacklo_epi32(s.a, s.b);
  const Vec ab_high = _mm512_unpackhi_epi32(s.a, s.b);
  const Vec cd_low = _mm512_unpacklo_epi32(s.c, s.d);
  const Vec cd_high = _mm512_unpackhi_epi32(s.c, s.d);
  Vec rows[4] = {swap_words(_mm512_unpacklo_epi64(ab_low, cd_low)), swap_words(_mm512_unpackhi_epi64(ab_low, cd_low)),
                 swap_words(_mm512_unpacklo_epi64(ab_high, cd_high)),
                 swap_words(_mm512_unpackhi_epi64(ab_high, cd_high))};
  transpose(rows[0], rows[1], rows[2], rows[3]);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) {
    const auto mask = first_bytes(static_cast<std::ptrdiff_t>(count) * 16 - static_cast<std::ptrdiff_t>(i) * 64);
    _mm512_mask_storeu_epi8(reinterpret_cast<std::uint8_t*>(tags) + 64 * i, mask, rows[i]);
  }
}

}  // namespace

void hmac_wide(Job* const* jobs, std::size_t count, Scratch& scratch, Tag* tags) noexcept {
  const Messages messages = messages_of(jobs, count);
  State state = load_states(jobs, count, scratch);
  for (std::size_t k = 0; k < messages.most_blocks; ++k) {
    Vec w[kWords];
    load_block_of_all(messages, k, w);
    compress(state, w, _mm512_cmpgt_epi32_mask(messages.blocks, _mm512_set1_epi32(static_cast<int>(k))));
  }
  store_tags(hash_outer(state, scratch), count, tags);
#pragma GCC unroll 5
  for (int i = 0; i < 5; ++i) _mm512_store_si512(scratch.outer[i], _mm512_setzero_si512());
}

}  // namespace sallyport::crypto::lanes
