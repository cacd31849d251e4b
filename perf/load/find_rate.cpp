#include "perf/load/find_rate.hpp"

#include <algorithm>

namespace sallyport::load {
namespace {

/// Less than this share of the rate that was asked for is another rate.
constexpr double kOffered = 0.99;

bool within(const FindRateOptions& options, const Findings& total) noexcept {
  const std::uint64_t lost = total.lost + total.reports_lost;
  const std::uint64_t expected = total.offered - total.withheld + total.reports_offered;
  return total.right > 0 && faults(total) == lost &&
         static_cast<double>(lost) <= options.allowed_loss * static_cast<double>(expected);
}

}  // namespace

const Trial* SearchResult::highest_passed() const noexcept {
  const Trial* best = nullptr;
  for (const Trial& trial : trials) {
    if (trial.verdict == TrialVerdict::kPassed && (best == nullptr || trial.pps > best->pps)) best = &trial;
  }
  return best;
}

const Trial* SearchResult::lowest_failed() const noexcept {
  const Trial* worst = nullptr;
  for (const Trial& trial : trials) {
    if (trial.verdict != TrialVerdict::kPassed && (worst == nullptr || trial.pps < worst->pps)) worst = &trial;
  }
  return worst;
}

double rate_of(const Trial& trial) noexcept { return std::min(trial.pps, trial.result.offered_pps); }

TrialVerdict judge_trial(const FindRateOptions& options, const RunResult& result) noexcept {
  const bool right = std::all_of(result.directions.begin(), result.directions.end(),
                                 [&](const DirectionResult& direction) { return within(options, direction.total); });
  if (!right) return result.link_stats.missed > 0 ? TrialVerdict::kOwnLoss : TrialVerdict::kFaulty;
  return result.offered_pps < result.asked_pps * kOffered ? TrialVerdict::kNotOffered : TrialVerdict::kPassed;
}

SearchResult find_rate(const FindRateOptions& options, const Offer& offer,
                       const std::function<void(const Trial&)>& done) {
  SearchResult found;
  RateSearch search(options);
  while (const std::optional<double> pps = search.next()) {
    RunResult result = offer(*pps);
    if (result.interrupted) {
      found.interrupted = true;
      break;
    }
    const TrialVerdict verdict = judge_trial(options, result);
    search.tried(verdict == TrialVerdict::kPassed);
    done(found.trials.emplace_back(Trial{*pps, verdict, std::move(result)}));
  }
  return found;
}

}  // namespace sallyport::load
