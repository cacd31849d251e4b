// When packets are due, and that no error adds up.
#include "perf/load/pacer.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace sallyport::load {
namespace {

using dataplane::Clock;
using dataplane::Tsc;

constexpr Tsc kStart = 123'456'789'012;

TEST(Pacer, FirstPacketIsDueAtTheStart) {
  const Pacer pacer(50, Clock(2.6e9), kStart);
  EXPECT_EQ(pacer.due(kStart - 1), 0U);
  EXPECT_EQ(pacer.due(kStart), 1U);
  EXPECT_EQ(pacer.time_of(0), kStart);
}

TEST(Pacer, KeepsTheRateOfAnOddClock) {
  const Clock clock(2'596'136'123.7);
  const Pacer pacer(1'000'000.0 / 3, clock, kStart);
  for (const std::uint64_t seconds : {1U, 60U, 3600U, 86400U}) {
    const Tsc now = kStart + clock.ticks(std::chrono::seconds(seconds));
    const double expected = static_cast<double>(seconds) * 1e6 / 3;
    EXPECT_NEAR(static_cast<double>(pacer.due(now)), expected, 1.5) << "after " << seconds << " s";
  }
}

TEST(Pacer, LateCallsLoseNothing) {
  const Clock clock(2.6e9);
  const Pacer pacer(5000, clock, kStart);
  std::uint64_t sent = 0;
  Tsc now = kStart;
  for (unsigned i = 0; i < 10'000; ++i) {
    now += clock.ticks(std::chrono::microseconds(i % 7 == 0 ? 9'999 : 13));  // rarely on time
    sent += pacer.due(now) - sent;
  }
  const double elapsed = clock.nanoseconds(now - kStart) * 1e-9;
  EXPECT_NEAR(static_cast<double>(sent), elapsed * 5000, 1.5);
}

TEST(Pacer, DueTimesAndCountsAgree) {
  const Pacer pacer(7777.7, Clock(2.1e9), kStart);
  for (std::uint64_t packet = 0; packet < 1'000'000; packet += 997) {
    EXPECT_GE(pacer.due(pacer.time_of(packet) + 1), packet + 1);
    EXPECT_LE(pacer.due(pacer.time_of(packet)), packet + 1);
  }
}

TEST(Pacer, FlatOutIsAlwaysDue) {
  const Pacer pacer(0, Clock(2.6e9), kStart);
  EXPECT_EQ(pacer.due(kStart - 1), 0U);
  EXPECT_GT(pacer.due(kStart), std::uint64_t{1} << 60);
  EXPECT_EQ(pacer.time_of(1'000'000), kStart);
}

}  // namespace
}  // namespace sallyport::load
