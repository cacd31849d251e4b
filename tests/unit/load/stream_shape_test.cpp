// What packets of a stream look like: even ones, and ones with times of their own, over many rounds.
#include "perf/load/stream_shape.hpp"

#include <gtest/gtest.h>

#include "perf/load/pacer.hpp"

namespace sallyport::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

/// Three packets in 60 ms, the second one early, the third with another payload type and a marker.
StreamShape uneven() {
  return {{{.size = 160, .type = 8, .timestamp = 0, .time = milliseconds(0)},
           {.size = 40, .type = 8, .timestamp = 160, .time = milliseconds(15)},
           {.size = 32, .type = 0x80 | 101, .timestamp = 160, .time = milliseconds(40)}},
          480,
          milliseconds(60)};
}

TEST(StreamShape, EvenPacketsTakeTurns) {
  const StreamShape shape({160, 40, 1200}, 96, 240);
  EXPECT_EQ(shape.size(0), 160);
  EXPECT_EQ(shape.size(4), 40);
  EXPECT_EQ(shape.size(5), 1200);
  EXPECT_EQ(shape.type(0), 0x80 | 96);  // the marker, once
  EXPECT_EQ(shape.type(1), 96);
  EXPECT_EQ(shape.type(3), 96);
  EXPECT_EQ(shape.payload_type(), 96);
  for (const std::uint32_t counter : {0U, 1U, 2U, 3U, 1000U, 70'000'000U}) {
    EXPECT_EQ(shape.timestamp(counter), counter * 240) << counter;
  }
  EXPECT_FALSE(shape.timed());
}

TEST(StreamShape, RecordedPacketsComeAsTheyWere) {
  const StreamShape shape = uneven();
  EXPECT_EQ(shape.size(2), 32);
  EXPECT_EQ(shape.type(0), 8);
  EXPECT_EQ(shape.type(2), 0x80 | 101);
  EXPECT_EQ(shape.type(5), 0x80 | 101);
  EXPECT_EQ(shape.timestamp(2), 160U);
  EXPECT_EQ(shape.timestamp(3), 480U);
  EXPECT_EQ(shape.timestamp(4), 640U);
  EXPECT_TRUE(shape.timed());
  EXPECT_DOUBLE_EQ(shape.rate(), 50);
}

TEST(StreamShape, PacketsAreDueAtTheirTimes) {
  const StreamShape shape = uneven();
  EXPECT_EQ(shape.time(1), milliseconds(15));
  EXPECT_EQ(shape.time(3 * 1'000'000 + 2), milliseconds(60) * 1'000'000 + milliseconds(40));
  EXPECT_EQ(shape.due(nanoseconds(-1)), 0U);
  for (std::uint64_t counter = 0; counter < 100; ++counter) {
    EXPECT_EQ(shape.due(shape.time(counter)), counter + 1);
    if (counter > 0) {
      EXPECT_EQ(shape.due(shape.time(counter) - nanoseconds(1)), counter);
    }
  }
}

TEST(StreamShape, ThePacerKeepsTheirTimes) {
  const StreamShape shape = uneven();
  const dataplane::Clock clock(1e9);
  constexpr dataplane::Tsc kStart = 5'000'000'000;
  const Pacer pacer(shape, 10, clock, kStart);
  EXPECT_EQ(pacer.due(kStart - 1), 0U);
  EXPECT_EQ(pacer.due(kStart), 10U);
  EXPECT_EQ(pacer.due(kStart + 14'999'000), 10U);
  EXPECT_EQ(pacer.due(kStart + 15'001'000), 20U);
  EXPECT_EQ(pacer.time_of(9), kStart);
  EXPECT_NEAR(static_cast<double>(pacer.time_of(10) - kStart), 15e6, 1);
  EXPECT_NEAR(static_cast<double>(pacer.time_of(30) - kStart), 60e6, 1);
}

}  // namespace
}  // namespace sallyport::load
