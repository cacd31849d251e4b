#include "crypto/replay_window.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace sallyport::crypto {
namespace {

TEST(ReplayWindow, FirstIndexMayBeAnything) {
  const ReplayWindow window;
  EXPECT_TRUE(window.empty());
  EXPECT_EQ(window.check(0), WindowVerdict::kNew);
  EXPECT_EQ(window.check(std::uint64_t{1} << 47), WindowVerdict::kNew);
}

TEST(ReplayWindow, CheckMovesNothing) {
  ReplayWindow window;
  window.commit(100);
  EXPECT_EQ(window.check(5000), WindowVerdict::kNew);
  EXPECT_EQ(window.highest(), 100U);
  EXPECT_EQ(window.check(99), WindowVerdict::kNew);
}

TEST(ReplayWindow, EdgesOf128) {
  ReplayWindow window;
  window.commit(1000);
  EXPECT_EQ(window.check(1000 - 127), WindowVerdict::kNew);
  EXPECT_EQ(window.check(1000 - 128), WindowVerdict::kTooOld);
  window.commit(1000 - 127);
  EXPECT_EQ(window.check(1000 - 127), WindowVerdict::kSeen);
  window.commit(1001);
  EXPECT_EQ(window.check(1000 - 127), WindowVerdict::kTooOld);
  EXPECT_EQ(window.check(1000), WindowVerdict::kSeen);
}

TEST(ReplayWindow, IndexZeroIsRemembered) {
  ReplayWindow window;
  window.commit(0);
  EXPECT_FALSE(window.empty());
  EXPECT_EQ(window.check(0), WindowVerdict::kSeen);
}

TEST(ReplayWindow, AgreesWithASetUnderRandomReorderingAndJumps) {
  std::mt19937_64 random(7);
  ReplayWindow window;
  std::set<std::uint64_t> seen;
  std::uint64_t highest = 1 << 20;
  for (int i = 0; i < 200000; ++i) {
    const std::uint64_t jump = random() % 100 == 0 ? random() % 400 : random() % 4;
    const std::uint64_t index = highest + jump - std::min<std::uint64_t>(random() % 200, highest);
    WindowVerdict expected = seen.contains(index) ? WindowVerdict::kSeen : WindowVerdict::kNew;
    if (!seen.empty() && index + 128 <= *seen.rbegin()) expected = WindowVerdict::kTooOld;
    ASSERT_EQ(window.check(index), expected) << i;
    if (expected != WindowVerdict::kNew) continue;
    window.commit(index);
    seen.insert(index);
    highest = std::max(highest, index);
    if (seen.size() > 1000) seen.erase(seen.begin(), std::next(seen.begin(), 500));
  }
}

}  // namespace
}  // namespace sallyport::crypto
