// AES-GCM (RFC 7714, NIST SP 800-38D 7) of four packets at once: their keystream is made together, one packet per lane
// (keystream.hpp). Packets with the same number of blocks are hashed together too (gcm_columns.hpp), the others packet
// by packet, a block of it per lane (ghash.hpp): groups of about the same length overlap (gcm_even.hpp), the rest is
// worked on one after the other (gcm_uneven.hpp). See kernels.hpp.
#include <utility>

#include "crypto/engines/lanes/gcm_columns.hpp"
#include "crypto/engines/lanes/gcm_even.hpp"
#include "crypto/engines/lanes/gcm_uneven.hpp"

namespace sallyport::crypto::lanes {
namespace {

[[gnu::always_inline]] inline void wipe(Scratch::Gcm& memory) {
  for (std::size_t i = 0; i < sizeof memory; i += kRow) {
    _mm512_store_si512(reinterpret_cast<std::uint8_t*>(&memory) + i, _mm512_setzero_si512());
  }
}

using Begin = void(const GcmGroup&, Scratch::Gcm&) noexcept;
using End = void(const GcmGroup&, Scratch::Gcm&) noexcept;
using EndAndBegin = void(const GcmGroup&, Scratch::Gcm&, const GcmGroup&, Scratch::Gcm&) noexcept;

/// What to do with groups of one form. Forms are told apart by the address.
struct Halves {
  Begin* begin;
  End* end;
  EndAndBegin* end_and_begin;
};

template <std::size_t kKeyLen, Direction kDirection, int kRows>
constexpr Halves kRowsHalves{begin_group<kKeyLen, kRows>, end_group<kDirection, kRows>,
                             end_and_begin_group<kKeyLen, kDirection, kRows>};
template <std::size_t kKeyLen, Direction kDirection, int kTextBlocks>
constexpr Halves kColumnsHalves{begin_columns<kKeyLen, kTextBlocks>, end_columns<kDirection, kTextBlocks>,
                                end_and_begin_columns<kKeyLen, kDirection, kTextBlocks>};

template <std::size_t kKeyLen, Direction kDirection>
const Halves* halves_by_rows(std::size_t rows) {
  static constexpr const Halves* kAll[kMaxRows] = {
      &kRowsHalves<kKeyLen, kDirection, 1>, &kRowsHalves<kKeyLen, kDirection, 2>, &kRowsHalves<kKeyLen, kDirection, 3>};
  return kAll[rows - 1];
}

template <std::size_t kKeyLen, Direction kDirection, int... kTextBlocks>
const Halves* halves_by_columns(std::size_t columns, std::integer_sequence<int, kTextBlocks...>) {
  static constexpr const Halves* kAll[] = {&kColumnsHalves<kKeyLen, kDirection, kTextBlocks + 1>...};
  return kAll[columns - 1];
}

/// The groups of a burst, one after the other. Each is ended while the next one of its form begins.
template <std::size_t kKeyLen, Direction kDirection>
class Groups {
 public:
  explicit Groups(Scratch& scratch) : scratch_(scratch) {}

  void add(Job* const* jobs, std::size_t left) noexcept {
    GcmGroup& g = groups_[now_];
    set_group(jobs, left, g.group);
    const std::size_t columns = text_columns(g.group);
    if (columns != 0) {
      begin(halves_by_columns<kKeyLen, kDirection>(columns, std::make_integer_sequence<int, kMaxTextColumns>{}));
      return;
    }
    rows_used_ = true;
    lay_out(g);
    if (g.even) {
      begin(halves_by_rows<kKeyLen, kDirection>(g.most_rows));
    } else {
      end_open();
      uneven_group<kKeyLen, kDirection>(g, scratch_);
    }
  }

  /// Ends what is open and wipes the scratch memory.
  void finish() noexcept {
    end_open();
    for (Scratch::Gcm& memory : scratch_.gcm) {
      if (rows_used_) {
        wipe(memory);
      } else {
        wipe_keys(columns_of(memory));
      }
    }
  }

 private:
  void begin(const Halves* halves) noexcept {
    if (halves == open_) {
      halves->end_and_begin(groups_[now_ ^ 1], scratch_.gcm[now_ ^ 1], groups_[now_], scratch_.gcm[now_]);
    } else {
      end_open();
      halves->begin(groups_[now_], scratch_.gcm[now_]);
    }
    open_ = halves;
    now_ ^= 1;
  }
  void end_open() noexcept {
    if (open_ != nullptr) open_->end(groups_[now_ ^ 1], scratch_.gcm[now_ ^ 1]);
    open_ = nullptr;
  }

  Scratch& scratch_;
  GcmGroup groups_[2];
  std::size_t now_ = 0;
  const Halves* open_ = nullptr;  ///< form of the group that is begun and not ended, if any
  bool rows_used_ = false;
};

template <std::size_t kKeyLen, Direction kDirection>
void all_groups(Job* const* jobs, std::size_t count, Scratch& scratch) noexcept {
  Groups<kKeyLen, kDirection> groups(scratch);
  for (std::size_t first = 0; first < count; first += kLanes) groups.add(jobs + first, count - first);
  groups.finish();
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
