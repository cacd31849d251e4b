// Time for workers: the processor's time stamp counter, calibrated against CLOCK_MONOTONIC. DPDK's own figure is
// rounded to 10 MHz, which is a packet of music every 13 seconds.
#pragma once

#include <x86intrin.h>

#include <chrono>
#include <cstdint>

namespace sallyport::dataplane {

using Tsc = std::uint64_t;

class Clock {
 public:
  /// Measures for `window`; 50 ms give about one part in a million.
  static Clock calibrate(std::chrono::milliseconds window = std::chrono::milliseconds(50));
  explicit constexpr Clock(double hz) : hz_(hz) {}

  static Tsc now() noexcept { return __rdtsc(); }
  double hz() const noexcept { return hz_; }
  Tsc ticks(std::chrono::nanoseconds duration) const noexcept {
    return static_cast<Tsc>(static_cast<double>(duration.count()) * hz_ * 1e-9);
  }
  double nanoseconds(Tsc ticks) const noexcept { return static_cast<double>(ticks) * 1e9 / hz_; }

 private:
  double hz_;
};

}  // namespace sallyport::dataplane
