// AES-GCM (RFC 7714, NIST SP 800-38D 7) of four packets at once: their keystream is made together, one packet per lane
// (keystream.hpp), and they are hashed packet by packet, a block of it per lane (ghash.hpp). Groups of packets of about
// the same length overlap (gcm_even.hpp), the others are worked on here. See kernels.hpp.
#include "crypto/engines/lanes/gcm_even.hpp"

namespace sallyport::crypto::lanes {
namespace {

/// Encrypts or decrypts the text of one row and gives its ciphertext, swapped, with zeros where there is no text.
template <Direction kDirection>
[[gnu::always_inline]] inline Vec crypt_row(const Job& job, std::ptrdiff_t offset, __mmask64 mask,
                                            const std::uint8_t* keystream) {
  const Vec text = _mm512_maskz_loadu_epi8(mask, job.src + offset);
  const Vec result = _mm512_xor_si512(text, _mm512_load_si512(keystream));
  _mm512_mask_storeu_epi8(job.dst + offset, mask, result);
  return swap_blocks(kDirection == Direction::kSeal ? _mm512_maskz_mov_epi8(mask, result) : text);
}

/// The counter blocks of column `column`.
[[gnu::always_inline]] inline Vec swapped_counters(const GcmGroup& g, std::size_t column) {
  const Block counts = _mm_add_epi32(g.counters, _mm_set1_epi32(static_cast<int>(column)));
  return _mm512_mask_expand_epi32(gather_ivs(g.group), kCounterWords, _mm512_castsi128_si512(counts));
}

/// The lane of the first row that additional data end in, as a mask of 64-bit halves.
[[gnu::always_inline]] inline __mmask8 data_lane(std::ptrdiff_t lead) {
  return static_cast<__mmask8>(3u << (lead / 8 - 2));
}

/// At most one block of additional data, swapped.
[[gnu::always_inline]] inline Block load_data(const std::uint8_t* data, std::size_t length) {
  const auto mask = static_cast<__mmask16>(_bzhi_u32(0xffff, static_cast<unsigned>(length)));
  return swap_block(_mm_maskz_loadu_epi8(mask, data));
}

/// GHASH of `count` whole blocks.
[[gnu::noinline]] Block hash_blocks(const std::uint8_t* data, std::size_t count, const Scratch::Gcm& memory,
                                    std::size_t packet) noexcept {
  const std::size_t rows = (count + 3) / 4;
  const std::size_t empty = (4 * rows - count) * kBlock;
  Vec row = _mm512_maskz_loadu_epi8(~first_bytes(static_cast<std::ptrdiff_t>(empty)), data - empty);
  Vec sum = swap_blocks(row);
  for (std::size_t i = 1; i < rows; ++i) {
    row = _mm512_loadu_si512(data + i * kRow - empty);
    sum = _mm512_xor_si512(multiply(sum, fourth_of(memory, packet)), swap_blocks(row));
  }
  return sum_of_lanes(multiply(sum, powers_of(memory, packet)));
}

/// The last block of the additional data, swapped, with the hash of those before it.
[[gnu::always_inline]] inline Block begin_hash(const Job& job, const Scratch::Gcm& memory, std::size_t packet) {
  if (job.auth_len <= kBlock) return load_data(job.auth, job.auth_len);
  const std::size_t before = blocks_of(job.auth_len) - 1;
  const Block last = load_data(job.auth + before * kBlock, job.auth_len - before * kBlock);
  return _mm_xor_si128(last, hash_blocks(job.auth, before, memory, packet));
}

/// Puts the lengths into an only or last row, adds it to the sum and multiplies.
[[gnu::always_inline]] inline void hash_row(const GcmGroup& g, std::size_t i, std::size_t row, Vec blocks, Vec sum,
                                            Scratch::Gcm& memory) {
  const bool last = row + 1 == g.rows[i];
  const __mmask8 lengths_lane = last ? 0xc0 : 0;
  blocks = _mm512_mask_broadcast_i64x2(blocks, lengths_lane, load_block(g.lengths[i]));
  const Vec key = last ? powers_of(memory, i) : fourth_of(memory, i);
  _mm512_store_si512(memory.sums[i], multiply(_mm512_xor_si512(sum, blocks), key));
}

/// First rows: empty blocks, additional data, text.
template <Direction kDirection>
void first_rows(const GcmGroup& g, Scratch::Gcm& memory) noexcept {
  for (std::size_t i = 0; i < g.group.count; ++i) {
    const Job& job = *g.group.job[i];
    const std::ptrdiff_t lead = g.lead[i];
    const __mmask64 mask = first_bytes(job.text_len + lead) & ~first_bytes(lead);
    const Block data = begin_hash(job, memory, i);
    const Vec text = crypt_row<kDirection>(job, -lead, mask, memory.keystream[i][0]);
    const Vec blocks = _mm512_mask_broadcast_i64x2(text, data_lane(lead), data);
    hash_row(g, i, 0, blocks, _mm512_setzero_si512(), memory);
  }
}

/// Rows `first` to `end` - 1 of the packets that have them. The keystream begins with row `origin`.
template <Direction kDirection>
void more_rows(const GcmGroup& g, std::size_t first, std::size_t end, std::size_t origin,
               Scratch::Gcm& memory) noexcept {
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

/// A group of any lengths, three rows at a time.
template <std::size_t kKeyLen, Direction kDirection>
void uneven_group(const GcmGroup& g, Scratch::Gcm& memory) noexcept {
  const Vec h = gather_hash_keys(g.group);
  const Vec h2 = multiply(h, h);
  store_powers(multiply(h2, h2), multiply(h2, h), h2, h, memory);
  Block tag_masks[kLanes];
  for (std::size_t first = 0; first < g.most_rows; first += kMaxRows) {
    Vec state[kMaxColumns];
    count_up(swapped_counters(g, 4 * first), state);
    Nothing nothing;
    encrypt_columns<kKeyLen>(g.group, state, memory.keystream, nothing);
    const std::size_t end = g.most_rows - first > kMaxRows ? first + kMaxRows : g.most_rows;
    if (first == 0) {
      for (std::size_t i = 0; i < kLanes; ++i) tag_masks[i] = encrypted_j0(g, i, memory);
      first_rows<kDirection>(g, memory);
    }
    more_rows<kDirection>(g, first == 0 ? 1 : first, end, first, memory);
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

template <std::size_t kKeyLen, Direction kDirection>
void all_groups(Job* const* jobs, std::size_t count, Scratch& scratch) noexcept {
  using Half = void(const GcmGroup&, Scratch::Gcm&) noexcept;
  using Halves = void(const GcmGroup&, Scratch::Gcm&, const GcmGroup&, Scratch::Gcm&) noexcept;
  constexpr Half* kBegin[kMaxRows] = {begin_group<kKeyLen, 1>, begin_group<kKeyLen, 2>, begin_group<kKeyLen, 3>};
  constexpr Half* kEnd[kMaxRows] = {end_group<kDirection, 1>, end_group<kDirection, 2>, end_group<kDirection, 3>};
  constexpr Halves* kBoth[kMaxRows] = {end_and_begin_group<kKeyLen, kDirection, 1>,
                                       end_and_begin_group<kKeyLen, kDirection, 2>,
                                       end_and_begin_group<kKeyLen, kDirection, 3>};
  GcmGroup groups[2];
  std::size_t now = 0;
  std::size_t open_rows = 0;  // of the group that is begun and not ended, if any
  const auto end_open = [&] {
    if (open_rows != 0) kEnd[open_rows - 1](groups[now ^ 1], scratch.gcm[now ^ 1]);
    open_rows = 0;
  };
  for (std::size_t first = 0; first < count; first += kLanes) {
    GcmGroup& g = groups[now];
    lay_out(jobs + first, count - first, g);
    if (!g.even) {
      end_open();
      uneven_group<kKeyLen, kDirection>(g, scratch.gcm[now]);
      continue;
    }
    if (g.most_rows == open_rows) {
      kBoth[open_rows - 1](groups[now ^ 1], scratch.gcm[now ^ 1], g, scratch.gcm[now]);
    } else {
      end_open();
      kBegin[g.most_rows - 1](g, scratch.gcm[now]);
    }
    open_rows = g.most_rows;
    now ^= 1;
  }
  end_open();
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
