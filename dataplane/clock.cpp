#include "dataplane/clock.hpp"

#include <algorithm>
#include <limits>
#include <thread>

namespace sallyport::dataplane {
namespace {

struct Pair {
  Tsc tsc;
  std::int64_t ns;
};

/// Reads both clocks as close together as this (possibly virtual) processor lets us: the tightest of several tries.
Pair read_both() {
  Pair best{};
  Tsc tightest = std::numeric_limits<Tsc>::max();
  for (int i = 0; i < 16; ++i) {
    const Tsc before = Clock::now();
    const auto monotonic = std::chrono::steady_clock::now().time_since_epoch();
    const Tsc after = Clock::now();
    if (after - before < tightest) {
      tightest = after - before;
      best = {before + (after - before) / 2, std::chrono::duration_cast<std::chrono::nanoseconds>(monotonic).count()};
    }
  }
  return best;
}

}  // namespace

Clock Clock::calibrate(std::chrono::milliseconds window) {
  const Pair start = read_both();
  std::this_thread::sleep_for(window);
  const Pair end = read_both();
  return Clock(static_cast<double>(end.tsc - start.tsc) * 1e9 / static_cast<double>(end.ns - start.ns));
}

}  // namespace sallyport::dataplane
