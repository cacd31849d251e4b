#include "crypto/packet_index.hpp"

#include <gtest/gtest.h>

namespace sallyport::crypto {
namespace {

struct Case {
  std::uint64_t highest;
  std::uint16_t sequence;
  std::uint64_t index;
};

class EstimateIndex : public testing::TestWithParam<Case> {};

TEST_P(EstimateIndex, FollowsAppendixA) {
  const auto& [highest, sequence, index] = GetParam();
  EXPECT_EQ(estimate_index(highest, sequence), index);
}

INSTANTIATE_TEST_SUITE_P(Rfc3711, EstimateIndex,
                         testing::Values(Case{0, 0, 0}, Case{0, 1, 1},
                                         Case{0, 0xffff, 0xffff},         // nothing before ROC 0: ahead
                                         Case{0xffff, 0, 0x10000},        // wrap
                                         Case{0xfffa, 20, 0x10014},       // wrap with loss (field case 15)
                                         Case{0x10003, 0xfff0, 0xfff0},   // late packet from before the wrap
                                         Case{0x2ffff, 0, 0x30000},       // third wrap
                                         Case{0x10000, 0x8000, 0x18000},  // exactly half ahead stays in this ROC
                                         Case{0x10000, 0x8001, 0x8001},   // more than half ahead: behind
                                         Case{0x18000, 0x0000, 0x10000},  // exactly half behind stays
                                         Case{0x18001, 0x0000, 0x20000},  // more than half behind: ahead
                                         Case{kMaxRtpIndex, 0, kMaxRtpIndex + 1},  // the key is exhausted, not wrapped
                                         Case{kMaxRtpIndex, 0xfffe, kMaxRtpIndex - 1}));

/// Whatever distance below 2^15 lies between two packets, the estimate is right.
TEST(EstimateIndex, FindsEveryIndexNearTheHighest) {
  for (std::uint64_t highest = 0x2f000; highest < 0x31000; highest += 61) {
    for (std::int64_t distance = -0x7fff; distance <= 0x7fff; distance += 97) {
      const auto index = static_cast<std::uint64_t>(static_cast<std::int64_t>(highest) + distance);
      ASSERT_EQ(estimate_index(highest, sequence_of(index)), index) << highest << " " << distance;
    }
  }
}

}  // namespace
}  // namespace sallyport::crypto
