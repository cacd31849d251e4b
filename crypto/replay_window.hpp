// Which of the newest 128 indices were seen (RFC 3711 3.3.2) or used. check() never moves anything; commit() comes
// after authentication when receiving, before encryption when sending.
#pragma once

#include <array>
#include <cstdint>

namespace sallyport::crypto {

enum class WindowVerdict : std::uint8_t { kNew, kSeen, kTooOld };

class ReplayWindow {
 public:
  static constexpr std::uint64_t kSize = 128;

  std::uint64_t highest() const noexcept { return highest_; }
  bool empty() const noexcept { return (bits_[0] | bits_[1]) == 0; }

  WindowVerdict check(std::uint64_t index) const noexcept {
    if (index > highest_ || empty()) return WindowVerdict::kNew;
    const std::uint64_t age = highest_ - index;
    if (age >= kSize) return WindowVerdict::kTooOld;
    return (bits_[age >> 6] >> (age & 63)) & 1 ? WindowVerdict::kSeen : WindowVerdict::kNew;
  }

  /// Marks an index for which check() said kNew.
  void commit(std::uint64_t index) noexcept {
    if (index == highest_ + 1) [[likely]] {
      bits_ = {bits_[0] << 1 | 1, bits_[1] << 1 | bits_[0] >> 63};
      highest_ = index;
    } else if (empty()) {
      highest_ = index;
      bits_[0] = 1;
    } else if (index > highest_) {
      shift(index - highest_);
      highest_ = index;
      bits_[0] |= 1;
    } else {
      const std::uint64_t age = highest_ - index;
      bits_[age >> 6] |= std::uint64_t{1} << (age & 63);
    }
  }

  /// A window that has seen nothing and expects indices near `highest`.
  static ReplayWindow near(std::uint64_t highest) noexcept {
    ReplayWindow window;
    window.highest_ = highest;
    return window;
  }

 private:
  void shift(std::uint64_t by) noexcept {
    if (by >= kSize) {
      bits_ = {};
    } else if (by >= 64) {
      bits_[1] = bits_[0] << (by - 64);
      bits_[0] = 0;
    } else {
      bits_[1] = bits_[1] << by | bits_[0] >> (64 - by);
      bits_[0] <<= by;
    }
  }

  std::uint64_t highest_ = 0;
  std::array<std::uint64_t, 2> bits_{};  ///< bit n of bits_[0]: highest_ - n; of bits_[1]: highest_ - 64 - n
};

}  // namespace sallyport::crypto
