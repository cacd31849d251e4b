// AES-GCM (RFC 7714, NIST SP 800-38D 7) of four packets at once: their keystream is made together, one packet per lane
// (keystream.cpp), and hashed packet by packet, four blocks of it per lane (ghash.hpp). See kernels.hpp.
//
// Additional data, text and lengths of a packet are one sequence of blocks, and its counter blocks another. Both are
// cut into rows at the same places, with empty blocks in front so that the lengths end the last row:
//
//   hash       |  -    -   data  C1 | C2  C3  C4  C5 | ... | C(n-2)  C(n-1)  Cn  lengths |
//   keystream  |  -    -  E(J0)  K1 | K2  K3  K4  K5 | ... | K(n-2)  K(n-1)  Kn     -    |
//
// so a row is one load, one XOR, one store and one multiplication, and a packet of RTP with 160 bytes is three rows.
// Additional data of more than one block is hashed beforehand, all but its last block.
#include "crypto/engines/lanes/ghash.hpp"
#include "crypto/engines/lanes/keystream.hpp"

namespace sallyport::crypto::lanes {
namespace {

constexpr std::size_t blocks_of(std::size_t bytes) { return (bytes + kBlock - 1) / kBlock; }

/// A group with what follows from its lengths.
struct GcmGroup {
  Group group;
  std::size_t rows[kLanes];     ///< of each packet
  std::ptrdiff_t lead[kLanes];  ///< bytes of each packet's first row that lie before its text, 16 to 64
  std::size_t most_rows;
  std::size_t skip;  ///< columns at the beginning that no packet needs
};

[[gnu::always_inline]] inline void lay_out(Job* const* jobs, std::size_t left, GcmGroup& g) {
  set_group(jobs, left, g.group);
  g.most_rows = 0;
  g.skip = 3;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kLanes; ++i) {
    const std::size_t blocks = 1 + blocks_of(g.group.job[i]->text_len) + 1;
    g.rows[i] = (blocks + 3) / 4;
    const std::size_t empty = 4 * g.rows[i] - blocks;
    g.lead[i] = static_cast<std::ptrdiff_t>((empty + 1) * kBlock);
    g.most_rows = g.rows[i] > g.most_rows ? g.rows[i] : g.most_rows;
    g.skip = empty < g.skip ? empty : g.skip;
  }
}

/// The counter of column `column` of each packet: 1 is J0, right before the text.
[[gnu::always_inline]] inline Block counters_of(const GcmGroup& g, std::size_t column) {
  const Block leads = _mm_set_epi32(static_cast<int>(g.lead[3]), static_cast<int>(g.lead[2]),
                                    static_cast<int>(g.lead[1]), static_cast<int>(g.lead[0]));
  return _mm_sub_epi32(_mm_set1_epi32(static_cast<int>(column + 2)), _mm_srli_epi32(leads, 4));
}

/// H^2, H^3, H^4 of four packets in three multiplications, one packet per lane, then turned into rows.
[[gnu::always_inline]] inline void make_powers(const Group& group, Scratch::Gcm& memory) {
  const Vec h = gather(key_of(*group.job[0]) + kHashKeyAt, key_of(*group.job[1]) + kHashKeyAt,
                       key_of(*group.job[2]) + kHashKeyAt, key_of(*group.job[3]) + kHashKeyAt);
  const Vec h2 = multiply(h, h);
  const Vec h3 = multiply(h2, h);
  Vec powers[4] = {multiply(h2, h2), h3, h2, h};
  transpose(powers[0], powers[1], powers[2], powers[3]);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kLanes; ++i) {
    _mm512_store_si512(memory.powers[i], powers[i]);
    _mm512_store_si512(memory.fourth[i], _mm512_shuffle_i32x4(powers[i], powers[i], 0));
  }
}

/// GHASH of `count` whole blocks.
[[gnu::noinline]] Block hash_blocks(const std::uint8_t* data, std::size_t count, const std::uint8_t* powers,
                                    const std::uint8_t* fourth) noexcept {
  const std::size_t rows = (count + 3) / 4;
  const std::size_t empty = (4 * rows - count) * kBlock;
  Vec row = _mm512_maskz_loadu_epi8(~first_bytes(static_cast<std::ptrdiff_t>(empty)), data - empty);
  Vec sum = swap_blocks(row);
  for (std::size_t i = 1; i < rows; ++i) {
    row = _mm512_loadu_si512(data + i * kRow - empty);
    sum = _mm512_xor_si512(multiply(sum, _mm512_load_si512(fourth)), swap_blocks(row));
  }
  return sum_of_lanes(multiply(sum, _mm512_load_si512(powers)));
}

/// The last block of the additional data, swapped, with the hash of those before it.
[[gnu::always_inline]] inline Block begin_hash(const Job& job, const std::uint8_t* powers, const std::uint8_t* fourth) {
  const std::size_t blocks = blocks_of(job.auth_len);
  if (blocks == 0) [[unlikely]]
    return _mm_setzero_si128();
  const std::size_t before = (blocks - 1) * kBlock;
  const auto mask = static_cast<__mmask16>(first_bytes(static_cast<std::ptrdiff_t>(job.auth_len - before)));
  const Block last = swap_block(_mm_maskz_loadu_epi8(mask, job.auth + before));
  if (before == 0) [[likely]]
    return last;
  return _mm_xor_si128(last, hash_blocks(job.auth, blocks - 1, powers, fourth));
}

/// 64-bit lengths in bits, swapped.
[[gnu::always_inline]] inline Block lengths(const Job& job) {
  return _mm_set_epi64x(static_cast<long long>(job.auth_len) * 8, static_cast<long long>(job.text_len) * 8);
}

/// Encrypts or decrypts the text of one row and gives its ciphertext, swapped, with zeros where there is no text.
template <Direction kDirection>
[[gnu::always_inline]] inline Vec crypt_row(const Job& job, std::ptrdiff_t offset, __mmask64 mask,
                                            const std::uint8_t* keystream) {
  const Vec text = _mm512_maskz_loadu_epi8(mask, job.src + offset);
  const Vec result = _mm512_xor_si512(text, _mm512_load_si512(keystream));
  _mm512_mask_storeu_epi8(job.dst + offset, mask, result);
  return swap_blocks(kDirection == Direction::kSeal ? _mm512_maskz_mov_epi8(mask, result) : text);
}

/// Puts the lengths into an only or last row, adds it to the sum and multiplies.
[[gnu::always_inline]] inline void hash_row(const GcmGroup& g, std::size_t i, std::size_t row, Vec blocks, Vec sum,
                                            Scratch::Gcm& memory) {
  const bool last = row + 1 == g.rows[i];
  const __mmask8 lengths_lane = last ? 0xc0 : 0;
  blocks = _mm512_mask_broadcast_i64x2(blocks, lengths_lane, lengths(*g.group.job[i]));
  const Vec key = _mm512_load_si512(last ? memory.powers[i] : memory.fourth[i]);
  _mm512_store_si512(memory.sums[i], multiply(_mm512_xor_si512(sum, blocks), key));
}

/// First rows: empty blocks, additional data, text.
template <Direction kDirection>
[[gnu::always_inline]] inline void first_rows(const GcmGroup& g, Scratch::Gcm& memory) {
  for (std::size_t i = 0; i < g.group.count; ++i) {
    const Job& job = *g.group.job[i];
    const std::ptrdiff_t lead = g.lead[i];
    const __mmask64 mask = first_bytes(job.text_len + lead) & ~first_bytes(lead);
    const auto data_lane = static_cast<__mmask8>(3u << (lead / 8 - 2));
    // Before the row is stored: a load from where bytes are on their way to memory waits for them.
    const Block data = begin_hash(job, memory.powers[i], memory.fourth[i]);
    const Vec text = crypt_row<kDirection>(job, -lead, mask, memory.keystream[i][0]);
    const Vec blocks = _mm512_mask_broadcast_i64x2(text, data_lane, data);
    hash_row(g, i, 0, blocks, _mm512_setzero_si512(), memory);
  }
}

/// Rows `first` to `end` - 1 of all packets that have them, from row 0 of the keystream + `first` - `origin`. Row by
/// row: the packets' hashes do not wait for each other.
template <Direction kDirection>
[[gnu::always_inline]] inline void more_rows(const GcmGroup& g, std::size_t first, std::size_t end, std::size_t origin,
                                             Scratch::Gcm& memory) {
  for (std::size_t row = first; row < end; ++row) {
    for (std::size_t i = 0; i < g.group.count; ++i) {
      if (row >= g.rows[i]) continue;
      const Job& job = *g.group.job[i];
      const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(row * kRow) - g.lead[i];
      const Vec blocks =
          crypt_row<kDirection>(job, offset, first_bytes(job.text_len - offset), memory.keystream[i][row - origin]);
      hash_row(g, i, row, blocks, _mm512_load_si512(memory.sums[i]), memory);
    }
  }
}

/// GHASH and E(J0) make the tag, which is written or compared. A comparison of all bytes at once, in constant time.
template <Direction kDirection>
[[gnu::always_inline]] inline void finish(Job& job, Vec sum, Block encrypted_j0) {
  const Block tag = _mm_xor_si128(swap_block(sum_of_lanes(sum)), encrypted_j0);
  const auto mask = static_cast<__mmask16>(_bzhi_u32(0xffff, job.tag_len));
  if constexpr (kDirection == Direction::kSeal) {
    _mm_mask_storeu_epi8(job.tag, mask, tag);
    job.ok = true;
  } else {
    job.ok = _mm_mask_cmpneq_epu8_mask(mask, tag, _mm_maskz_loadu_epi8(mask, job.tag)) == 0;
  }
}

/// E(J0) stands right before the text.
[[gnu::always_inline]] inline Block encrypted_j0(const GcmGroup& g, std::size_t i, const Scratch::Gcm& memory) {
  return load_block(memory.keystream[i][0] + g.lead[i] - static_cast<std::ptrdiff_t>(kBlock));
}

/// The first half of a group of at most three rows.
template <std::size_t kKeyLen>
[[gnu::always_inline]] inline void prepare(const GcmGroup& g, Scratch::Gcm& memory) {
  make_powers(g.group, memory);
  gcm_keystream<kKeyLen>(g.group, counters_of(g, g.skip), 4 * g.most_rows - 1 - g.skip, memory.keystream);
}

/// The second half.
template <Direction kDirection>
[[gnu::always_inline]] inline void complete(const GcmGroup& g, Scratch::Gcm& memory) {
  first_rows<kDirection>(g, memory);
  more_rows<kDirection>(g, 1, g.most_rows, 0, memory);
  for (std::size_t i = 0; i < g.group.count; ++i) {
    finish<kDirection>(*g.group.job[i], _mm512_load_si512(memory.sums[i]), encrypted_j0(g, i, memory));
  }
}

/// A group with longer packets: three rows at a time.
template <std::size_t kKeyLen, Direction kDirection>
[[gnu::noinline]] void long_group(const GcmGroup& g, Scratch::Gcm& memory) noexcept {
  make_powers(g.group, memory);
  Block tag_masks[kLanes];
  for (std::size_t first = 0; first < g.most_rows; first += kMaxRows) {
    const std::size_t left = g.most_rows - first;
    gcm_keystream<kKeyLen>(g.group, counters_of(g, 4 * first), left > kMaxRows ? kMaxColumns : 4 * left - 1,
                           memory.keystream);
    const std::size_t end = left > kMaxRows ? first + kMaxRows : g.most_rows;
    if (first == 0) {
      for (std::size_t i = 0; i < kLanes; ++i) tag_masks[i] = encrypted_j0(g, i, memory);
      first_rows<kDirection>(g, memory);
      more_rows<kDirection>(g, 1, end, 0, memory);
    } else {
      more_rows<kDirection>(g, first, end, first, memory);
    }
  }
  for (std::size_t i = 0; i < g.group.count; ++i) {
    finish<kDirection>(*g.group.job[i], _mm512_load_si512(memory.sums[i]), tag_masks[i]);
  }
}

[[gnu::always_inline]] inline void wipe(Scratch::Gcm& memory) {
  for (std::size_t i = 0; i < sizeof memory; i += kRow) {
    _mm512_store_si512(reinterpret_cast<std::uint8_t*>(&memory) + i, _mm512_setzero_si512());
  }
}

/// A group is encrypted before the one before it is hashed: these do not wait for each other.
template <std::size_t kKeyLen, Direction kDirection>
[[gnu::always_inline]] inline void all_groups(Job* const* jobs, std::size_t count, Scratch& scratch) {
  GcmGroup groups[2];
  std::size_t made = 0;
  std::size_t done = 0;
  for (std::size_t first = 0; first < count; first += kLanes) {
    GcmGroup& g = groups[made % 2];
    lay_out(jobs + first, count - first, g);
    if (g.most_rows > kMaxRows) {
      if (done != made) complete<kDirection>(groups[done % 2], scratch.gcm[done % 2]), ++done;
      long_group<kKeyLen, kDirection>(g, scratch.gcm[made % 2]);
      continue;
    }
    prepare<kKeyLen>(g, scratch.gcm[made % 2]);
    if (made++ != done) complete<kDirection>(groups[done % 2], scratch.gcm[done % 2]), ++done;
  }
  if (done != made) complete<kDirection>(groups[done % 2], scratch.gcm[done % 2]);
  wipe(scratch.gcm[0]);
  if (count > kLanes) wipe(scratch.gcm[1]);
}

}  // namespace

void gcm_seal(Job* const* jobs, std::size_t count, std::size_t key_len, Scratch& scratch) noexcept {
  if (key_len == 32) return all_groups<32, Direction::kSeal>(jobs, count, scratch);
  all_groups<16, Direction::kSeal>(jobs, count, scratch);
}

void gcm_open(Job* const* jobs, std::size_t count, std::size_t key_len, Scratch& scratch) noexcept {
  if (key_len == 32) return all_groups<32, Direction::kOpen>(jobs, count, scratch);
  all_groups<16, Direction::kOpen>(jobs, count, scratch);
}

void hash_key(const std::uint8_t* hash_subkey, std::uint8_t* out) noexcept {
  _mm_storeu_si128(reinterpret_cast<Block*>(out), shift_key(swap_block(load_block(hash_subkey))));
}

}  // namespace sallyport::crypto::lanes
