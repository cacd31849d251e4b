// Four packets of GCM as rows of blocks. Included by gcm.cpp only.
//
// Additional data, text and lengths of a packet are one sequence of blocks, and its counter blocks another. Both are
// cut into rows at the same places, with empty blocks in front so that the lengths end the last row:
//
//   hash       |  -    -   data  C1 | C2  C3  C4  C5 | ... | C(n-2)  C(n-1)  Cn  lengths |
//   keystream  |  -    -  E(J0)  K1 | K2  K3  K4  K5 | ... | K(n-2)  K(n-1)  Kn     -    |
//
// so a row is one load, one XOR, one store and one multiplication, and a packet of RTP with 160 bytes is three rows.
// Additional data of more than one block is hashed beforehand, all but its last block.
#pragma once

#include "crypto/engines/lanes/ghash.hpp"
#include "crypto/engines/lanes/keystream.hpp"

namespace sallyport::crypto::lanes {

constexpr std::size_t blocks_of(std::size_t bytes) { return (bytes + kBlock - 1) / kBlock; }

/// A group with what follows from its lengths.
struct GcmGroup {
  Group group;
  std::size_t rows[kLanes];     ///< of each packet
  std::ptrdiff_t lead[kLanes];  ///< bytes of each packet's first row that lie before its text, 16 to 64
  alignas(16) std::uint64_t lengths[kLanes][2];  ///< the block of lengths in bits, swapped
  Block counters;  ///< of the first column of each packet; 1 is J0 (NIST SP 800-38D 7.1), right before the text
  std::size_t most_rows;
  std::size_t least_rows;
  bool even;  ///< all have the same number of rows, three at most, and one block of additional data at most
};

/// Fills in what follows from the lengths of `g.group`.
[[gnu::always_inline]] inline void lay_out(GcmGroup& g) {
  std::size_t most = 0;
  std::size_t least = ~std::size_t{0};
  std::size_t most_data = 0;
  int counters[kLanes];
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kLanes; ++i) {
    const Job& job = *g.group.job[i];
    const std::size_t blocks = 1 + blocks_of(job.text_len) + 1;
    const std::size_t rows = (blocks + 3) / 4;
    g.rows[i] = rows;
    const std::size_t empty = 4 * rows - blocks;
    g.lead[i] = static_cast<std::ptrdiff_t>((empty + 1) * kBlock);
    g.lengths[i][0] = std::uint64_t{job.text_len} * 8;
    g.lengths[i][1] = std::uint64_t{job.auth_len} * 8;
    counters[i] = 1 - static_cast<int>(empty);
    most = rows > most ? rows : most;
    least = rows < least ? rows : least;
    most_data = job.auth_len > most_data ? job.auth_len : most_data;
  }
  g.counters = _mm_set_epi32(counters[3], counters[2], counters[1], counters[0]);
  g.most_rows = most;
  g.least_rows = least;
  g.even = most == least && most <= kMaxRows && most_data <= kBlock;
}

[[gnu::always_inline]] inline Vec gather_hash_keys(const Group& group) {
  return gather(key_of(*group.job[0]) + kHashKeyAt, key_of(*group.job[1]) + kHashKeyAt,
                key_of(*group.job[2]) + kHashKeyAt, key_of(*group.job[3]) + kHashKeyAt);
}

/// Powers of four packets, one packet per lane, are stored as rows.
[[gnu::always_inline]] inline void store_powers(Vec h4, Vec h3, Vec h2, Vec h, Scratch::Gcm& memory) {
  transpose(h4, h3, h2, h);
  _mm512_store_si512(memory.powers[0], h4);
  _mm512_store_si512(memory.powers[1], h3);
  _mm512_store_si512(memory.powers[2], h2);
  _mm512_store_si512(memory.powers[3], h);
}

[[gnu::always_inline]] inline Vec powers_of(const Scratch::Gcm& memory, std::size_t i) {
  return _mm512_load_si512(memory.powers[i]);
}
[[gnu::always_inline]] inline Vec fourth_of(const Scratch::Gcm& memory, std::size_t i) {
  return in_all_lanes(load_block(memory.powers[i]));
}

/// E(J0) stands right before the text.
[[gnu::always_inline]] inline Block encrypted_j0(const GcmGroup& g, std::size_t i, const Scratch::Gcm& memory) {
  return load_block(memory.keystream[i][0] + g.lead[i] - static_cast<std::ptrdiff_t>(kBlock));
}

/// GHASH and E(J0) make the tag, which is written or compared. A comparison of all bytes at once, in constant time.
template <Direction kDirection>
[[gnu::always_inline]] inline void finish(Job& job, Vec sum, Block tag_mask) {
  const Block tag = _mm_xor_si128(swap_block(sum_of_lanes(sum)), tag_mask);
  const auto mask = static_cast<__mmask16>(_bzhi_u32(0xffff, job.tag_len));
  if constexpr (kDirection == Direction::kSeal) {
    _mm_mask_storeu_epi8(job.tag, mask, tag);
    job.ok = true;
  } else {
    job.ok = _mm_mask_cmpneq_epu8_mask(mask, tag, _mm_maskz_loadu_epi8(mask, job.tag)) == 0;
  }
}

}  // namespace sallyport::crypto::lanes
