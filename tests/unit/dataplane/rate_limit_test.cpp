// The limit on what is passed to Linux.
#include <gtest/gtest.h>

#include "dataplane/worker_state.hpp"

namespace sallyport::dataplane {
namespace {

constexpr double kHz = 1e9;
constexpr Tsc kSecond = 1'000'000'000;

/// Packets that pass when `offered` of them come evenly spread over `seconds`.
unsigned passed(RateLimit& limit, unsigned offered, unsigned seconds) {
  unsigned count = 0;
  for (unsigned i = 0; i < offered; ++i) count += limit.pass(10 * kSecond + i * seconds * kSecond / offered);
  return count;
}

TEST(RateLimit, ZeroPassesNothing) {
  RateLimit limit(0, kHz);
  EXPECT_EQ(passed(limit, 1000, 1), 0U);
}

TEST(RateLimit, PassesWhatIsWithinTheRate) {
  RateLimit limit(1000, kHz);
  EXPECT_EQ(passed(limit, 5000, 10), 5000U);
}

TEST(RateLimit, HoldsTheRateUnderOverload) {
  RateLimit limit(1000, kHz);
  const unsigned count = passed(limit, 1'000'000, 10);
  EXPECT_GE(count, 10'000U);
  EXPECT_LE(count, 10'101U) << "ten seconds' worth and one burst of a tenth of a second";
}

TEST(RateLimit, BurstIsATenthOfASecond) {
  RateLimit limit(1000, kHz);
  unsigned count = 0;
  for (int i = 0; i < 1000; ++i) count += limit.pass(10 * kSecond);
  EXPECT_EQ(count, 100U);
}

TEST(RateLimit, SavesUpNoMoreThanOneBurst) {
  RateLimit limit(1000, kHz);
  ASSERT_TRUE(limit.pass(1 * kSecond));
  unsigned count = 0;
  for (int i = 0; i < 1000; ++i) count += limit.pass(100 * kSecond);
  EXPECT_EQ(count, 100U);
}

TEST(RateLimit, AFewPacketsASecondStillPass) {
  RateLimit limit(2, kHz);
  const unsigned count = passed(limit, 1000, 10);
  EXPECT_GE(count, 20U);
  EXPECT_LE(count, 21U);
}

}  // namespace
}  // namespace sallyport::dataplane
