// GCM of groups of any lengths, three rows of each packet at a time. What is in the middle of four long packets is
// hashed between the AES rounds of the next three rows. Included by gcm.cpp only.
#pragma once

#include "crypto/engines/lanes/between_rounds.hpp"
#include "crypto/engines/lanes/gcm_group.hpp"

namespace sallyport::crypto::lanes {

/// Encrypts or decrypts the text of one row and gives its ciphertext, swapped, with zeros where there is no text.
template <Direction kDirection>
[[gnu::always_inline]] inline Vec crypt_row(const Job& job, std::ptrdiff_t offset, __mmask64 mask,
                                            const std::uint8_t* keystream) {
  const Vec text = _mm512_maskz_loadu_epi8(mask, row_at(job.src, offset));
  const Vec result = _mm512_xor_si512(text, _mm512_load_si512(keystream));
  _mm512_mask_storeu_epi8(row_at(job.dst, offset), mask, result);
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
[[gnu::noinline]] inline Block hash_blocks(const std::uint8_t* data, std::size_t count, const Scratch::Gcm& memory,
                                           std::size_t packet) noexcept {
  const std::size_t rows = (count + 3) / 4;
  const std::size_t empty = (4 * rows - count) * kBlock;
  const std::uint8_t* const rows_begin = row_at(data, -static_cast<std::ptrdiff_t>(empty));
  Vec row = _mm512_maskz_loadu_epi8(~first_bytes(static_cast<std::ptrdiff_t>(empty)), rows_begin);
  Vec sum = swap_blocks(row);
  for (std::size_t i = 1; i < rows; ++i) {
    row = _mm512_loadu_si512(rows_begin + i * kRow);
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
void first_rows(const GcmGroup& g, const Scratch::Rows& keystream, Scratch::Gcm& memory) noexcept {
  for (std::size_t i = 0; i < g.group.count; ++i) {
    const Job& job = *g.group.job[i];
    const std::ptrdiff_t lead = g.lead[i];
    const __mmask64 mask = first_bytes(job.text_len + lead) & ~first_bytes(lead);
    const Block data = begin_hash(job, memory, i);
    const Vec text = crypt_row<kDirection>(job, -lead, mask, keystream[i][0]);
    const Vec blocks = _mm512_mask_broadcast_i64x2(text, data_lane(lead), data);
    hash_row(g, i, 0, blocks, _mm512_setzero_si512(), memory);
  }
}

/// Rows `first` to `end` - 1 of the packets that have them. The keystream begins with row `origin`.
template <Direction kDirection>
void more_rows(const GcmGroup& g, std::size_t first, std::size_t end, std::size_t origin,
               const Scratch::Rows& keystream, Scratch::Gcm& memory) noexcept {
  for (std::size_t row = first; row < end; ++row) {
    for (std::size_t i = 0; i < g.group.count; ++i) {
      if (row >= g.rows[i]) continue;
      const Job& job = *g.group.job[i];
      const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(row * kRow) - g.lead[i];
      const Vec blocks =
          crypt_row<kDirection>(job, offset, first_bytes(job.text_len - offset), keystream[i][row - origin]);
      hash_row(g, i, row, blocks, _mm512_load_si512(memory.sums[i]), memory);
    }
  }
}

/// Three rows of each of four packets that are all text and not the last ones. In the manner of EvenHash.
template <Direction kDirection>
class MiddleRows {
 public:
  static constexpr int kPackets = static_cast<int>(kLanes);
  static constexpr int kRowSteps = kPackets * static_cast<int>(kMaxRows);
  static constexpr int kSteps = kRowSteps + 2;

  [[gnu::always_inline]] MiddleRows(const GcmGroup& g, std::size_t first, const Scratch::Rows& keystream,
                                    Scratch::Gcm& memory)
      : g_(g), offset_(static_cast<std::ptrdiff_t>(first * kRow)), keystream_(keystream), memory_(memory) {}

  template <int kStep>
  [[gnu::always_inline]] void step() {
    if constexpr (kStep >= 2) _mm512_store_si512(memory_.sums[(kStep - 2) % kPackets], reduce(product_));
    if constexpr (kStep >= 1 && kStep <= kRowSteps) {
      product_ = multiply_only(begun_, fourth_of(memory_, (kStep - 1) % kPackets));
    }
    if constexpr (kStep < kRowSteps) begin_row<kStep / kPackets, kStep % kPackets>();
  }

 private:
  template <int kRowNumber, int kPacket>
  [[gnu::always_inline]] void begin_row() {
    const Job& job = *g_.group.job[kPacket];
    const std::ptrdiff_t offset = offset_ + kRowNumber * static_cast<std::ptrdiff_t>(kRow) - g_.lead[kPacket];
    const Vec text = _mm512_loadu_si512(job.src + offset);
    const Vec result = _mm512_xor_si512(text, _mm512_load_si512(keystream_[kPacket][kRowNumber]));
    _mm512_storeu_si512(job.dst + offset, result);
    const Vec blocks = swap_blocks(kDirection == Direction::kSeal ? result : text);
    begun_ = _mm512_xor_si512(blocks, _mm512_load_si512(memory_.sums[kPacket]));
  }

  const GcmGroup& g_;
  std::ptrdiff_t offset_;
  const Scratch::Rows& keystream_;
  Scratch::Gcm& memory_;
  Vec begun_;
  Product product_;
};

/// The keystream of three rows from row `first` on, with other work between the AES rounds.
template <std::size_t kKeyLen, class Other>
[[gnu::always_inline]] inline void three_rows(const GcmGroup& g, std::size_t first, Scratch::Rows& keystream,
                                              Other& other) {
  Vec state[kMaxColumns];
  count_up(swapped_counters(g, 4 * first), state);
  encrypt_columns<kKeyLen>(g.group, state, keystream, other);
}

template <std::size_t kKeyLen>
[[gnu::noinline]] void begin_rows(const GcmGroup& g, std::size_t first, Scratch::Rows& keystream) noexcept {
  Nothing nothing;
  three_rows<kKeyLen>(g, first, keystream, nothing);
}

/// Hashes three middle rows and makes the keystream of the next.
template <std::size_t kKeyLen, Direction kDirection>
[[gnu::noinline]] void middle_rows(const GcmGroup& g, std::size_t first, const Scratch::Rows& keystream,
                                   Scratch::Rows& next, Scratch::Gcm& memory) noexcept {
  using Work = MiddleRows<kDirection>;
  Work work(g, first, keystream, memory);
  BetweenRounds<Keys<kKeyLen>::kRounds, Work> between{work};
  three_rows<kKeyLen>(g, first + kMaxRows, next, between);
}

/// A group of any lengths.
template <std::size_t kKeyLen, Direction kDirection>
void uneven_group(const GcmGroup& g, Scratch& scratch) noexcept {
  Scratch::Gcm& memory = scratch.gcm[0];
  const Vec h = gather_hash_keys(g.group);
  const Vec h2 = multiply(h, h);
  store_powers(multiply(h2, h2), multiply(h2, h), h2, h, memory);
  begin_rows<kKeyLen>(g, 0, memory.keystream);
  Block tag_masks[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) tag_masks[i] = encrypted_j0(g, i, memory);
  for (std::size_t first = 0; first < g.most_rows; first += kMaxRows) {
    const std::size_t end = first + kMaxRows;
    const Scratch::Rows& keystream = scratch.gcm[first / kMaxRows % 2].keystream;
    Scratch::Rows& next = scratch.gcm[end / kMaxRows % 2].keystream;
    if (first != 0 && end < g.least_rows && g.group.count == kLanes) {
      middle_rows<kKeyLen, kDirection>(g, first, keystream, next, memory);
      continue;
    }
    if (end < g.most_rows) begin_rows<kKeyLen>(g, end, next);
    if (first == 0) first_rows<kDirection>(g, keystream, memory);
    more_rows<kDirection>(g, first == 0 ? 1 : first, end < g.most_rows ? end : g.most_rows, first, keystream, memory);
  }
  for (std::size_t i = 0; i < g.group.count; ++i) {
    finish<kDirection>(*g.group.job[i], _mm512_load_si512(memory.sums[i]), tag_masks[i]);
  }
}

}  // namespace sallyport::crypto::lanes
