// Which nonce counts were used with which nonce (RFC 7616 3.4: a count that was seen is a replay), in bounded memory.
// Owned by DigestChallenger; one thread. Knows neither keys nor the age that a nonce may reach.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>

namespace sallyport::controlplane {

/// Ordered by the time of issue.
struct NonceId {
  std::uint64_t issued = 0;  ///< milliseconds
  std::uint64_t random = 0;

  auto operator<=>(const NonceId&) const = default;
};

class NonceWindow {
 public:
  /// Remembers `most` nonces; at least one.
  explicit NonceWindow(std::size_t most) noexcept : most_(most) {}

  /// Whether `count` is new for that nonce, and remembers it then. Counts may come out of order within 64 (UDP). What
  /// had to be forgotten counts as used: when there are too many nonces, the oldest goes, and all as old as it with it.
  bool take(const NonceId& nonce, std::uint32_t count);
  std::size_t size() const noexcept { return used_.size(); }

 private:
  struct Counts {
    std::uint32_t highest = 0;
    std::uint64_t seen = 0;  ///< bit i: highest - i
  };
  static bool take(Counts& counts, std::uint32_t count) noexcept;

  std::size_t most_;
  std::map<NonceId, Counts> used_;  ///< never shrinks: once full, what is older than its first was perhaps forgotten
};

}  // namespace sallyport::controlplane
