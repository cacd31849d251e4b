// Master keys that are kept for further epochs: what is made from them, and where the next key begins.
#include "controlplane/session/key_epochs.hpp"

#include <gtest/gtest.h>

#include "crypto/engines/openssl.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using crypto::PacketKind;

/// An engine that sometimes has no room for another key, as a crypto device may not.
class FullEngine : public crypto::Engine {
 public:
  bool full = false;

  crypto::EngineKind kind_for(const crypto::Suite& suite) const noexcept override { return engine_.kind_for(suite); }
  std::string_view description() const noexcept override { return engine_.description(); }
  bool supports(const crypto::Suite& suite) const noexcept override { return engine_.supports(suite); }
  crypto::KeyRelease expand(const crypto::Suite& suite, const crypto::SessionKeys& keys,
                            crypto::KeyRecord& record) override {
    if (full) throw SetupError("no room");
    return engine_.expand(suite, keys, record);
  }
  void seal(std::span<crypto::Job> jobs) noexcept override { engine_.seal(jobs); }
  void open(std::span<crypto::Job> jobs) noexcept override { engine_.open(jobs); }

 private:
  crypto::OpenSslEngine engine_;
};

class KeyEpochsTest : public testing::Test {
 protected:
  KeyEpochsTest() {
    for (std::size_t i = 0; i < master_.key.size(); ++i) master_.key.data()[i] = static_cast<std::uint8_t>(i);
    context_ = std::make_unique<crypto::Context>(engine_, suite_, master_, options_);
    epochs_.remember(*context_, master_, options_);
  }
  void ask(std::initializer_list<std::uint64_t> asked, bool claimed = false) {
    for (const std::uint64_t epoch : asked) {
      const auto made = epochs_.make({{}, context_.get(), PacketKind::kRtp, epoch, claimed});
      ASSERT_NE(made, nullptr);
      EXPECT_EQ(made->epoch(), epoch);
      EXPECT_EQ(made->kind(), PacketKind::kRtp);
    }
  }
  std::uint64_t next_key_begins_with() {
    crypto::ContextOptions next;
    epochs_.follow(context_.get(), next);
    EXPECT_EQ(next.rtcp_epoch, 0U);
    return next.rtp_epoch;
  }

  FullEngine engine_;
  const crypto::Suite& suite_ = *crypto::find_suite("AES_CM_128_HMAC_SHA1_80");
  crypto::MasterKey master_;
  crypto::ContextOptions options_{.parameters = {.key_derivation_rate = 8}};
  std::unique_ptr<crypto::Context> context_;
  KeyEpochs epochs_{engine_};
};

TEST_F(KeyEpochsTest, AKeyFollowsWhereTheOneBeforeIs) {
  EXPECT_EQ(next_key_begins_with(), 0U);
  ask({3, 4, 5});  // while the stream is in 1, 2, 3
  EXPECT_EQ(next_key_begins_with(), 3U);
}

TEST_F(KeyEpochsTest, AForgedPacketMovesNothing) {
  ask({3});
  ask({1'000'000}, true);
  EXPECT_EQ(next_key_begins_with(), 1U);
  ask({4});
  EXPECT_EQ(next_key_begins_with(), 2U);
}

TEST_F(KeyEpochsTest, AStreamThatJumpedIsFollowed) {
  ask({3});
  ask({900}, true);
  ask({900, 901, 902});
  EXPECT_EQ(next_key_begins_with(), 900U);
}

TEST_F(KeyEpochsTest, WhatFailedIsThereToBeTriedAgain) {
  const auto due = [this](std::uint64_t epoch, PacketKind kind) {
    return dataplane::EpochDue{.stream = {}, .context = context_.get(), .kind = kind, .epoch = epoch};
  };
  EXPECT_TRUE(epochs_.take_failed().empty());
  engine_.full = true;
  EXPECT_THROW(epochs_.make(due(3, PacketKind::kRtp)), SetupError);
  EXPECT_THROW(epochs_.make(due(3, PacketKind::kRtcp)), SetupError);
  EXPECT_THROW(epochs_.make(due(9, PacketKind::kRtp)), SetupError);
  auto failed = epochs_.take_failed();
  ASSERT_EQ(failed.size(), 2U) << "one of a kind";
  EXPECT_EQ(failed[0].kind, PacketKind::kRtcp);
  EXPECT_EQ(failed[1].epoch, 9U) << "the last one";
  EXPECT_TRUE(epochs_.take_failed().empty());

  EXPECT_THROW(epochs_.make(failed[1]), SetupError) << "still";
  failed = epochs_.take_failed();
  ASSERT_EQ(failed.size(), 1U);
  engine_.full = false;
  const auto made = epochs_.make(failed[0]);
  ASSERT_NE(made, nullptr);
  EXPECT_EQ(made->epoch(), 9U);
  EXPECT_TRUE(epochs_.take_failed().empty());

  engine_.full = true;
  EXPECT_THROW(epochs_.make(due(10, PacketKind::kRtp)), SetupError);
  epochs_.forget(context_.get());
  EXPECT_TRUE(epochs_.take_failed().empty()) << "nobody needs it any more";
}

TEST_F(KeyEpochsTest, WhatIsNeverPublishedIsForgotten) {
  epochs_.published();
  const crypto::Context refused(engine_, suite_, master_, options_);
  epochs_.remember(refused, master_, options_);
  const auto due = [](const crypto::Context& key) {
    return dataplane::EpochDue{.stream = {}, .context = &key, .kind = crypto::PacketKind::kRtp, .epoch = 3};
  };
  EXPECT_NE(epochs_.make(due(refused)), nullptr);
  epochs_.forget_unpublished();
  EXPECT_EQ(epochs_.make(due(refused)), nullptr);
  epochs_.forget_unpublished();
  EXPECT_NE(epochs_.make(due(*context_)), nullptr);
}

TEST_F(KeyEpochsTest, OthersAreNotRemembered) {
  EXPECT_EQ(epochs_.make({{}, nullptr, PacketKind::kRtp, 1, false}), nullptr);
  const crypto::Context plain(engine_, suite_, master_);
  epochs_.remember(plain, master_, {});
  EXPECT_EQ(epochs_.make({{}, &plain, PacketKind::kRtp, 1, false}), nullptr) << "its session keys never change";
  epochs_.forget(context_.get());
  EXPECT_EQ(epochs_.make({{}, context_.get(), PacketKind::kRtp, 1, false}), nullptr);
}

}  // namespace
}  // namespace sallyport::controlplane
