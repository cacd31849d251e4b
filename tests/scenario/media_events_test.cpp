// Silence is told to control, once, and so is its end.
#include <gtest/gtest.h>

#include <thread>

#include "tests/scenario/call.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::MediaLost;
using dataplane::MediaResumed;

constexpr std::chrono::milliseconds kTimeout{30};

class Silence : public testing::Test {
 protected:
  Silence() : call_({.max_streams = 4}, {with_timeout(plain_leg("west")), plain_leg("east")}) {}
  static Leg with_timeout(Leg leg) {
    leg.media_timeout = kTimeout;
    return leg;
  }
  /// Polls for `duration`; the events meanwhile.
  std::vector<dataplane::Event> wait(std::chrono::milliseconds duration) {
    std::vector<dataplane::Event> all;
    const auto end = std::chrono::steady_clock::now() + duration;
    while (std::chrono::steady_clock::now() < end) {
      call_.gateway().pass();
      for (auto& event : call_.gateway().events()) all.push_back(std::move(event));
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    return all;
  }
  dataplane::StreamId west() { return call_.gateway().sink_of("west").stream; }

  Call call_;
};

TEST_F(Silence, IsToldOnce) {
  const auto events = wait(10 * kTimeout);
  ASSERT_EQ(events.size(), 1U) << "east has no time-out";
  ASSERT_TRUE(std::holds_alternative<MediaLost>(events.front()));
  EXPECT_EQ(std::get<MediaLost>(events.front()).stream, west());
}

TEST_F(Silence, EndsWithTheNextPacket) {
  ASSERT_EQ(wait(10 * kTimeout).size(), 1U);
  call_.send("west", Rtp().bytes());
  const auto events = wait(kTimeout / 2);
  ASSERT_EQ(events.size(), 1U);
  ASSERT_TRUE(std::holds_alternative<MediaResumed>(events.front()));
  EXPECT_EQ(std::get<MediaResumed>(events.front()).stream, west());
  EXPECT_EQ(call_.received("east").size(), 1U);
  const auto again = wait(10 * kTimeout);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<MediaLost>(again.front()));
}

TEST_F(Silence, RtcpIsNoMedia) {
  for (int i = 0; i < 10; ++i) {
    call_.send_rtcp("west", receiver_report(5));
    wait(std::chrono::milliseconds(1));
  }
  std::size_t lost = 0;
  for (const auto& event : wait(10 * kTimeout)) lost += std::holds_alternative<MediaLost>(event);
  EXPECT_EQ(lost, 1U);
}

}  // namespace
}  // namespace sallyport::scenario
