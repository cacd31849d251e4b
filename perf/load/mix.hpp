// One 64-bit number from another, evenly spread and the same everywhere: whatever the generator draws "at random" per
// packet comes from here, so that a seed fixes a run. Not for keys.
#pragma once

#include <cstdint>

namespace sallyport::load {

/// The finalizer of MurmurHash3 in Stafford's variant 13, as SplitMix64 uses it.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

}  // namespace sallyport::load
