// When a trial passes, what a search hands back, and what it prints; the device is a function.
#include "perf/load/find_rate.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "perf/load/search_report.hpp"

namespace sallyport::load {
namespace {

constexpr std::uint64_t kPackets = 10'000;

/// A run at 1000 packets/s in which everything came back.
RunResult all_back(std::size_t directions = 1) {
  RunResult result;
  result.directions.resize(directions);
  for (DirectionResult& direction : result.directions) direction.total.offered = direction.total.right = kPackets;
  result.asked_pps = result.offered_pps = 1000;
  return result;
}

RunResult with_lost(std::uint64_t lost) {
  RunResult result = all_back();
  result.directions[0].total.right -= lost;
  result.directions[0].total.lost = lost;
  return result;
}

/// Loses what is beyond `limit`; cannot be offered more than `most`.
RunResult device(double pps, double limit, double most = 1e9) {
  const double offered = std::min(pps, most);
  RunResult result = with_lost(offered > limit ? 100 : 0);
  result.asked_pps = pps;
  result.offered_pps = offered;
  return result;
}

LoadOptions searching(const std::string& bounds) {
  return *parse_options(
      {"--from", "127.0.0.1:20000", "--to", "127.0.0.1:30000", "--sink", "127.0.0.1:40000", "--find-rate", bounds});
}

SearchResult find(const LoadOptions& options, const Offer& offer) {
  return find_rate(*options.find_rate, offer, [](const Trial&) {});
}

std::string table(const LoadOptions& options, const SearchResult& found) {
  std::ostringstream out;
  print_search_table(out, options, found);
  return out.str();
}

nlohmann::json json(const LoadOptions& options, const SearchResult& found) {
  std::ostringstream out;
  print_search_json(out, options, found);
  return nlohmann::json::parse(out.str());
}

TEST(JudgeTrial, OneLostPacketIsTooManyByDefault) {
  EXPECT_EQ(judge_trial({}, all_back(2)), TrialVerdict::kPassed);
  EXPECT_EQ(judge_trial({}, with_lost(1)), TrialVerdict::kFaulty);
  RunResult other = all_back(2);
  other.directions[1].total.lost = 1;
  EXPECT_EQ(judge_trial({}, other), TrialVerdict::kFaulty) << "in the other direction";
}

TEST(JudgeTrial, AllowedLossIsAShareOfWhatWasSent) {
  const FindRateOptions options{.allowed_loss = 0.01};
  EXPECT_EQ(judge_trial(options, with_lost(100)), TrialVerdict::kPassed);
  EXPECT_EQ(judge_trial(options, with_lost(101)), TrialVerdict::kFaulty);
  RunResult withheld = with_lost(100);
  withheld.directions[0].total.withheld = 100;
  EXPECT_EQ(judge_trial(options, withheld), TrialVerdict::kFaulty) << "withheld packets cannot be lost";
  RunResult reports = with_lost(100);
  reports.directions[0].total.reports_lost = 1;
  EXPECT_EQ(judge_trial(options, reports), TrialVerdict::kFaulty) << "lost RTCP is lost, too";
}

TEST(JudgeTrial, NothingElseIsAllowed) {
  const FindRateOptions options{.allowed_loss = 1};
  for (const NamedFinding& finding : kFindings) {
    if (!finding.fault || finding.value == &Findings::lost || finding.value == &Findings::reports_lost) continue;
    RunResult result = all_back();
    result.directions[0].total.*finding.value = 1;
    EXPECT_EQ(judge_trial(options, result), TrialVerdict::kFaulty) << finding.name;
  }
  EXPECT_EQ(judge_trial(options, with_lost(kPackets)), TrialVerdict::kFaulty) << "nothing came back";
}

TEST(JudgeTrial, TheGeneratorsOwnLimitsAreSaid) {
  RunResult own = with_lost(5);
  own.link_stats.missed = 5;
  EXPECT_EQ(judge_trial({}, own), TrialVerdict::kOwnLoss);
  RunResult slow = all_back();
  slow.offered_pps = 989;
  EXPECT_EQ(judge_trial({}, slow), TrialVerdict::kNotOffered);
  slow.offered_pps = 991;
  EXPECT_EQ(judge_trial({}, slow), TrialVerdict::kPassed);
}

TEST(FindRate, FindsADevicesLimit) {
  const LoadOptions options = searching("1000-1000000");
  const SearchResult found = find(options, [](double pps) { return device(pps, 50'000); });
  ASSERT_NE(found.highest_passed(), nullptr);
  ASSERT_NE(found.lowest_failed(), nullptr);
  EXPECT_LE(found.highest_passed()->pps, 50'000);
  EXPECT_GE(found.highest_passed()->pps, found.lowest_failed()->pps * 0.99);
  const auto report = json(options, found);
  EXPECT_EQ(report["passed"], true);
  EXPECT_EQ(report["failed_verdict"], "faulty");
  EXPECT_EQ(report["streams_of_rate"], static_cast<std::uint64_t>(report["pps"].get<double>() / 50));
  EXPECT_EQ(report["trials"].size(), found.trials.size());
  EXPECT_EQ(report["trials"][0]["verdict"], "passed");
  EXPECT_EQ(report["trials"][1]["verdict"], "faulty");
  EXPECT_EQ(report["trials"][1]["directions"][0]["lost"], 100);
  const std::string text = table(options, found);
  EXPECT_NE(text.find("\nhighest rate that passed: 49"), std::string::npos) << text;
  EXPECT_NE(text.find("100 of 10000 lost, 0 other faults"), std::string::npos) << text;
}

TEST(FindRate, TheHighestRateMayPass) {
  const LoadOptions options = searching("1000-2000");
  const SearchResult found = find(options, [](double pps) { return device(pps, 1e9); });
  EXPECT_EQ(found.trials.size(), 2U);
  EXPECT_EQ(found.lowest_failed(), nullptr);
  EXPECT_TRUE(json(options, found)["failed_pps"].is_null());
  const std::string text = table(options, found);
  EXPECT_NE(text.find("2000.0 packets/s per direction, enough for 40 streams of 50.0 packets/s"), std::string::npos)
      << text;
  EXPECT_NE(text.find("the limit is beyond it"), std::string::npos) << text;
}

TEST(FindRate, NoRateMayPass) {
  const LoadOptions options = searching("1000-2000");
  const SearchResult found = find(options, [](double pps) { return device(pps, 10); });
  EXPECT_EQ(found.trials.size(), 1U);
  EXPECT_EQ(found.highest_passed(), nullptr);
  EXPECT_EQ(json(options, found)["passed"], false);
  EXPECT_TRUE(json(options, found)["pps"].is_null());
  EXPECT_NE(table(options, found).find("NO RATE PASSED"), std::string::npos);
}

TEST(FindRate, WhatTheGeneratorCannotOfferIsNotTheDevicesLimit) {
  const LoadOptions options = searching("1000-1000000");
  const SearchResult found = find(options, [](double pps) { return device(pps, 1e9, 30'000); });
  EXPECT_LE(rate_of(*found.highest_passed()), 30'000);
  EXPECT_EQ(json(options, found)["failed_verdict"], "not_offered");
  EXPECT_NE(table(options, found).find("we could only offer 30000.0 packets/s"), std::string::npos);
}

TEST(FindRate, TrialsAreShownAsTheyAreDone) {
  const LoadOptions options = searching("1000-2000");
  std::ostringstream lines;
  find_rate(
      *options.find_rate, [](double pps) { return device(pps, 1500); },
      [&lines](const Trial& trial) { print_trial(lines, trial); });
  EXPECT_EQ(lines.str().find("        1000.0 packets/s per direction: passed\n"
                             "        2000.0 packets/s per direction: NOT PASSED, 100 of 10000 lost, 0 other faults\n"),
            0U)
      << lines.str();
}

TEST(FindRate, AnInterruptedTrialCountsForNothing) {
  const LoadOptions options = searching("1000-2000");
  unsigned trials = 0;
  const SearchResult found = find(options, [&trials](double pps) {
    RunResult result = device(pps, 1e9);
    result.interrupted = ++trials == 2;
    return result;
  });
  EXPECT_TRUE(found.interrupted);
  EXPECT_EQ(found.trials.size(), 1U);
  EXPECT_EQ(found.highest_passed()->pps, 1000);
  EXPECT_NE(table(options, found).find("\ninterrupted, so far: highest rate that passed: 1000.0"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::load
