// GCM of four packets with the same number of blocks, which is what bursts of voice mostly consist of. They stay one
// packet per lane, in columns, for the hash too: a multiplication serves four packets, and so does a reduction, a tag
// and a comparison. Four blocks are multiplied by H^4 to H and reduced together. A group is laid out as packets,
// encrypted and hashed between the AES rounds of the next one: shuffles, carry-less multiplication and AES keep
// different units of the processor busy. Included by gcm.cpp only.
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
  std::uint8_t blocks[kMaxColumns][kRow];  ///< additional data, keystream and then ciphertext, lengths
  std::uint8_t powers[4][kRow];            ///< H, H^2, H^3, H^4
  std::uint8_t tag_masks[kRow];            ///< E(J0), not swapped
};
static_assert(sizeof(Columns) <= sizeof(Scratch::Gcm));

[[gnu::always_inline]] inline Columns& columns_of(Scratch::Gcm& memory) { return reinterpret_cast<Columns&>(memory); }

/// Wipes what follows from keys. The blocks have been, or will be, on the wire.
[[gnu::always_inline]] inline void wipe_keys(Columns& memory) {
  for (std::uint8_t* power : {memory.powers[0], memory.powers[1], memory.powers[2], memory.powers[3]}) {
    _mm512_store_si512(power, _mm512_setzero_si512());
  }
  _mm512_store_si512(memory.tag_masks, _mm512_setzero_si512());
}

/// The powers of H of a group, in steps.
class ColumnPowers {
 public:
  [[gnu::always_inline]] ColumnPowers(const Group& group, Columns& memory) : memory_(memory) {
    h_ = gather_hash_keys(group);
    _mm512_store_si512(memory.powers[0], h_);
  }

  static constexpr int kSteps = 4;
  template <int kStep>
  [[gnu::always_inline]] void step() {
    if constexpr (kStep == 0) {
      product_ = square_only(h_);
    } else if constexpr (kStep == 1) {
      h2_ = reduce(product_);
      _mm512_store_si512(memory_.powers[1], h2_);
    } else if constexpr (kStep == 2) {
      product_ = multiply_only(h2_, h_);
      square_ = square_only(h2_);
    } else {
      _mm512_store_si512(memory_.powers[2], reduce(product_));
      _mm512_store_si512(memory_.powers[3], reduce(square_));
    }
  }

 private:
  Columns& memory_;
  Vec h_;
  Vec h2_;
  Product product_;
  Product square_;
};

[[gnu::always_inline]] inline __mmask16 first_of_block(std::size_t n) {
  return static_cast<__mmask16>(_bzhi_u32(0xffff, static_cast<unsigned>(n)));
}

/// Hashes the blocks of a group by fours, with one reduction for each four; the first may be fewer. Of each four the
/// first block, to which the sum so far is added, is multiplied last: until then that sum is being reduced.
template <int kBlocks>
class ColumnHash {
 public:
  static constexpr int kFours = (kBlocks + 3) / 4;
  static constexpr int kSteps = 4 * kFours + 1;

  [[gnu::always_inline]] explicit ColumnHash(Columns& memory) : memory_(memory) {}

  template <int kStep>
  [[gnu::always_inline]] void step() {
    constexpr int kFour = kStep / 4;
    constexpr int kPower = kStep % 4;
    if constexpr (kPower == 0 && kFour != 0) sum_ = reduce(product_);
    if constexpr (kFour != kFours && kPower < count_of(kFour)) {
      multiply_block<first_of(kFour) + count_of(kFour) - 1 - kPower, kPower>();
    }
  }

  /// GHASH, after the last step.
  [[gnu::always_inline]] Vec sum() const { return sum_; }

 private:
  static constexpr int count_of(int four) { return four == 0 ? kBlocks - 4 * (kFours - 1) : 4; }
  static constexpr int first_of(int four) { return four == 0 ? 0 : count_of(0) + 4 * (four - 1); }

  template <int kBlockNumber, int kPower>
  [[gnu::always_inline]] void multiply_block() {
    Vec block = _mm512_load_si512(memory_.blocks[kBlockNumber]);
    if constexpr (kPower == 3 && kBlockNumber != 0) block = _mm512_xor_si512(block, sum_);
    const Vec key = _mm512_load_si512(memory_.powers[kPower]);
    if constexpr (kPower == 0) {
      product_ = multiply_only(block, key);
    } else {
      product_.low = _mm512_xor_si512(product_.low, _mm512_clmulepi64_epi128(block, key, 0x00));
      product_.middle =
          xor3(product_.middle, _mm512_clmulepi64_epi128(block, key, 0x01), _mm512_clmulepi64_epi128(block, key, 0x10));
      product_.high = _mm512_xor_si512(product_.high, _mm512_clmulepi64_epi128(block, key, 0x11));
    }
  }

  Columns& memory_;
  Vec sum_;
  Product product_;
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

/// Encrypts or decrypts the texts of a group whose keystream is made, four blocks of each packet at a time: columns of
/// keystream are turned into rows, and rows of ciphertext back into the columns that are hashed.
template <Direction kDirection, int kTextBlocks>
class ColumnCrypt {
 public:
  static constexpr int kStepsPerRow = 4;
  static constexpr int kSteps = (kTextBlocks + 3) / 4 * kStepsPerRow;

  [[gnu::always_inline]] ColumnCrypt(const Group& group, Columns& memory) : group_(group), memory_(memory) {}

  template <int kStep>
  [[gnu::always_inline]] void step() {
    constexpr int kRowNumber = kStep / kStepsPerRow;
    if constexpr (kStep % kStepsPerRow == 0) load_rows<kRowNumber>();
    if constexpr (kStep % kStepsPerRow == 1) crypt_two<kRowNumber, 0>();
    if constexpr (kStep % kStepsPerRow == 2) crypt_two<kRowNumber, 2>();
    if constexpr (kStep % kStepsPerRow == 3) store_columns<kRowNumber>();
  }

 private:
  /// Blocks of the text in a row.
  template <int kRowNumber>
  static constexpr int kHere = kTextBlocks - 4 * kRowNumber < 4 ? kTextBlocks - 4 * kRowNumber : 4;

  template <int kRowNumber>
  [[gnu::always_inline]] void load_rows() {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      rows_[i] = _mm512_load_si512(memory_.blocks[1 + 4 * kRowNumber + (i < kHere<kRowNumber> ? i : 0)]);
    }
    transpose(rows_[0], rows_[1], rows_[2], rows_[3]);
  }

  template <int kRowNumber, std::size_t kFirstPacket>
  [[gnu::always_inline]] void crypt_two() {
    crypt<kRowNumber, kFirstPacket>();
    crypt<kRowNumber, kFirstPacket + 1>();
  }
  template <int kRowNumber, std::size_t kPacket>
  [[gnu::always_inline]] void crypt() {
    constexpr bool kLast = 4 * kRowNumber + kHere<kRowNumber> == kTextBlocks;
    constexpr std::ptrdiff_t kOffset = kRowNumber * static_cast<std::ptrdiff_t>(kRow);
    const Job& job = *group_.job[kPacket];
    const __mmask64 mask = kLast ? first_bytes(job.text_len - kOffset) : ~__mmask64{0};
    const Vec text = _mm512_maskz_loadu_epi8(mask, job.src + kOffset);
    Vec result = _mm512_xor_si512(text, rows_[kPacket]);
    if constexpr (kLast) result = _mm512_maskz_mov_epi8(mask, result);
    _mm512_mask_storeu_epi8(job.dst + kOffset, mask, result);
    rows_[kPacket] = kDirection == Direction::kSeal ? result : text;
  }

  template <int kRowNumber>
  [[gnu::always_inline]] void store_columns() {
    transpose(rows_[0], rows_[1], rows_[2], rows_[3]);
#pragma GCC unroll 4
    for (int i = 0; i < kHere<kRowNumber>; ++i) {
      _mm512_store_si512(memory_.blocks[1 + 4 * kRowNumber + i], swap_blocks(rows_[i]));
    }
  }

  const Group& group_;
  Columns& memory_;
  Vec rows_[4];
};

/// The second half of a group: a row of text is encrypted or decrypted while the one before it is hashed.
template <Direction kDirection, int kTextBlocks>
class ColumnEnd {
 public:
  using Crypt = ColumnCrypt<kDirection, kTextBlocks>;
  using Hash = ColumnHash<kTextBlocks + 2>;
  static constexpr int kSteps = Crypt::kStepsPerRow + Hash::kSteps;

  [[gnu::always_inline]] ColumnEnd(const Group& group, Columns& memory) : crypt_(group, memory), hash_(memory) {}

  template <int kStep>
  [[gnu::always_inline]] void step() {
    if constexpr (kStep < Crypt::kSteps) crypt_.template step<kStep>();
    if constexpr (kStep >= Crypt::kStepsPerRow) hash_.template step<kStep - Crypt::kStepsPerRow>();
  }
  [[gnu::always_inline]] Vec sum() const { return hash_.sum(); }

 private:
  Crypt crypt_;
  Hash hash_;
};

/// The keystream of a group, left in the columns of its text, with other work between the rounds.
template <std::size_t kKeyLen, int kTextBlocks, class Work>
[[gnu::always_inline]] inline void make_columns(const Group& group, Columns& memory, Work& work) {
  BetweenRounds<Keys<kKeyLen>::kRounds, Work> between{work};
  Vec state[1 + kTextBlocks];
  // J0 is the IV and a counter of 1 (NIST SP 800-38D 7.1).
  count_last_byte(_mm512_mask_mov_epi32(gather_ivs(group), kCounterWords, _mm512_set1_epi32(1 << 24)), state);
  const Keys<kKeyLen> keys =
      gather_keys<kKeyLen>(key_of(*group.job[0]), key_of(*group.job[1]), key_of(*group.job[2]), key_of(*group.job[3]));
  lay_data_and_lengths<kTextBlocks>(group, memory);
  encrypt(state, keys, between);
  _mm512_store_si512(memory.tag_masks, state[0]);
#pragma GCC unroll 16
  for (int i = 0; i < kTextBlocks; ++i) _mm512_store_si512(memory.blocks[1 + i], state[1 + i]);
}

/// The first half of a group.
template <std::size_t kKeyLen, int kTextBlocks>
[[gnu::noinline]] void begin_columns(const GcmGroup& g, Scratch::Gcm& memory) noexcept {
  ColumnPowers powers(g.group, columns_of(memory));
  make_columns<kKeyLen, kTextBlocks>(g.group, columns_of(memory), powers);
}

/// The second half of a group and the first half of the next.
template <std::size_t kKeyLen, Direction kDirection, int kTextBlocks>
[[gnu::noinline]] void end_and_begin_columns(const GcmGroup& g, Scratch::Gcm& memory, const GcmGroup& next,
                                             Scratch::Gcm& next_memory) noexcept {
  using End = ColumnEnd<kDirection, kTextBlocks>;
  End end(g.group, columns_of(memory));
  ColumnPowers powers(next.group, columns_of(next_memory));
  Both<ColumnPowers, End> work{powers, end};
  make_columns<kKeyLen, kTextBlocks>(next.group, columns_of(next_memory), work);
  finish_columns<kDirection>(g.group, end.sum(), columns_of(memory));
}

/// The second half of a group.
template <Direction kDirection, int kTextBlocks>
[[gnu::noinline]] void end_columns(const GcmGroup& g, Scratch::Gcm& memory) noexcept {
  using End = ColumnEnd<kDirection, kTextBlocks>;
  End end(g.group, columns_of(memory));
  steps<0, End::kSteps>(end);
  finish_columns<kDirection>(g.group, end.sum(), columns_of(memory));
}

}  // namespace sallyport::crypto::lanes
