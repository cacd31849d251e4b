// When packets were sent and when they came back, to be looked at after the run: which of them waited for the machine.
// Filled by the judge; allocates only when it is built.
#pragma once

#include <cstdint>
#include <vector>

#include "dataplane/clock.hpp"
#include "perf/load/histogram.hpp"
#include "perf/load/pause_windows.hpp"

namespace sallyport::load {

class Flights {
 public:
  /// Of `expected` packets each, or of more than fit each so-manieth.
  explicit Flights(std::uint64_t expected)
      : every_(expected / kMost + 1), flights_(static_cast<std::size_t>(expected / every_ + 1)) {}

  void add(dataplane::Tsc sent, dataplane::Tsc received) noexcept {
    if (seen_++ % every_ == 0 && used_ < flights_.size()) flights_[used_++] = {sent, received};
  }
  void clear() noexcept { seen_ = used_ = 0; }

  std::size_t size() const noexcept { return used_; }
  /// Nanoseconds of those that were under way in none of the windows.
  Histogram outside(const PauseWindows& windows, const dataplane::Clock& clock) const;

 private:
  struct Flight {
    dataplane::Tsc sent = 0;
    dataplane::Tsc received = 0;
  };
  static constexpr std::uint64_t kMost = 1 << 23;  ///< 128 MiB

  std::uint64_t every_;
  std::uint64_t seen_ = 0;
  std::size_t used_ = 0;
  std::vector<Flight> flights_;
};

}  // namespace sallyport::load
