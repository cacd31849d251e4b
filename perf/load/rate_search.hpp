// Which rate to try next, and what the trials so far come to: bisection as in RFC 2544 26.1, between a lowest and a
// highest rate. Knows nothing of packets: find_rate() asks it for rates and tells it what became of them.
#pragma once

#include <optional>

#include "perf/load/options.hpp"

namespace sallyport::load {

class RateSearch {
 public:
  explicit RateSearch(const FindRateOptions& options) noexcept : options_(options) {}

  /// Packets per second of the next trial; nothing: the search is over. The lowest rate comes first, so that what is
  /// wrong at any rate shows before the gateway is overloaded, then the highest, then what lies between.
  std::optional<double> next() const noexcept;
  /// What became of the trial at next().
  void tried(bool passed) noexcept;

  std::optional<double> highest_passed() const noexcept { return passed_; }
  std::optional<double> lowest_failed() const noexcept { return failed_; }

  /// How many trials a search takes at most.
  static unsigned most_trials(const FindRateOptions& options) noexcept;

 private:
  FindRateOptions options_;
  std::optional<double> passed_;
  std::optional<double> failed_;
};

}  // namespace sallyport::load
