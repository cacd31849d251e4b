// Which of the newest 128 indices were seen (RFC 3711 3.3.2) or used. check() never moves anything; commit() comes
// after authentication when receiving, before encryption when sending.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

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

  /// Bit n: whether highest() - n was seen; first the newest 64.
  const std::array<std::uint64_t, 2>& bits() const noexcept { return bits_; }
  static ReplayWindow restored(std::uint64_t highest, const std::array<std::uint64_t, 2>& bits) noexcept {
    ReplayWindow window;
    window.highest_ = highest;
    window.bits_ = bits;
    return window;
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

/// What a window of more than 128 indices remembers beside ReplayWindow: a ring of bits, one per index, of which whole
/// words are cleared as the highest index moves on (RFC 6479). Memory belongs to the caller and stays where it is.
class WideWindow {
 public:
  /// Words needed for a window of `size` indices, a multiple of 64: one more than it has, since the newest is never
  /// full.
  static constexpr std::size_t words_for(std::size_t size) noexcept { return size / 64 + 1; }

  WideWindow() = default;
  explicit WideWindow(std::span<std::uint64_t> words) noexcept : words_(words) { clear(); }

  std::uint64_t size() const noexcept { return (words_.size() - 1) * 64; }
  void clear() noexcept { std::ranges::fill(words_, std::uint64_t{0}); }
  /// Everything counts as seen.
  void fill() noexcept { std::ranges::fill(words_, ~std::uint64_t{0}); }
  std::span<const std::uint64_t> words() const noexcept { return words_; }
  /// Takes over what a window of any width has seen: `narrow` its newest, `words` its ring (empty: it had none). What
  /// that window was too narrow to know counts as seen.
  void adopt(const ReplayWindow& narrow, std::span<const std::uint64_t> words) noexcept {
    if (narrow.empty()) return;
    const std::uint64_t highest = narrow.highest();
    const std::uint64_t known = words.empty() ? ReplayWindow::kSize : (words.size() - 1) * 64;
    for (std::uint64_t age = 0; age < std::min(size(), highest + 1); ++age) {
      const std::uint64_t index = highest - age;
      const bool seen = age >= known    ? true
                        : words.empty() ? narrow.check(index) == WindowVerdict::kSeen
                                        : (words[index / 64 % words.size()] >> (index & 63) & 1) != 0;
      if (seen) words_[index / 64 % words_.size()] |= std::uint64_t{1} << (index & 63);
    }
  }

  /// For an index that is not above `highest`.
  WindowVerdict check(std::uint64_t highest, std::uint64_t index) const noexcept {
    if (highest - index >= size()) return WindowVerdict::kTooOld;
    return word(index) >> (index & 63) & 1 ? WindowVerdict::kSeen : WindowVerdict::kNew;
  }
  /// `highest`: before the commit.
  void commit(std::uint64_t highest, std::uint64_t index) noexcept {
    const std::uint64_t first_new = highest / 64 + 1;
    const std::uint64_t last_new = index / 64;
    if (last_new >= first_new + words_.size()) {
      clear();
    } else {
      for (std::uint64_t i = first_new; i <= last_new; ++i) words_[i % words_.size()] = 0;
    }
    words_[index / 64 % words_.size()] |= std::uint64_t{1} << (index & 63);
  }

 private:
  std::uint64_t word(std::uint64_t index) const noexcept { return words_[index / 64 % words_.size()]; }

  std::span<std::uint64_t> words_;
};

}  // namespace sallyport::crypto
