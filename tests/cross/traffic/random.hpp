// The dice of the random sequences: the same seed throws the same on every host.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "tests/cross/model/primitives.hpp"

namespace sallyport::traffic {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t next() { return engine_(); }
  /// 0 to `limit` - 1.
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
  /// `first` to `last`.
  std::size_t between(std::size_t first, std::size_t last) { return first + below(last - first + 1); }
  bool percent(unsigned int chance) { return below(100) < chance; }
  template <class T>
  const T& one_of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }
  model::Bytes bytes(std::size_t length) {
    model::Bytes out(length);
    for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(engine_());
    return out;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace sallyport::traffic
