// Which packets waited for the machine.
#include "perf/load/pause_windows.hpp"

#include <gtest/gtest.h>

namespace sallyport::load {
namespace {

using dataplane::Pause;
using dataplane::PauseKind;

TEST(PauseWindows, APauseAndWhatPiledUpBehindIt) {
  PauseWindows windows(4);
  windows.add(std::vector<Pause>{{1000, 1100, PauseKind::kIdle}});
  EXPECT_FALSE(windows.touches(900, 999)) << "was through before";
  EXPECT_TRUE(windows.touches(900, 1000));
  EXPECT_TRUE(windows.touches(1050, 1060));
  EXPECT_TRUE(windows.touches(1500, 1600)) << "behind it, four times its length";
  EXPECT_FALSE(windows.touches(1501, 1600));
  EXPECT_TRUE(windows.touches(500, 5000)) << "came before, went after";
  EXPECT_DOUBLE_EQ(windows.share(1000, 2000), 0.5);
  EXPECT_DOUBLE_EQ(windows.share(2000, 3000), 0);
}

TEST(PauseWindows, OfSeveralThreadsInAnyOrder) {
  PauseWindows windows(1);
  windows.add(std::vector<Pause>{{3000, 3100, PauseKind::kSwitched}, {1000, 1400, PauseKind::kPackets}});
  windows.add(std::vector<Pause>{{1700, 1900, PauseKind::kIdle}, {1050, 1060, PauseKind::kIdle}});
  EXPECT_EQ(windows.pauses(), 4U);
  EXPECT_TRUE(windows.touches(1790, 1795)) << "inside of both";
  EXPECT_TRUE(windows.touches(2100, 2100));
  EXPECT_FALSE(windows.touches(2101, 2999));
  EXPECT_TRUE(windows.touches(3200, 3300));
  EXPECT_FALSE(windows.touches(3201, 3300));
  EXPECT_DOUBLE_EQ(windows.share(1000, 3200), (1100 + 200) / 2200.0) << "what they share counts once";
}

TEST(PauseWindows, PageFaultsAreNoExcuse) {
  PauseWindows windows(4);
  windows.add(std::vector<Pause>{{1000, 1100, PauseKind::kFault}});
  EXPECT_EQ(windows.pauses(), 0U);
  EXPECT_FALSE(windows.touches(0, 10000));
}

}  // namespace
}  // namespace sallyport::load
