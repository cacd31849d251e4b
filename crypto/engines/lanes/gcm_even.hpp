// GCM of groups of packets that have the same number of rows, which is what bursts mostly consist of: everything but
// lengths is known when this is compiled, and a group is hashed between the AES rounds of the next one. Each alone
// would leave half of the processor idle. Included by gcm.cpp only.
#pragma once

#include "crypto/engines/lanes/between_rounds.hpp"
#include "crypto/engines/lanes/gcm_group.hpp"

namespace sallyport::crypto::lanes {

/// The powers of H of a group, in three steps.
class Powers {
 public:
  [[gnu::always_inline]] Powers(const Group& group, Scratch::Gcm& memory)
      : memory_(memory), h_(gather_hash_keys(group)) {}

  static constexpr int kSteps = 3;
  template <int kStep>
  [[gnu::always_inline]] void step() {
    if constexpr (kStep == 0) {
      h2_ = reduce(square_only(h_));
    } else if constexpr (kStep == 1) {
      h3_ = multiply(h2_, h_);
    } else {
      store_powers(reduce(square_only(h2_)), h3_, h2_, h_, memory_);
    }
  }

 private:
  Scratch::Gcm& memory_;
  Vec h_;
  Vec h2_;
  Vec h3_;
};

/// Encrypts or decrypts and hashes a group whose keystream and powers are made: four packets row by row. A step begins
/// with one row, multiplies the one before and reduces the one before that, so that its instructions do not wait for
/// each other: a processor looks no further than some sixty of them ahead.
template <Direction kDirection, int kRows>
class EvenHash {
 public:
  static constexpr int kPackets = static_cast<int>(kLanes);
  static constexpr int kSteps = kPackets * kRows + 2;

  [[gnu::always_inline]] EvenHash(const GcmGroup& g, Scratch::Gcm& memory) : g_(g), memory_(memory) {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kLanes; ++i) set_masks(i);
  }

  template <int kStep>
  [[gnu::always_inline]] void step() {
    if constexpr (kStep >= 2) reduce_row<kStep - 2>();
    if constexpr (kStep >= 1 && kStep <= kPackets * kRows) multiply_row<kStep - 1>();
    if constexpr (kStep < kPackets * kRows) begin_row<kStep / kPackets, kStep % kPackets>();
  }

  [[gnu::always_inline]] void finish_all() {
#pragma GCC unroll 4
    for (std::size_t i = 0; i < kLanes; ++i) {
      if (i >= g_.group.count) continue;
      finish<kDirection>(*g_.group.job[i], _mm512_load_si512(memory_.sums[i]), encrypted_j0(g_, i, memory_));
    }
  }

 private:
  static constexpr std::ptrdiff_t kRowBytes = kRow;

  /// The text in each row; none where a packet only fills a place.
  [[gnu::always_inline]] void set_masks(std::size_t i) {
    const std::ptrdiff_t lead = g_.lead[i];
    const std::uint64_t all = i < g_.group.count ? ~std::uint64_t{0} : 0;
    const std::uint64_t behind_lead = all << 1 << (lead - 1);  // lead may be 64
    const std::ptrdiff_t in_last = g_.group.job[i]->text_len + lead - kRowBytes * (kRows - 1);
    const std::uint64_t before_end = _bzhi_u64(all, static_cast<unsigned>(in_last));
    masks_[i][0] = behind_lead;
    if constexpr (kRows == 3) masks_[i][1] = all;
    masks_[i][kRows - 1] = kRows == 1 ? behind_lead & before_end : before_end;
  }

  template <int kRowNumber, int kPacket>
  [[gnu::always_inline]] void begin_row() {
    constexpr bool kFirst = kRowNumber == 0;
    constexpr bool kLast = kRowNumber == kRows - 1;
    const Job& job = *g_.group.job[kPacket];
    const std::ptrdiff_t offset = kRowBytes * kRowNumber - g_.lead[kPacket];
    const __mmask64 mask = masks_[kPacket][kRowNumber];
    const Vec text = _mm512_maskz_loadu_epi8(mask, row_at(job.src, offset));
    const Vec result = _mm512_xor_si512(text, _mm512_load_si512(memory_.keystream[kPacket][kRowNumber]));
    Vec ciphertext = text;
    if constexpr (kDirection == Direction::kSeal) {
      ciphertext = kFirst || kLast ? _mm512_maskz_mov_epi8(mask, result) : result;
    }
    // Additional data are loaded before the row is stored: a load from where bytes are on their way waits for them.
    if constexpr (kFirst) ciphertext = with_data<kPacket>(ciphertext);
    _mm512_mask_storeu_epi8(row_at(job.dst, offset), mask, result);
    Vec blocks = swap_blocks(ciphertext);
    if constexpr (kLast) blocks = _mm512_mask_broadcast_i64x2(blocks, 0xc0, load_block(g_.lengths[kPacket]));
    begun_ = kFirst ? blocks : _mm512_xor_si512(blocks, sums_[kPacket]);
  }

  /// The lane before the text is that of additional data, which begin at its beginning.
  template <int kPacket>
  [[gnu::always_inline]] Vec with_data(Vec row) const {
    const Job& job = *g_.group.job[kPacket];
    const std::ptrdiff_t before = g_.lead[kPacket] - static_cast<std::ptrdiff_t>(kBlock);
    const __mmask64 mask = _bzhi_u64(~std::uint64_t{0}, job.auth_len) << before;
    return _mm512_mask_loadu_epi8(row, mask, row_at(job.auth, -before));
  }

  template <int kIndex>
  [[gnu::always_inline]] void multiply_row() {
    constexpr std::size_t kPacket = kIndex % kPackets;
    product_ = multiply_only(
        begun_, kIndex / kPackets == kRows - 1 ? powers_of(memory_, kPacket) : fourth_of(memory_, kPacket));
  }

  template <int kIndex>
  [[gnu::always_inline]] void reduce_row() {
    constexpr std::size_t kPacket = kIndex % kPackets;
    const Vec sum = reduce(product_);
    if constexpr (kIndex / kPackets == kRows - 1) {
      // Through memory, or the compiler would move all of a packet's steps to where its tag is needed.
      _mm512_store_si512(memory_.sums[kPacket], sum);
    } else {
      sums_[kPacket] = sum;
    }
  }

  const GcmGroup& g_;
  Scratch::Gcm& memory_;
  std::uint64_t masks_[kLanes][kRows];
  Vec sums_[kLanes];
  Vec begun_;
  Product product_;
};

/// Keystream of a group, with other work between the AES rounds.
template <std::size_t kKeyLen, int kRows, class Work>
[[gnu::always_inline]] inline void make_keystream(const GcmGroup& g, Scratch::Gcm& memory, Work& work) {
  BetweenRounds<Keys<kKeyLen>::kRounds, Work> between{work};
  Vec state[4 * kRows - 1];
  const Block counts = _mm_slli_epi32(g.counters, 24);
  const Vec first = _mm512_mask_expand_epi32(gather_ivs(g.group), kCounterWords, _mm512_castsi128_si512(counts));
  count_last_byte(first, state);
  encrypt_columns<kKeyLen>(g.group, state, memory.keystream, between);
}

/// The first half of a group.
template <std::size_t kKeyLen, int kRows>
[[gnu::noinline]] void begin_group(const GcmGroup& g, Scratch::Gcm& memory) noexcept {
  Powers powers(g.group, memory);
  make_keystream<kKeyLen, kRows>(g, memory, powers);
}

/// The second half of a group and the first half of the next.
template <std::size_t kKeyLen, Direction kDirection, int kRows>
[[gnu::noinline]] void end_and_begin_group(const GcmGroup& g, Scratch::Gcm& memory, const GcmGroup& next,
                                           Scratch::Gcm& next_memory) noexcept {
  EvenHash<kDirection, kRows> hash(g, memory);
  Powers powers(next.group, next_memory);
  Both<Powers, EvenHash<kDirection, kRows>> work{powers, hash};
  make_keystream<kKeyLen, kRows>(next, next_memory, work);
  hash.finish_all();
}

/// The second half of a group.
template <Direction kDirection, int kRows>
[[gnu::noinline]] void end_group(const GcmGroup& g, Scratch::Gcm& memory) noexcept {
  EvenHash<kDirection, kRows> hash(g, memory);
  steps<0, EvenHash<kDirection, kRows>::kSteps>(hash);
  hash.finish_all();
}

}  // namespace sallyport::crypto::lanes
