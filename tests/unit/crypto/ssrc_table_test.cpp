// SSRCs of a key: the first in the context, the others in its table.
#include "crypto/ssrc_table.hpp"

#include <gtest/gtest.h>

#include "crypto/context.hpp"
#include "crypto/error.hpp"
#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

class Ssrcs : public testing::Test {
 protected:
  std::unique_ptr<Context> context(std::uint32_t max_ssrcs) {
    return std::make_unique<Context>(*engine_, kSuites[0], test::make_master(1),
                                     ContextOptions{.max_ssrcs = max_ssrcs});
  }
  std::unique_ptr<Engine> engine_ = make_engine(EngineKind::kOpenSsl);
};

TEST_F(Ssrcs, HoldExactlyTheirBoundAndForgetNothing) {
  const auto key = context(5);
  for (std::uint32_t ssrc = 0; ssrc < 5; ++ssrc) {
    SsrcState* state = key->find_or_add_ssrc(ssrc * 0x10000001);
    ASSERT_NE(state, nullptr);
    state->rtp.commit(ssrc + 1);
  }
  EXPECT_EQ(key->find_or_add_ssrc(99), nullptr);
  EXPECT_EQ(key->find_ssrc(99), nullptr);
  EXPECT_EQ(key->ssrc_count(), 5U);
  for (std::uint32_t ssrc = 0; ssrc < 5; ++ssrc) {
    ASSERT_NE(key->find_ssrc(ssrc * 0x10000001), nullptr);
    EXPECT_EQ(key->find_ssrc(ssrc * 0x10000001)->rtp.highest(), ssrc + 1);
  }
}

TEST_F(Ssrcs, WhatIsOnlyInheritedMakesRoomAndTheRestIsStillFound) {
  for (const std::uint32_t unmet : {1U, 4U, 8U}) {
    const auto before = context(8);
    for (std::uint32_t ssrc = 1; ssrc <= 8; ++ssrc) before->find_or_add_ssrc(ssrc)->rtp.commit(70000 + ssrc);
    const auto after = context(8);
    after->continue_from(*before);
    for (std::uint32_t ssrc = 1; ssrc <= 8; ++ssrc) {
      ASSERT_EQ(after->find_ssrc(ssrc)->rtp.highest(), 70000 + ssrc);
      if (ssrc != unmet) after->find_ssrc(ssrc)->rtp.commit(80000 + ssrc);
    }
    ASSERT_NE(after->find_or_add_ssrc(99), nullptr) << "in the place of the one that the new key never met";
    after->find_ssrc(99)->rtp.commit(1);
    EXPECT_EQ(after->find_ssrc(unmet), nullptr);
    EXPECT_EQ(after->find_or_add_ssrc(unmet), nullptr) << "all others were met";
    for (std::uint32_t ssrc = 1; ssrc <= 8; ++ssrc) {
      if (ssrc == unmet) continue;
      EXPECT_EQ(after->find_ssrc(ssrc)->rtp.highest(), 80000 + ssrc);
    }
  }
}

TEST_F(Ssrcs, AddingTwiceGivesTheSameState) {
  const auto key = context(2);
  for (const std::uint32_t ssrc : {7U, 8U}) {
    EXPECT_EQ(key->find_ssrc(ssrc), nullptr);
    SsrcState* state = key->find_or_add_ssrc(ssrc);
    EXPECT_EQ(key->find_or_add_ssrc(ssrc), state);
    EXPECT_EQ(key->find_ssrc(ssrc), state);
  }
}

TEST_F(Ssrcs, SsrcZeroIsAnSsrc) {
  const auto key = context(3);
  EXPECT_EQ(key->find_ssrc(0), nullptr);
  EXPECT_NE(key->find_or_add_ssrc(5), nullptr);
  EXPECT_EQ(key->find_ssrc(0), nullptr);
  EXPECT_NE(key->find_or_add_ssrc(0), nullptr);
  EXPECT_NE(key->find_ssrc(0), nullptr);
}

TEST_F(Ssrcs, EveryOneOfAFullTableIsFound) {
  const auto key = context(1000);
  for (std::uint32_t i = 0; i < 1000; ++i) ASSERT_NE(key->find_or_add_ssrc(i << 16), nullptr);
  for (std::uint32_t i = 0; i < 1000; ++i) ASSERT_NE(key->find_ssrc(i << 16), nullptr);
  EXPECT_EQ(key->find_ssrc(1), nullptr);
}

TEST_F(Ssrcs, AnAbsurdBoundIsRefused) {
  EXPECT_THROW(context(0), SetupError);
  EXPECT_THROW(context(Context::kMaxSsrcs + 1), SetupError);
}

}  // namespace
}  // namespace sallyport::crypto
