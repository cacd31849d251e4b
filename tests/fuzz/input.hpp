// The fuzzer's bytes, read from the front: what the recipes of the fuzz targets are made of. At the end there are
// zeros.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

namespace sallyport::fuzz {

class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const std::uint8_t first = rest_.front();
    rest_ = rest_.subspan(1);
    return first;
  }
  std::uint16_t number() {
    const auto high = static_cast<std::uint16_t>(byte() << 8);
    return high | byte();
  }
  /// One of `count` choices.
  std::size_t choice(std::size_t count) { return byte() % count; }
  std::span<const std::uint8_t> bytes(std::size_t count) {
    const auto taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  std::span<const std::uint8_t> rest() { return bytes(rest_.size()); }

 private:
  std::span<const std::uint8_t> rest_;
};

/// What must hold, whatever the input.
inline void require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace sallyport::fuzz
