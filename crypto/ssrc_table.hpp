// The SSRCs of one key beyond its first, which lies in the context itself. Found in O(1). Bounded, and nothing is ever
// forgotten while the key lives: an SSRC that was evicted could be replayed from its first packet, or on the sending
// side use its keystream a second time. Used by the one worker that owns the context; allocates only in the
// constructor. States never move.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "crypto/ssrc_state.hpp"

namespace sallyport::crypto {

class SsrcTable {
 public:
  /// Room for exactly `capacity`, which may be 0.
  explicit SsrcTable(std::uint32_t capacity);

  /// Null where the SSRC was never added.
  SsrcState* find(std::uint32_t ssrc) noexcept {
    if (size_ == 0) return nullptr;
    if (last_->ssrc == ssrc) [[likely]]
      return last_;
    return find_slot(ssrc);
  }
  /// An empty state for an SSRC that is not in the table. Where the table is full, one that the key has never met makes
  /// room; null where there is none.
  SsrcState* add(std::uint32_t ssrc) noexcept;
  /// Has the line fetched that a look-up will most likely read.
  void prefetch() const noexcept {
    if (size_ != 0) __builtin_prefetch(last_, 1);
  }

  /// All states, those in use first come first.
  std::span<SsrcState> states() noexcept { return {states_.get(), size_}; }
  std::span<const SsrcState> states() const noexcept { return {states_.get(), size_}; }
  /// Every state, for setting up.
  std::span<SsrcState> all_states() noexcept { return {states_.get(), capacity_}; }

 private:
  /// Multiplicative hashing; the index is at most half full, so that runs stay short.
  std::uint32_t home(std::uint32_t ssrc) const noexcept { return (ssrc * 0x9E3779B1U) >> shift_; }
  SsrcState* find_slot(std::uint32_t ssrc) noexcept;
  void enter(std::uint32_t state) noexcept;
  void rebuild_index() noexcept;

  std::unique_ptr<SsrcState[]> states_;
  std::unique_ptr<std::uint32_t[]> index_;  ///< position in states_ plus 1; 0: free
  SsrcState* last_ = nullptr;               ///< found last
  std::uint32_t mask_ = 0;
  std::uint32_t shift_ = 31;  ///< 32 - log2(length of the index)
  std::uint32_t size_ = 0;
  std::uint32_t capacity_;
};

}  // namespace sallyport::crypto
