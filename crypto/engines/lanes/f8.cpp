// AES-F8 (RFC 3711 4.1.2) with one packet per lane. Its blocks hang on one another, S(j) = E(k, IV' ^ j ^ S(j-1)), so a
// packet alone waits for AES all the time: up to four groups of four packets take turns. Their round keys do not fit
// the registers and go through scratch memory. See kernels.hpp.
#include "crypto/engines/lanes/aes_lanes.hpp"
#include "crypto/engines/lanes/job_access.hpp"

namespace sallyport::crypto::lanes {
namespace {

constexpr int kRounds = 10;
constexpr std::size_t kMostGroups = 4;

/// IV' = E(k XOR m, IV) (RFC 3711 4.1.2.2).
[[gnu::always_inline]] inline Vec encrypted_ivs(const Group& group) {
  Vec iv[1] = {gather_ivs(group)};
  encrypt(iv, gather_keys<16>(key_of(*group.job[0]) + kMaskedKeyAt, key_of(*group.job[1]) + kMaskedKeyAt,
                              key_of(*group.job[2]) + kMaskedKeyAt, key_of(*group.job[3]) + kMaskedKeyAt));
  return iv[0];
}

[[gnu::always_inline]] inline void expand_keys(const Group& group, std::uint8_t (*round_keys)[kRow]) {
  Vec key =
      gather_keys<16>(key_of(*group.job[0]), key_of(*group.job[1]), key_of(*group.job[2]), key_of(*group.job[3])).low;
  _mm512_store_si512(round_keys[0], key);
  for (int step = 0; step < kRounds; ++step) {
    key = chain_words(key, substitute_rotated(key, rcon(step)));
    _mm512_store_si512(round_keys[step + 1], key);
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
  for (std::size_t g = 0; g < kGroups; ++g) {
    iv[g] = encrypted_ivs(groups[g]);
    chain[g] = _mm512_setzero_si512();
    expand_keys(groups[g], scratch.round_keys[g]);
    const std::size_t length = longest_text(groups[g]);
    longest = length > longest ? length : longest;
  }
  for (std::size_t offset = 0; offset < longest; offset += kRow) {
    Vec columns[kGroups][4];
    for (std::size_t i = 0; i < 4; ++i) {
      const Vec j = block_number(offset / kBlock + i);
      for (std::size_t g = 0; g < kGroups; ++g) chain[g] = xor3(chain[g], iv[g], j);
      encrypt_chains(chain, scratch);
      for (std::size_t g = 0; g < kGroups; ++g) columns[g][i] = chain[g];
    }
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
  __builtin_memset(scratch.round_keys, 0, sizeof scratch.round_keys);
}

}  // namespace sallyport::crypto::lanes
