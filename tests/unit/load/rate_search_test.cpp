// The search by itself, against a device with a known limit: it ends, where it should, in as many trials as announced.
#include "perf/load/rate_search.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <vector>

namespace sallyport::load {
namespace {

using Device = std::function<bool(double pps)>;

struct Search {
  std::vector<double> tried;
  std::optional<double> passed;
  std::optional<double> failed;
};

Search search(const FindRateOptions& options, const Device& passes) {
  Search done;
  RateSearch search(options);
  while (const auto rate = search.next()) {
    done.tried.push_back(*rate);
    search.tried(passes(*rate));
    if (done.tried.size() > 1000) throw std::runtime_error("the search does not end");
  }
  done.passed = search.highest_passed();
  done.failed = search.lowest_failed();
  return done;
}

Device up_to(double limit) {
  return [limit](double pps) { return pps <= limit; };
}

TEST(RateSearch, ConvergesToTheLimit) {
  const FindRateOptions options{.lowest = 1000, .highest = 1e7, .resolution = 0.01};
  for (const double limit : {1000.0, 1001.0, 5000.0, 123'456.7, 9.95e6, 9'999'999.0}) {
    const Search done = search(options, up_to(limit));
    ASSERT_TRUE(done.passed && done.failed) << limit;
    EXPECT_LE(*done.passed, limit);
    EXPECT_GT(*done.failed, limit);
    EXPECT_GE(*done.passed, *done.failed * 0.99) << limit;
  }
}

TEST(RateSearch, HonoursTheResolutionAndNeedsNoMoreTrialsThanThat) {
  std::mt19937 random(1);
  for (const double resolution : {0.0001, 0.01, 0.1, 0.5}) {
    const FindRateOptions options{.lowest = 50, .highest = 4e6, .resolution = resolution};
    std::uniform_real_distribution<double> limits(options.lowest, options.highest);
    for (unsigned i = 0; i < 200; ++i) {
      const Search done = search(options, up_to(limits(random)));
      EXPECT_GE(*done.passed, *done.failed * (1 - resolution));
      EXPECT_LE(done.tried.size(), RateSearch::most_trials(options)) << resolution;
      // The step before the last one was still too wide: no trial is spent on more than was asked for.
      EXPECT_GE(done.tried.size() + 1, RateSearch::most_trials(options)) << resolution;
    }
  }
}

TEST(RateSearch, ALimitAboveTheHighestIsTwoTrials) {
  const Search done = search({.lowest = 10, .highest = 20}, up_to(1e9));
  EXPECT_EQ(done.tried, (std::vector<double>{10, 20}));
  EXPECT_EQ(done.passed, 20);
  EXPECT_FALSE(done.failed);
}

TEST(RateSearch, ALimitAtTheHighestPassesThere) {
  EXPECT_EQ(search({.lowest = 10, .highest = 20}, up_to(20)).passed, 20);
}

TEST(RateSearch, WhatNeverPassesIsOneTrial) {
  const Search done = search({.lowest = 10, .highest = 20}, up_to(9));
  EXPECT_EQ(done.tried, std::vector<double>{10});
  EXPECT_FALSE(done.passed);
  EXPECT_EQ(done.failed, 10);
}

TEST(RateSearch, BoundsWithinTheResolutionAreTriedAlone) {
  const Search done = search({.lowest = 1000, .highest = 1005, .resolution = 0.01}, up_to(1002));
  EXPECT_EQ(done.tried, (std::vector<double>{1000, 1005}));
  EXPECT_EQ(done.passed, 1000);
}

TEST(RateSearch, ANoisyLimitIsFoundWithinItsNoise) {
  constexpr double kLimit = 80'000;
  constexpr double kNoise = 0.05;
  const FindRateOptions options{.lowest = 1000, .highest = 1e6, .resolution = 0.005};
  for (unsigned seed = 0; seed < 500; ++seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> noise(1 - kNoise, 1 + kNoise);
    const Search done = search(options, [&](double pps) { return pps <= kLimit * noise(random); });
    ASSERT_TRUE(done.passed && done.failed);
    EXPECT_LE(*done.passed, kLimit * (1 + kNoise)) << seed;
    EXPECT_GE(*done.passed, kLimit * (1 - kNoise) * (1 - options.resolution)) << seed;
    EXPECT_LE(done.tried.size(), RateSearch::most_trials(options));
  }
}

}  // namespace
}  // namespace sallyport::load
