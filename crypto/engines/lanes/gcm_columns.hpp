// GCM of four packets with the same number of blocks, which is what bursts of voice mostly consist of. They stay one
// packet per lane, in columns, for the hash too: a multiplication serves four packets, and so does a reduction, a tag
// and a comparison. Two blocks are multiplied by H^2 and H and reduced together. A group is hashed between the AES
// rounds of the next one: carry-less multiplication keeps one unit of the processor busy, AES finds room in another.
// Included by gcm.cpp only.
#pragma once

#include "crypto/engines/lanes/between_rounds.hpp"
#include "crypto/engines/lanes/gcm_group.hpp"

namespace sallyport::crypto::lanes {

/// Text of so many blocks fits between additional data and lengths.
inline constexpr std::size_t kMaxTextColumns = kMaxColumns - 2;

/// The number of blocks that the texts of a group have in common, if it can be worked on in columns, or else 0.
[[gnu::always_inline]] inline std::size_t text_columns(const Group& group) {
  const std::size_t blocks = blocks_of(group.job[0]->text_len);
  bool good = group.count == kLanes && blocks <= kMaxTextColumns;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kLanes; ++i) {
    good &= blocks_of(group.job[i]->text_len) == blocks && group.job[i]->auth_len <= kBlock;
  }
  return good ? blocks : 0;
}

/// Scratch::Gcm as columns see it: one packet per lane, everything swapped.
struct Columns {
  std::uint8_t blocks[kMaxColumns][kRow];  ///< additional data, ciphertext, lengths
  std::uint8_t h2[kRow];
  std::uint8_t h[kRow];
  std::uint8_t tag_masks[kRow];  ///< E(J0), not swapped
};
static_assert(sizeof(Columns) <= sizeof(Scratch::Gcm));

[[gnu::always_inline]] inline Columns& columns_of(Scratch::Gcm& memory) { return reinterpret_cast<Columns&>(memory); }

/// Wipes what follows from keys. The blocks have been, or will be, on the wire.
[[gnu::always_inline]] inline void wipe_keys(Columns& memory) {
  _mm512_store_si512(memory.h2, _mm512_setzero_si512());
  _mm512_store_si512(memory.h, _mm512_setzero_si512());
  _mm512_store_si512(memory.tag_masks, _mm512_setzero_si512());
}

/// H^2 of a group, from H and in two steps.
class Square {
 public:
  [[gnu::always_inline]] Square(const Group& group, Columns& memory) : memory_(memory) {
    h_ = gather_hash_keys(group);
    _mm512_store_si512(memory.h, h_);
  }

  static constexpr int kSteps = 2;
  template <int kStep>
  [[gnu::always_inline]] void step() {
    if constexpr (kStep == 0) {
      product_ = square_only(h_);
    } else {
      _mm512_store_si512(memory_.h2, reduce(product_));
    }
  }

 private:
  Columns& memory_;
  Vec h_;
  Product product_;
};

[[gnu::always_inline]] inline __mmask16 first_of_block(std::size_t n) {
  return static_cast<__mmask16>(_bzhi_u32(0xffff, static_cast<unsigned>(n)));
}

/// Hashes the blocks of a group by pairs; where their number is odd, the first is alone. The second block of a pair is
/// multiplied while the pair before it is still being reduced.
template <int kBlocks>
class ColumnHash {
 public:
  static constexpr int kPairs = (kBlocks + 1) / 2;
  static constexpr int kSteps = 2 * kPairs + 1;

  [[gnu::always_inline]] explicit ColumnHash(Columns& memory)
      : memory_(memory), h_(_mm512_load_si512(memory.h)), h2_(_mm512_load_si512(memory.h2)) {}

  template <int kStep>
  [[gnu::always_inline]] void step() {
    if constexpr (kStep % 2 == 0) {
      if constexpr (kStep != 0) sum_ = reduce(product_);
      if constexpr (kStep != 2 * kPairs) begin_pair<kStep - kBlocks % 2>();
    } else {
      product_ = second_;
      if constexpr (kStep - 1 >= kBlocks % 2) end_pair<kStep - 1 - kBlocks % 2>();
    }
  }

  /// GHASH, after the last step.
  [[gnu::always_inline]] Vec sum() const { return sum_; }

 private:
  template <int kFirst>
  [[gnu::always_inline]] void begin_pair() {
    second_ = multiply_only(_mm512_load_si512(memory_.blocks[kFirst + 1]), h_);
  }
  template <int kFirst>
  [[gnu::always_inline]] void end_pair() {
    Vec first = _mm512_load_si512(memory_.blocks[kFirst]);
    if constexpr (kFirst != 0) first = _mm512_xor_si512(first, sum_);
    product_.low = _mm512_xor_si512(product_.low, _mm512_clmulepi64_epi128(first, h2_, 0x00));
    product_.middle =
        xor3(product_.middle, _mm512_clmulepi64_epi128(first, h2_, 0x01), _mm512_clmulepi64_epi128(first, h2_, 0x10));
    product_.high = _mm512_xor_si512(product_.high, _mm512_clmulepi64_epi128(first, h2_, 0x11));
  }

  Columns& memory_;
  Vec h_;
  Vec h2_;
  Vec sum_;
  Product product_;
  Product second_;
};

/// Writes the tags of four packets, or compares them, in constant time.
template <Direction kDirection>
[[gnu::always_inline]] inline void finish_columns(const Group& group, Vec sum, const Columns& memory) {
  const Vec tags = _mm512_xor_si512(swap_blocks(sum), _mm512_load_si512(memory.tag_masks));
  const Block tag[kLanes] = {_mm512_castsi512_si128(tags), _mm512_extracti32x4_epi32(tags, 1),
                             _mm512_extracti32x4_epi32(tags, 2), _mm512_extracti32x4_epi32(tags, 3)};
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kLanes; ++i) {
    Job& job = *group.job[i];
    const __mmask16 mask = first_of_block(job.tag_len);
    if constexpr (kDirection == Direction::kSeal) {
      _mm_mask_storeu_epi8(job.tag, mask, tag[i]);
      job.ok = true;
    } else {
      job.ok = _mm_mask_cmpneq_epu8_mask(mask, tag[i], _mm_maskz_loadu_epi8(mask, job.tag)) == 0;
    }
  }
}

/// Additional data of at most a block.
[[gnu::always_inline]] inline Block data_of(const Job& job) {
  return _mm_maskz_loadu_epi8(first_of_block(job.auth_len), job.auth);
}

/// The first and the last column.
template <int kTextBlocks>
[[gnu::always_inline]] inline void lay_data_and_lengths(const Group& group, Columns& memory) {
  Vec data = _mm512_castsi128_si512(data_of(*group.job[0]));
  data = _mm512_inserti32x4(data, data_of(*group.job[1]), 1);
  data = _mm512_inserti32x4(data, data_of(*group.job[2]), 2);
  data = _mm512_inserti32x4(data, data_of(*group.job[3]), 3);
  _mm512_store_si512(memory.blocks[0], swap_blocks(data));
  // Both lengths out of the 16 bytes of the job that begin with them, in bits.
  static_assert(offsetof(Job, text_len) == offsetof(Job, auth_len) + 2 && offsetof(Job, auth_len) + 16 <= sizeof(Job));
  const Vec jobs =
      gather(&group.job[0]->auth_len, &group.job[1]->auth_len, &group.job[2]->auth_len, &group.job[3]->auth_len);
  const Vec lengths =
      _mm512_shuffle_epi8(jobs, in_all_lanes(_mm_set_epi8(-1, -1, -1, -1, -1, -1, 1, 0, -1, -1, -1, -1, -1, -1, 3, 2)));
  _mm512_store_si512(memory.blocks[kTextBlocks + 1], _mm512_slli_epi64(lengths, 3));
}

/// Encrypts or decrypts four blocks of each packet with four columns of keystream, and keeps the ciphertext as columns.
template <Direction kDirection, int kRowNumber, int kTextBlocks>
[[gnu::always_inline]] inline void crypt_columns(const Group& group, const Vec* keystream, Columns& memory) {
  constexpr int kHere = kTextBlocks - 4 * kRowNumber < 4 ? kTextBlocks - 4 * kRowNumber : 4;
  constexpr bool kLast = 4 * kRowNumber + kHere == kTextBlocks;
  constexpr std::ptrdiff_t kOffset = kRowNumber * static_cast<std::ptrdiff_t>(kRow);
  Vec rows[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) rows[i] = keystream[i < kHere ? i : 0];
  transpose(rows[0], rows[1], rows[2], rows[3]);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < kLanes; ++i) {
    const Job& job = *group.job[i];
    const __mmask64 mask = kLast ? first_bytes(job.text_len - kOffset) : ~__mmask64{0};
    const Vec text = _mm512_maskz_loadu_epi8(mask, job.src + kOffset);
    const Vec result =
        kLast ? _mm512_maskz_mov_epi8(mask, _mm512_xor_si512(text, rows[i])) : _mm512_xor_si512(text, rows[i]);
    _mm512_mask_storeu_epi8(job.dst + kOffset, mask, result);
    rows[i] = kDirection == Direction::kSeal ? result : text;
  }
  transpose(rows[0], rows[1], rows[2], rows[3]);
#pragma GCC unroll 4
  for (int i = 0; i < kHere; ++i) {
    _mm512_store_si512(memory.blocks[1 + 4 * kRowNumber + i], swap_blocks(rows[i]));
  }
}

/// The keystream of a group, with other work between the rounds, and its ciphertext.
template <std::size_t kKeyLen, Direction kDirection, int kTextBlocks, class Work>
[[gnu::always_inline]] inline void crypt_group(const Group& group, Columns& memory, Work& work) {
  BetweenRounds<Keys<kKeyLen>::kRounds, Work> between{work};
  Vec state[1 + kTextBlocks];
  // J0 is the IV and a counter of 1 (NIST SP 800-38D 7.1).
  count_last_byte(_mm512_mask_mov_epi32(gather_ivs(group), kCounterWords, _mm512_set1_epi32(1 << 24)), state);
  const Keys<kKeyLen> keys =
      gather_keys<kKeyLen>(key_of(*group.job[0]), key_of(*group.job[1]), key_of(*group.job[2]), key_of(*group.job[3]));
  lay_data_and_lengths<kTextBlocks>(group, memory);
  encrypt(state, keys, between);
  _mm512_store_si512(memory.tag_masks, state[0]);
  crypt_columns<kDirection, 0, kTextBlocks>(group, state + 1, memory);
  if constexpr (kTextBlocks > 4) crypt_columns<kDirection, 1, kTextBlocks>(group, state + 5, memory);
  if constexpr (kTextBlocks > 8) crypt_columns<kDirection, 2, kTextBlocks>(group, state + 9, memory);
}

/// The first half of a group.
template <std::size_t kKeyLen, Direction kDirection, int kTextBlocks>
[[gnu::noinline]] void begin_columns(const GcmGroup& g, Scratch::Gcm& memory) noexcept {
  Square square(g.group, columns_of(memory));
  crypt_group<kKeyLen, kDirection, kTextBlocks>(g.group, columns_of(memory), square);
}

/// The second half of a group and the first half of the next.
template <std::size_t kKeyLen, Direction kDirection, int kTextBlocks>
[[gnu::noinline]] void end_and_begin_columns(const GcmGroup& g, Scratch::Gcm& memory, const GcmGroup& next,
                                             Scratch::Gcm& next_memory) noexcept {
  using Hash = ColumnHash<kTextBlocks + 2>;
  Hash hash(columns_of(memory));
  Square square(next.group, columns_of(next_memory));
  Both<Square, Hash> work{square, hash};
  crypt_group<kKeyLen, kDirection, kTextBlocks>(next.group, columns_of(next_memory), work);
  finish_columns<kDirection>(g.group, hash.sum(), columns_of(memory));
}

/// The second half of a group.
template <Direction kDirection, int kTextBlocks>
[[gnu::noinline]] void end_columns(const GcmGroup& g, Scratch::Gcm& memory) noexcept {
  using Hash = ColumnHash<kTextBlocks + 2>;
  Hash hash(columns_of(memory));
  steps<0, Hash::kSteps>(hash);
  finish_columns<kDirection>(g.group, hash.sum(), columns_of(memory));
}

}  // namespace sallyport::crypto::lanes
