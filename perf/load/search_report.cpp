#include "perf/load/search_report.hpp"

#include <cmath>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>

#include "perf/load/report.hpp"

namespace sallyport::load {
namespace {

constexpr int kRateWidth = 14;

const char* verdict_name(TrialVerdict verdict) noexcept {
  switch (verdict) {
    case TrialVerdict::kPassed:
      return "passed";
    case TrialVerdict::kOwnLoss:
      return "own_loss";
    case TrialVerdict::kNotOffered:
      return "not_offered";
    default:
      return "faulty";
  }
}

/// Whole streams of --rate that the rate is enough for.
std::uint64_t streams_of(const LoadOptions& options, const Trial& trial) noexcept {
  return static_cast<std::uint64_t>(std::floor(rate_of(trial) / options.stream_rate));
}

std::uint64_t sum(const Trial& trial, std::uint64_t Findings::*value) noexcept {
  std::uint64_t all = 0;
  for (const DirectionResult& direction : trial.result.directions) all += direction.total.*value;
  return all;
}

void print_why(std::ostream& out, const Trial& trial) {
  if (trial.verdict == TrialVerdict::kNotOffered) {
    out << "we could only offer " << trial.result.offered_pps << " packets/s";
    return;
  }
  std::uint64_t all = 0;
  for (const DirectionResult& direction : trial.result.directions) all += faults(direction.total);
  const std::uint64_t lost = sum(trial, &Findings::lost);
  out << lost << " of " << sum(trial, &Findings::offered) << " lost, " << all - lost << " other faults";
  if (trial.verdict == TrialVerdict::kOwnLoss) {
    out << "; our own receive buffers lost " << trial.result.link_stats.missed;
  }
}

void print_limit(std::ostream& out, const LoadOptions& options, const SearchResult& found) {
  const Trial* failed = found.lowest_failed();
  if (failed != nullptr) {
    out << "  not at " << failed->pps << " packets/s: ";
    print_why(out, *failed);
    out << '\n';
  } else if (!found.interrupted) {
    out << "  that is the highest that was asked for, " << options.find_rate->highest << ": the limit is beyond it\n";
  }
}

}  // namespace

void print_trial(std::ostream& out, const Trial& trial) {
  out << std::fixed << std::setprecision(1) << std::setw(kRateWidth) << trial.pps << " packets/s per direction: ";
  if (trial.verdict == TrialVerdict::kPassed) {
    out << "passed";
  } else {
    out << "NOT PASSED, ";
    print_why(out, trial);
  }
  out << std::endl;
}

void print_search_table(std::ostream& out, const LoadOptions& options, const SearchResult& found) {
  const Trial* passed = found.highest_passed();
  const Trial* shown = passed != nullptr ? passed : found.lowest_failed();
  if (shown != nullptr) {
    out << '\n';
    print_table(out, options, shown->result);
  }
  out << std::fixed << std::setprecision(1) << (found.interrupted ? "\ninterrupted, so far: " : "\n");
  if (passed == nullptr) {
    out << "NO RATE PASSED\n";
    return;
  }
  out << "highest rate that passed: " << rate_of(*passed) << " packets/s per direction, enough for "
      << streams_of(options, *passed) << " streams of " << options.stream_rate << " packets/s\n";
  print_limit(out, options, found);
}

void print_search_json(std::ostream& out, const LoadOptions& options, const SearchResult& found) {
  const Trial* passed = found.highest_passed();
  const Trial* failed = found.lowest_failed();
  nlohmann::json json;
  json["passed"] = passed != nullptr;
  json["interrupted"] = found.interrupted;
  json["pps"] = passed != nullptr ? nlohmann::json(rate_of(*passed)) : nlohmann::json();
  json["streams_of_rate"] = passed != nullptr ? nlohmann::json(streams_of(options, *passed)) : nlohmann::json();
  json["rate"] = options.stream_rate;
  json["failed_pps"] = failed != nullptr ? nlohmann::json(failed->pps) : nlohmann::json();
  json["failed_verdict"] = failed != nullptr ? nlohmann::json(verdict_name(failed->verdict)) : nlohmann::json();
  json["trials"] = nlohmann::json::array();
  for (const Trial& trial : found.trials) {
    json["trials"].push_back(run_json(options, trial.result));
    json["trials"].back()["verdict"] = verdict_name(trial.verdict);
  }
  out << json.dump(2) << '\n';
}

}  // namespace sallyport::load
