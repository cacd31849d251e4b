#include "crypto/ssrc_table.hpp"

#include <gtest/gtest.h>

#include "crypto/error.hpp"

namespace sallyport::crypto {
namespace {

TEST(SsrcTable, HoldsExactlyItsBoundAndForgetsNothing) {
  SsrcTable table(5);
  for (std::uint32_t ssrc = 0; ssrc < 5; ++ssrc) {
    SsrcState* state = table.find_or_add(ssrc * 0x10000001);
    ASSERT_NE(state, nullptr);
    state->rtp.commit(ssrc + 1);
  }
  EXPECT_EQ(table.find_or_add(99), nullptr);
  EXPECT_EQ(table.find(99), nullptr);
  EXPECT_EQ(table.size(), 5U);
  for (std::uint32_t ssrc = 0; ssrc < 5; ++ssrc) {
    ASSERT_NE(table.find(ssrc * 0x10000001), nullptr);
    EXPECT_EQ(table.find(ssrc * 0x10000001)->rtp.highest(), ssrc + 1);
  }
}

TEST(SsrcTable, WhatIsOnlyInheritedMakesRoomAndTheRestIsStillFound) {
  SsrcTable before(8);
  for (std::uint32_t ssrc = 1; ssrc <= 8; ++ssrc) before.find_or_add(ssrc)->rtp.commit(70000 + ssrc);
  SsrcTable after(8);
  after.continue_from(before);
  for (std::uint32_t ssrc = 1; ssrc <= 7; ++ssrc) {
    ASSERT_EQ(after.find(ssrc)->rtp.highest(), 70000 + ssrc);
    after.find(ssrc)->rtp.commit(80000 + ssrc);
  }
  ASSERT_NE(after.find_or_add(99), nullptr) << "in the place of 8, which the new key never met";
  after.find(99)->rtp.commit(1);
  EXPECT_EQ(after.find(8), nullptr);
  EXPECT_EQ(after.find_or_add(8), nullptr) << "all others were met";
  for (std::uint32_t ssrc = 1; ssrc <= 7; ++ssrc) EXPECT_EQ(after.find(ssrc)->rtp.highest(), 80000 + ssrc);
}

TEST(SsrcTable, AddingTwiceGivesTheSameState) {
  SsrcTable table(1);
  EXPECT_EQ(table.find(7), nullptr);
  SsrcState* state = table.find_or_add(7);
  EXPECT_EQ(table.find_or_add(7), state);
  EXPECT_EQ(table.find(7), state);
}

TEST(SsrcTable, SsrcZeroIsAnSsrc) {
  SsrcTable table(2);
  EXPECT_EQ(table.find(0), nullptr);
  EXPECT_NE(table.find_or_add(0), nullptr);
  EXPECT_NE(table.find(0), nullptr);
}

TEST(SsrcTable, FindsEverySsrcOfAFullTable) {
  SsrcTable table(1000);
  for (std::uint32_t i = 0; i < 1000; ++i) ASSERT_NE(table.find_or_add(i << 16), nullptr);
  for (std::uint32_t i = 0; i < 1000; ++i) ASSERT_NE(table.find(i << 16), nullptr);
  EXPECT_EQ(table.find(1), nullptr);
}

TEST(SsrcTable, RefusesAnAbsurdBound) {
  EXPECT_THROW(SsrcTable(0), SetupError);
  EXPECT_THROW(SsrcTable(SsrcTable::kMaxSsrcs + 1), SetupError);
}

}  // namespace
}  // namespace sallyport::crypto
