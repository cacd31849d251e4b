// The processor's own watchpoints, through Linux' perf events: how often this thread touches a word of memory. Exact:
// every read or write of any width that overlaps the word counts, prefetches do not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace sallyport::perf {

enum class Touch : std::uint8_t { kReadOrWrite, kWrite };

/// Up to four words that are watched together: as many as x86 has.
class Watchpoints {
 public:
  static constexpr std::size_t kMost = 4;
  static constexpr std::size_t kWord = 8;

  Watchpoints() = default;
  ~Watchpoints();
  Watchpoints(const Watchpoints&) = delete;
  Watchpoints& operator=(const Watchpoints&) = delete;

  /// Watches another word, aligned to 8 bytes, from now on. Throws std::system_error where the kernel does not allow
  /// it.
  void add(std::uintptr_t word, Touch touch);
  /// Whether the i-th word was touched since then.
  bool touched(std::size_t i) const;

 private:
  std::array<int, kMost> files_{};
  std::size_t count_ = 0;
};

/// Why this host cannot watch memory; empty where it can.
std::string watchpoints_missing();

}  // namespace sallyport::perf
