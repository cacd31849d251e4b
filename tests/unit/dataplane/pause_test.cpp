// The log of pauses, and the watch that tells a pause from work and says what it knows of it.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <functional>

#include "dataplane/pause_watch.hpp"

namespace sallyport::dataplane {
namespace {

constexpr double kHz = 1e9;  // a tick is a nanosecond
constexpr Tsc kMicrosecond = 1000;
constexpr Tsc kSecond = 1'000'000'000;

struct Watched {
  PauseLog log;
  PauseWatch watch{log, Clock(kHz)};
  Tsc now = kSecond;

  Watched() { watch.sample(now); }
  void spend(PauseKind kind, Tsc ticks, std::uint64_t items) {
    watch.stretch(kind, now, now + ticks, items);
    now += ticks;
  }
  /// `ticks` for 10 packets each, often enough to be usual.
  void work(Tsc ticks) {
    for (int i = 0; i < 1000; ++i) spend(PauseKind::kPackets, ticks, 10);
  }
  std::uint64_t pauses() const {
    std::uint64_t sum = 0;
    for (std::size_t kind = 0; kind < kPauseKinds; ++kind) sum += log.count(static_cast<PauseKind>(kind));
    return sum;
  }
};

/// The kind of the pause that `pause` makes, once Linux left the test's own thread alone meanwhile.
PauseKind kind_of(const std::function<void(Watched&)>& pause) {
  PauseKind kind = PauseKind::kSwitched;
  for (int i = 0; i < 1000 && kind == PauseKind::kSwitched; ++i) {
    Watched watched;
    watched.log.recent();
    watched.watch.sample(watched.now);
    pause(watched);
    const auto pauses = watched.log.recent();
    EXPECT_EQ(pauses.size(), 1U);
    kind = pauses.at(0).kind;
  }
  return kind;
}

TEST(PauseWatch, ALongStretchWithoutWorkIsAPause) {
  EXPECT_EQ(kind_of([](Watched& watched) { watched.spend(PauseKind::kIdle, 31 * kMicrosecond, 0); }), PauseKind::kIdle);
  Watched watched;
  watched.spend(PauseKind::kIdle, 30 * kMicrosecond, 0);
  EXPECT_EQ(watched.pauses(), 0U) << "no longer than that";
}

TEST(PauseWatch, WorkMayTakeTwiceAsLongAsUsual) {
  Watched watched;
  watched.work(40 * kMicrosecond);
  const std::uint64_t starting = watched.pauses();
  EXPECT_LT(starting, 20U) << "only until it is known what is usual";
  watched.spend(PauseKind::kPackets, 109 * kMicrosecond, 10);
  EXPECT_EQ(watched.pauses(), starting);
  EXPECT_EQ(watched.log.longest_own(PauseKind::kPackets), 109 * kMicrosecond);
  watched.spend(PauseKind::kPackets, 120 * kMicrosecond, 10);
  EXPECT_EQ(watched.pauses(), starting + 1);
  EXPECT_EQ(watched.log.longest_own(PauseKind::kPackets), 109 * kMicrosecond) << "a pause is no work of its own";
  watched.spend(PauseKind::kPackets, 109 * kMicrosecond, 1);
  EXPECT_EQ(watched.pauses(), starting + 2) << "one packet takes no such time";
}

TEST(PauseWatch, WorkThatBecameMoreIsNoPauseForLong) {
  Watched watched;
  watched.work(2 * kMicrosecond);
  watched.work(120 * kMicrosecond);
  const std::uint64_t meanwhile = watched.pauses();
  EXPECT_GT(meanwhile, 0U);
  EXPECT_LT(meanwhile, 1000U);
  watched.work(120 * kMicrosecond);
  EXPECT_EQ(watched.pauses(), meanwhile);
}

TEST(PauseWatch, APauseInWorkHasItsKind) {
  EXPECT_EQ(kind_of([](Watched& watched) { watched.spend(PauseKind::kCommands, 80 * kMicrosecond, 1); }),
            PauseKind::kCommands);
  EXPECT_EQ(kind_of([](Watched& watched) { watched.spend(PauseKind::kSweep, 80 * kMicrosecond, 1); }),
            PauseKind::kSweep);
}

TEST(PauseWatch, APageFaultIsTold) {
  const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  EXPECT_EQ(kind_of([size](Watched& watched) {
              void* page = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              ASSERT_NE(page, MAP_FAILED);
              *static_cast<volatile char*>(page) = 1;
              watched.spend(PauseKind::kCommands, 80 * kMicrosecond, 1);
              munmap(page, size);
            }),
            PauseKind::kFault);
}

TEST(PauseWatch, TheLongestIsOfTheLastWindows) {
  Watched watched;
  watched.spend(PauseKind::kCommands, 7 * kMicrosecond, 8);
  EXPECT_EQ(watched.log.longest_own(PauseKind::kCommands), 7 * kMicrosecond);
  watched.watch.sample(watched.now += 11 * kSecond);
  EXPECT_EQ(watched.log.longest_own(PauseKind::kCommands), 7 * kMicrosecond) << "one window ago";
  watched.spend(PauseKind::kCommands, 2 * kMicrosecond, 8);
  watched.watch.sample(watched.now += 11 * kSecond);
  EXPECT_EQ(watched.log.longest_own(PauseKind::kCommands), 2 * kMicrosecond) << "the longer one is past";
}

TEST(PauseLog, KeepsTheLastOnesInOrder) {
  PauseLog log;
  EXPECT_EQ(log.forgotten_until(), 0U);
  const auto pause = [](Tsc number) { return Pause{100 * number, 100 * number + 50, PauseKind::kIdle}; };
  for (Tsc i = 1; i <= PauseLog::kKept + 10; ++i) log.add(pause(i));
  EXPECT_EQ(log.count(PauseKind::kIdle), PauseLog::kKept + 10);
  EXPECT_EQ(log.ticks(PauseKind::kIdle), 50 * (PauseLog::kKept + 10));
  EXPECT_EQ(log.forgotten_until(), pause(10).ended);
  const auto all = log.recent();
  ASSERT_EQ(all.size(), PauseLog::kKept);
  EXPECT_EQ(all.front().began, pause(11).began);
  EXPECT_EQ(all.back().ended, pause(PauseLog::kKept + 10).ended);
  EXPECT_EQ(log.recent(pause(PauseLog::kKept + 8).ended).size(), 2U);
}

}  // namespace
}  // namespace sallyport::dataplane
