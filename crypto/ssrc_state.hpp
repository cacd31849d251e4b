// What one key remembers of one SSRC, in one cache line.
#pragma once

#include <cstdint>

#include "crypto/replay_window.hpp"

namespace sallyport::crypto {

struct alignas(64) SsrcState {
  ReplayWindow rtp;   ///< 48-bit indices, ROC * 2^16 + SEQ (RFC 3711 3.3.1)
  ReplayWindow rtcp;  ///< 31-bit SRTCP indices (RFC 3711 3.4)
  /// Where the window for RTP is wider than 128: the older indices. Owned by the context.
  WideWindow* wide = nullptr;
  std::uint32_t ssrc = 0;
  /// RTP packets that may still be taken before the lifetime of the master key is looked at. Only packets that are
  /// committed next ask for some: where there are any, the window is not empty.
  std::uint16_t allowance = 0;
  std::uint8_t key_slot = 0;  ///< the master key of which the allowance is
  std::uint8_t flags = 0;

  static constexpr std::uint8_t kOccupied = 1;
  static constexpr std::uint8_t kRocIsSet = 2;  ///< the ROC was given from outside: the next packet has it in any case
  static constexpr std::uint8_t kFailing = 4;   ///< its newest packets were not authentic
  static constexpr std::uint8_t kWide = 8;      ///< `wide` is set

  bool occupied() const noexcept { return (flags & kOccupied) != 0; }
  bool roc_is_set() const noexcept { return (flags & kRocIsSet) != 0; }
  bool failing() const noexcept { return (flags & kFailing) != 0; }
  /// Takes a state over that is free, or that its key never met.
  void become(std::uint32_t other) noexcept {
    WideWindow* const window = wide;
    *this = SsrcState{};
    wide = window;
    expect_near(0);
    ssrc = other;
    flags = wide == nullptr ? kOccupied : kOccupied | kWide;
  }

  /// Whether this key has met it or was told of it, rather than only inherited it from the key before.
  bool in_use() const noexcept { return !rtp.empty() || !rtcp.empty() || roc_is_set(); }

  WindowVerdict check_rtp(std::uint64_t index) const noexcept {
    const WindowVerdict verdict = rtp.check(index);
    if (verdict != WindowVerdict::kTooOld || wide == nullptr) [[likely]]
      return verdict;
    return wide->check(rtp.highest(), index);
  }
  void commit_rtp(std::uint64_t index) noexcept {
    if (wide != nullptr) [[unlikely]] {
      wide->commit(rtp.highest(), index);
      if (rtp.check(index) == WindowVerdict::kTooOld) return;
    }
    rtp.commit(index);
    if (roc_is_set()) [[unlikely]]
      flags &= static_cast<std::uint8_t>(~kRocIsSet);
  }
  /// Forgets what was seen and expects RTP indices near `highest`.
  void expect_near(std::uint64_t highest) noexcept {
    rtp = ReplayWindow::near(highest);
    if (wide != nullptr) wide->clear();
  }
};
static_assert(sizeof(SsrcState) == 64);

}  // namespace sallyport::crypto
