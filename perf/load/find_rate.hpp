// The highest rate that comes back right: one trial after the other, as RateSearch wants them, each judged by what the
// run's judge found. main() gives it the runner; offers and receives nothing itself.
#pragma once

#include <functional>
#include <vector>

#include "perf/load/rate_search.hpp"
#include "perf/load/runner.hpp"

namespace sallyport::load {

enum class TrialVerdict : std::uint8_t {
  kPassed,
  kFaulty,      ///< more was lost than allowed, or something else is wrong
  kOwnLoss,     ///< likewise, and our own receive buffers lost some of it
  kNotOffered,  ///< nothing is wrong, but the generator could not offer that much
};

struct Trial {
  double pps = 0;  ///< asked for, of all streams in one direction
  TrialVerdict verdict = TrialVerdict::kFaulty;
  RunResult result;
};

struct SearchResult {
  std::vector<Trial> trials;  ///< in their order
  bool interrupted = false;   ///< the search is not at its end; the trial that was cut short is not among them

  /// The trial at the highest rate that passed, and at the lowest that did not; null: none.
  const Trial* highest_passed() const noexcept;
  const Trial* lowest_failed() const noexcept;
};

/// What a trial's rate really was: at most what was asked for.
double rate_of(const Trial& trial) noexcept;

TrialVerdict judge_trial(const FindRateOptions& options, const RunResult& result) noexcept;

/// Offers `pps` packets per second of all streams in one direction for the time of a trial.
using Offer = std::function<RunResult(double pps)>;

/// Searches; `done` sees each trial as soon as it is over.
SearchResult find_rate(const FindRateOptions& options, const Offer& offer,
                       const std::function<void(const Trial&)>& done);

}  // namespace sallyport::load
