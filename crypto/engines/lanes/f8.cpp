// AES-F8 (RFC 3711 4.1.2) with one packet per lane. Its blocks hang on one another, S(j) = E(k, IV' ^ j ^ S(j-1)), so a
// packet alone waits for AES all the time: up to four groups of four packets take turns. Their round keys do not fit
// the registers and go through scratch memory. See kernels.hpp.
#include "crypto/engines/lanes/aes_lanes.hpp"
#include "crypto/engines/lanes/job_access.hpp"

namespace sallyport::crypto::lanes {
namespace {

constexpr int kRounds = 10;
constexpr std::size_t kMostGroups = 4;

[[gnu::always_inline]] inline Vec gather_keys_at(const Group& group, std::size_t at) {
  return gather(key_of(*group.job[0]) + at, key_of(*group.job[1]) + at, key_of(*group.job[2]) + at,
                key_of(*group.job[3]) + at);
}

/// Stores the round keys of each group and gives IV' = E(k XOR m, IV) (RFC 3711 4.1.2.2). A key schedule waits for
/// itself as much as the encryption does: all groups take turns here, too.
template <std::size_t kGroups>
[[gnu::always_inline]] inline void prepare(const Group* groups, Vec (&iv)[kGroups], Scratch& scratch) {
  Vec key[kGroups];
  Vec masked[kGroups];
#pragma GCC unroll 4
  for (std::size_t g = 0; g < kGroups; ++g) {
    key[g] = gather_keys_at(groups[g], kKeyAt);
    masked[g] = gather_keys_at(groups[g], kMaskedKeyAt);
    iv[g] = _mm512_xor_si512(gather_ivs(groups[g]), masked[g]);
    _mm512_store_si512(scratch.round_keys[g][0], key[g]);
  }
  for (int r = 1; r <= kRounds; ++r) {
#pragma GCC unroll 4
    for (std::size_t g = 0; g < kGroups; ++g) {
      key[g] = chain_words(key[g], substitute_rotated(key[g], rcon(r - 1)));
      masked[g] = chain_words(masked[g], substitute_rotated(masked[g], rcon(r - 1)));
      iv[g] = r < kRounds ? _mm512_aesenc_epi128(iv[g], masked[g]) : _mm512_aesenclast_epi128(iv[g], masked[g]);
      _mm512_store_si512(scratch.round_keys[g][r], key[g]);
    }
  }
}

/// The next block of keystream of each group: `chain` is IV' ^ S(j-1) before and S(j) after.
template <std::size_t kGroups>
[[gnu::always_inline]] inline void encrypt_chains(Vec (&chain)[kGroups], const Scratch& scratch) {
#pragma GCC unroll 4
  for (std::size_t g = 0; g < kGroups; ++g) {
    chain[g] = _mm512_xor_si512(chain[g], _mm512_load_si512(scratch.round_keys[g][0]));
  }
#pragma GCC unroll 10
  for (int r = 1; r < kRounds; ++r) {
#pragma GCC unroll 4
    for (std::size_t g = 0; g < kGroups; ++g) {
      chain[g] = _mm512_aesenc_epi128(chain[g], _mm512_load_si512(scratch.round_keys[g][r]));
    }
  }
#pragma GCC unroll 4
  for (std::size_t g = 0; g < kGroups; ++g) {
    chain[g] = _mm512_aesenclast_epi128(chain[g], _mm512_load_si512(scratch.round_keys[g][kRounds]));
  }
}

/// j of RFC 3711 4.1.2.2 as a 128-bit number in big-endian.
[[gnu::always_inline]] inline Vec block_number(std::size_t j) {
  return in_all_lanes(_mm_set_epi32(static_cast<int>(__builtin_bswap32(static_cast<std::uint32_t>(j))), 0, 0, 0));
}

template <std::size_t kGroups>
void together(const Group* groups, Scratch& scratch) noexcept {
  Vec iv[kGroups];
  Vec chain[kGroups];
  std::size_t longest = 0;
  prepare(groups, iv, scratch);
#pragma GCC unroll 4
  for (std::size_t g = 0; g < kGroups; ++g) {
    chain[g] = _mm512_setzero_si512();
    const std::size_t length = longest_text(groups[g]);
    longest = length > longest ? length : longest;
  }
  for (std::size_t offset = 0; offset < longest; offset += kRow) {
    Vec columns[kGroups][4] = {};
#pragma GCC unroll 4
    for (std::size_t i = 0; i < 4; ++i) {
      if (offset + i * kBlock >= longest) continue;
      const Vec j = block_number(offset / kBlock + i);
#pragma GCC unroll 4
      for (std::size_t g = 0; g < kGroups; ++g) chain[g] = xor3(chain[g], iv[g], j);
      encrypt_chains(chain, scratch);
      asm volatile("" ::: "memory");  // or round keys would be kept for the next block, in a copy on the stack
#pragma GCC unroll 4
      for (std::size_t g = 0; g < kGroups; ++g) columns[g][i] = chain[g];
    }
#pragma GCC unroll 4
    for (std::size_t g = 0; g < kGroups; ++g) {
      Vec* const rows = columns[g];
      transpose(rows[0], rows[1], rows[2], rows[3]);
      for (std::size_t i = 0; i < groups[g].count; ++i) {
        if (offset < groups[g].job[i]->text_len) apply_row(*groups[g].job[i], offset, rows[i]);
      }
    }
  }
}

}  // namespace

void f8_mode(Job* const* jobs, std::size_t count, Scratch& scratch) noexcept {
  for (std::size_t first = 0; first < count; first += kMostGroups * kLanes) {
    Group groups[kMostGroups];
    std::size_t used = 0;
    for (std::size_t i = first; i < count && used < kMostGroups; i += kLanes)
      set_group(jobs + i, count - i, groups[used++]);
    if (used == 1) {
      together<1>(groups, scratch);
    } else if (used == 2) {
      together<2>(groups, scratch);
    } else {
      if (used == 3) {  // the first group again, without output
        groups[3] = groups[0];
        groups[3].count = 0;
      }
      together<4>(groups, scratch);
    }
  }
  const std::size_t groups_used = count < kMostGroups * kLanes ? (count + kLanes - 1) / kLanes : kMostGroups;
  __builtin_memset(scratch.round_keys, 0,
                   (groups_used == 3 ? kMostGroups : groups_used) * sizeof scratch.round_keys[0]);
}

}  // namespace sallyport::crypto::lanes
