// Percentiles: exact for small numbers, within a percent for all others.
#include "perf/load/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "perf/load/mix.hpp"

namespace sallyport::load {
namespace {

TEST(Histogram, EmptyHasNothing) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.percentile(0.99), 0U);
}

TEST(Histogram, SmallNumbersAreExact) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100; ++value) histogram.add(value);
  EXPECT_EQ(histogram.percentile(0.5), 50U);
  EXPECT_EQ(histogram.percentile(0.99), 99U);
  EXPECT_EQ(histogram.percentile(0.999), 100U);
  EXPECT_EQ(histogram.percentile(1), 100U);
  EXPECT_EQ(histogram.max(), 100U);
}

TEST(Histogram, EveryMagnitudeIsWithinAPercent) {
  for (std::uint64_t value = 1; value < std::uint64_t{1} << 39; value = value * 3 / 2 + 1) {
    Histogram histogram;
    histogram.add(value);
    histogram.add(std::uint64_t{1} << 39);  // so that max() does not hide the bucket's end
    const auto found = static_cast<double>(histogram.percentile(0.5));
    EXPECT_GE(found, static_cast<double>(value));
    EXPECT_LE(found, static_cast<double>(value) * 1.008 + 1);
  }
}

TEST(Histogram, AgreesWithSortedValues) {
  Histogram histogram;
  std::vector<std::uint64_t> values;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    values.push_back(mix(i) % 10'000'000);
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double share : {0.5, 0.9, 0.99, 0.999}) {
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()))) - 1;
    const auto exact = static_cast<double>(values[rank]);
    EXPECT_NEAR(static_cast<double>(histogram.percentile(share)), exact, exact * 0.008 + 1) << share;
  }
  EXPECT_EQ(histogram.max(), values.back());
}

TEST(Histogram, MergeIsTheSum) {
  Histogram low;
  Histogram high;
  for (std::uint64_t i = 0; i < 50; ++i) {
    low.add(10);
    high.add(1000);
  }
  low.merge(high);
  EXPECT_EQ(low.count(), 100U);
  EXPECT_EQ(low.percentile(0.5), 10U);
  EXPECT_EQ(low.percentile(0.51), 1000U);
  EXPECT_EQ(low.max(), 1000U);
}

TEST(Histogram, WhatIsBeyondItsRangeCountsAsItsEnd) {
  Histogram histogram;
  histogram.add(~std::uint64_t{0});
  EXPECT_EQ(histogram.count(), 1U);
  EXPECT_EQ(histogram.max(), ~std::uint64_t{0});
  EXPECT_EQ(histogram.percentile(0.5), (std::uint64_t{1} << 40) - 1);
}

}  // namespace
}  // namespace sallyport::load
