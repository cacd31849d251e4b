// AES-GCM (RFC 7714, NIST SP 800-38D 7) of four packets at once: their keystream is made together, one packet per lane
// (keystream.hpp), and they are hashed packet by packet, a block of it per lane (ghash.hpp). Groups of packets of about
// the same length overlap (gcm_even.hpp), the others are worked on one after the other (gcm_uneven.hpp). See
// kernels.hpp.
#include "crypto/engines/lanes/gcm_even.hpp"
#include "crypto/engines/lanes/gcm_uneven.hpp"

namespace sallyport::crypto::lanes {
namespace {

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
  bool both_used = count > kLanes;  // the halves of the scratch memory
  std::size_t open_rows = 0;        // of the group that is begun and not ended, if any
  const auto end_open = [&] {
    if (open_rows != 0) kEnd[open_rows - 1](groups[now ^ 1], scratch.gcm[now ^ 1]);
    open_rows = 0;
  };
  for (std::size_t first = 0; first < count; first += kLanes) {
    GcmGroup& g = groups[now];
    lay_out(jobs + first, count - first, g);
    if (!g.even) {
      both_used = true;
      end_open();
      uneven_group<kKeyLen, kDirection>(g, scratch);
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
  if (both_used) wipe(scratch.gcm[1]);
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
