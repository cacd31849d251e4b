#include "controlplane/signalling/sip/timer_queue.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sallyport::controlplane::sip {
namespace {

using namespace std::chrono_literals;

constexpr TimerQueue::TimePoint kStart{1h};

TEST(TimerQueue, RunsInOrderOfTimeThenOfScheduling) {
  TimerQueue timers(kStart);
  std::string ran;
  timers.schedule(2s, [&] { ran += 'c'; });
  timers.schedule(1s, [&] { ran += 'a'; });
  timers.schedule(1s, [&] { ran += 'b'; });
  EXPECT_EQ(timers.next(), kStart + 1s);
  timers.run(kStart + 999ms);
  EXPECT_EQ(ran, "");
  timers.run(kStart + 1s);
  EXPECT_EQ(ran, "ab");
  timers.run(kStart + 5s);
  EXPECT_EQ(ran, "abc");
  EXPECT_EQ(timers.next(), std::nullopt);
  EXPECT_EQ(timers.now(), kStart + 5s);
}

TEST(TimerQueue, CancelledOnesDoNotRun) {
  TimerQueue timers(kStart);
  int ran = 0;
  const auto first = timers.schedule(1s, [&] { ++ran; });
  TimerQueue::Id second;
  timers.schedule(1s, [&] { timers.cancel(second); });
  second = timers.schedule(1s, [&] { ++ran; });
  timers.cancel(first);
  timers.cancel(first);
  timers.cancel({});
  timers.run(kStart + 2s);
  EXPECT_EQ(ran, 0);
  EXPECT_EQ(timers.size(), 0U);
}

TEST(TimerQueue, ALateTimerKeepsItsDistances) {
  TimerQueue timers(kStart);
  std::vector<std::chrono::milliseconds> times;
  std::function<void()> again = [&] {
    times.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(timers.now() - kStart));
    if (times.size() < 3) timers.schedule(100ms, again);
  };
  timers.schedule(100ms, again);
  timers.run(kStart + 1s);
  EXPECT_EQ(times, (std::vector<std::chrono::milliseconds>{100ms, 200ms, 300ms}));
}

TEST(TimerQueue, TimeDoesNotGoBack) {
  TimerQueue timers(kStart);
  timers.run(kStart - 1s);
  EXPECT_EQ(timers.now(), kStart);
}

}  // namespace
}  // namespace sallyport::controlplane::sip
