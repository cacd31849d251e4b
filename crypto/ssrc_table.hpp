// What one key remembers of every SSRC: highest index and replay window of RTP and of RTCP. One cache line per SSRC,
// found in O(1). Bounded, and nothing is ever forgotten while the key lives: an SSRC that was evicted could be replayed
// from its first packet, or on the sending side use its keystream a second time. Used by the one worker that owns the
// context; allocates only in the constructor.
#pragma once

#include <cstdint>
#include <memory>

#include "crypto/replay_window.hpp"

namespace sallyport::crypto {

/// Exactly one cache line.
struct alignas(64) SsrcState {
  ReplayWindow rtp;   ///< 48-bit indices, ROC * 2^16 + SEQ (RFC 3711 3.3.1)
  ReplayWindow rtcp;  ///< 31-bit SRTCP indices (RFC 3711 3.4)
  std::uint32_t ssrc = 0;
  bool occupied = false;

  /// Whether this key has met it, rather than only inherited it from the key before.
  bool in_use() const noexcept { return !rtp.empty() || !rtcp.empty(); }
};
static_assert(sizeof(SsrcState) == 64);

class SsrcTable {
 public:
  static constexpr std::uint32_t kMaxSsrcs = 1U << 20;

  /// Room for exactly `max_ssrcs`, 1 to kMaxSsrcs; throws SetupError otherwise.
  explicit SsrcTable(std::uint32_t max_ssrcs);

  /// Null where the SSRC was never added.
  SsrcState* find(std::uint32_t ssrc) noexcept {
    if (last_->ssrc == ssrc && last_->occupied) [[likely]]
      return last_;
    return find_slot(ssrc);
  }
  /// The SSRC's state, made empty where it is new. Null where the table is full.
  SsrcState* find_or_add(std::uint32_t ssrc) noexcept {
    if (last_->ssrc == ssrc && last_->occupied) [[likely]]
      return last_;
    return find_or_add_slot(ssrc);
  }
  /// Has the line fetched that a look-up will most likely read.
  void prefetch() const noexcept { __builtin_prefetch(last_, 1); }

  /// Knows the SSRCs of `previous`, as far as there is room, with their RTP indices (hence ROCs), their next SRTCP
  /// indices, and empty windows. Those that this key never meets make room for others when the table is full.
  void continue_from(const SsrcTable& previous) noexcept;

  std::uint32_t size() const noexcept { return size_; }
  std::uint32_t max_size() const noexcept { return max_size_; }

 private:
  /// Multiplicative hashing; the table is at most half full, so that runs stay short.
  std::uint32_t home(std::uint32_t ssrc) const noexcept { return (ssrc * 0x9E3779B1U) >> shift_; }
  /// The SSRC's slot, or the free one where it belongs.
  SsrcState* probe(std::uint32_t ssrc) noexcept;
  SsrcState* find_slot(std::uint32_t ssrc) noexcept;
  SsrcState* find_or_add_slot(std::uint32_t ssrc) noexcept;
  bool forget_unused() noexcept;
  void remove(std::uint32_t slot) noexcept;

  std::unique_ptr<SsrcState[]> slots_;
  SsrcState* last_;  ///< found last; most streams have one SSRC. Never null
  std::uint32_t mask_;
  std::uint32_t shift_;  ///< 32 - log2(number of slots)
  std::uint32_t size_ = 0;
  std::uint32_t max_size_;
};

}  // namespace sallyport::crypto
