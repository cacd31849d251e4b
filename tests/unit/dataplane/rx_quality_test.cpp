// Loss and jitter of a received stream (RFC 3550 6.4.1, A.1, A.3, A.8).
#include "dataplane/rx_quality.hpp"

#include <gtest/gtest.h>

namespace sallyport::dataplane {
namespace {

constexpr std::uint32_t kSsrc = 0xabcd;
/// One tick is one timestamp unit, which makes the jitter examples readable.
constexpr double kUnitPerTick = 1.0;

class Quality : public testing::Test {
 protected:
  Quality() { quality_.set_units_per_tick(kUnitPerTick); }
  void receive(std::uint16_t sequence, std::uint32_t ssrc = kSsrc) {
    const Tsc time = 1'000'000 + Tsc{sequence} * 160;
    quality_.count(ssrc, sequence, std::uint32_t{sequence} * 160, time);
  }
  void receive_range(unsigned first, unsigned last) {
    for (unsigned i = first; i <= last; ++i) receive(static_cast<std::uint16_t>(i));
  }
  RxQuality quality_;
};

TEST_F(Quality, NothingReceivedNothingLost) {
  EXPECT_EQ(quality_.expected(), 0U);
  EXPECT_EQ(quality_.lost(), 0U);
  EXPECT_EQ(quality_.jitter(), 0U);
}

TEST_F(Quality, InOrder) {
  receive_range(100, 199);
  EXPECT_EQ(quality_.received(), 100U);
  EXPECT_EQ(quality_.expected(), 100U);
  EXPECT_EQ(quality_.lost(), 0U);
  EXPECT_EQ(quality_.jitter(), 0U);
  EXPECT_EQ(quality_.ssrc(), kSsrc);
}

TEST_F(Quality, GapIsLoss) {
  receive_range(1, 10);
  receive_range(21, 30);
  EXPECT_EQ(quality_.expected(), 30U);
  EXPECT_EQ(quality_.lost(), 10U);
}

TEST_F(Quality, LatePacketsFillTheirGap) {
  receive_range(1, 10);
  receive_range(21, 30);
  receive_range(11, 20);
  EXPECT_EQ(quality_.lost(), 0U);
}

TEST_F(Quality, PacketFromBeforeTheFirstIsNoLoss) {
  receive(100);
  receive(99);
  receive(101);
  EXPECT_EQ(quality_.expected(), 2U);
  EXPECT_EQ(quality_.lost(), 0U);
}

TEST_F(Quality, DuplicatesNeverMakeLossNegative) {
  for (int i = 0; i < 5; ++i) receive(7);
  EXPECT_EQ(quality_.expected(), 1U);
  EXPECT_EQ(quality_.lost(), 0U);
}

TEST_F(Quality, SequenceWraps) {
  receive_range(65530, 65535);
  receive_range(0, 9);
  EXPECT_EQ(quality_.expected(), 16U);
  EXPECT_EQ(quality_.lost(), 0U);
}

TEST_F(Quality, LossOverTheWrap) {
  receive(65530);
  receive(4);
  EXPECT_EQ(quality_.expected(), 11U);
  EXPECT_EQ(quality_.lost(), 9U);
}

TEST_F(Quality, RestartFarBehindNeedsTwoInSequence) {
  receive_range(10000, 10009);
  receive(50);
  EXPECT_EQ(quality_.expected(), 10U) << "one stray packet changes nothing";
  receive_range(51, 59);
  EXPECT_EQ(quality_.expected(), 20U);
  EXPECT_EQ(quality_.lost(), 0U);
}

TEST_F(Quality, RestartFarAheadIsNotTakenForThousandsOfLostPackets) {
  receive_range(100, 109);
  receive_range(20000, 20009);
  EXPECT_EQ(quality_.received(), 20U);
  EXPECT_EQ(quality_.expected(), 20U);
  EXPECT_EQ(quality_.lost(), 0U);
}

TEST_F(Quality, StrayPacketFarAheadChangesNothing) {
  receive_range(100, 109);
  receive(20000);
  receive_range(110, 119);
  EXPECT_EQ(quality_.expected(), 20U);
  EXPECT_EQ(quality_.jitter(), 0U);
}

TEST_F(Quality, LongestGapThatIsStillLoss) {
  receive(100);
  receive(100 + 2999);
  EXPECT_EQ(quality_.lost(), 2998U);
}

TEST_F(Quality, NewSsrcKeepsTheSumOfTheOld) {
  receive_range(1, 10);
  receive(12);
  receive(500, 0x9999);
  receive(502, 0x9999);
  EXPECT_EQ(quality_.ssrc(), 0x9999U);
  EXPECT_EQ(quality_.received(), 13U);
  EXPECT_EQ(quality_.expected(), 15U);
  EXPECT_EQ(quality_.lost(), 2U);
}

/// RFC 3550 A.8 by hand. Transit times 0, 16, 0, 32, differences 16, 16, 32; jitter16 grows by
/// D - (jitter16 + 8) / 16: 16 - 0 = 16; 16 + 16 - 24/16 = 31; 31 + 32 - 39/16 = 61.
TEST(QualityJitter, MatchesAHandComputedExample) {
  RxQuality quality;
  quality.set_units_per_tick(kUnitPerTick);
  quality.count(kSsrc, 1, 0, 1000);
  EXPECT_EQ(quality.jitter(), 0U);
  quality.count(kSsrc, 2, 160, 1176);
  EXPECT_EQ(quality.jitter(), 16U / 16);
  quality.count(kSsrc, 3, 320, 1320);
  EXPECT_EQ(quality.jitter(), 31U / 16);
  quality.count(kSsrc, 4, 480, 1512);
  EXPECT_EQ(quality.jitter(), 61U / 16);
}

/// A transit time that always alternates by D has a jitter of D.
TEST(QualityJitter, ConvergesToTheMeanDeviation) {
  RxQuality quality;
  constexpr double kTicksPerUnit = 325000.0;  // 8 kHz on a 2.6 GHz counter
  quality.set_units_per_tick(1 / kTicksPerUnit);
  for (unsigned i = 0; i < 1000; ++i) {
    const double late = i % 2 == 0 ? 0.0 : 40.0;
    const double arrival = (1e9 + i * 160.0 + late) * kTicksPerUnit;
    quality.count(kSsrc, static_cast<std::uint16_t>(i), i * 160, static_cast<Tsc>(arrival));
  }
  EXPECT_NEAR(quality.jitter(), 40, 1);
}

TEST(QualityJitter, ConstantDelayIsNoJitterAndTimestampsMayWrap) {
  RxQuality quality;
  quality.set_units_per_tick(kUnitPerTick);
  for (unsigned i = 0; i < 100; ++i) {
    quality.count(kSsrc, static_cast<std::uint16_t>(i), 0xffffff00U + i * 160, Tsc{1} << 40 | i * 160U);
  }
  EXPECT_EQ(quality.jitter(), 0U);
}

}  // namespace
}  // namespace sallyport::dataplane
