// The product and the model where indices turn: at the halves of the sequence space, at every wrap, at the window's
// edges and at the end of all indices (RFC 3711 3.3.1, 3.3.2, 9.2, Appendix A). One packet at a time, so that nothing
// but the rules decides.
#include <gtest/gtest.h>

#include "tests/cross/fixed_traffic.hpp"
#include "tests/cross/model/keys.hpp"
#include "tests/cross/traffic/model_end.hpp"
#include "tests/cross/traffic/product_end.hpp"

namespace sallyport::traffic {
namespace {

constexpr std::uint32_t kSsrc = 7;
constexpr std::uint32_t kLastRoc = 0xffffffff;

Bytes sealed_at(const Agreement& agreement, std::uint64_t index) {
  const Bytes clear = fixed_rtp({.ssrc = kSsrc, .sequence = static_cast<std::uint16_t>(index)}, 20);
  const model::SessionKeys keys = model::session_keys(agreement.session, agreement.keys[0], Kind::kRtp, index);
  return model::protect(agreement.session, keys, {}, Kind::kRtp, clear, index);
}

class Boundaries : public testing::TestWithParam<const char*> {
 protected:
  Boundaries()
      : agreement_(fixed_agreement(GetParam(), 3)), engine_(crypto::make_engine(crypto::EngineKind::kOpenSsl)) {}

  /// Both senders where `highest` was the last index.
  void start_senders(std::uint64_t highest) {
    for (SendingEnd* end : std::initializer_list<SendingEnd*>{&product_, &model_}) {
      end->set_keys(0, agreement_, false);
      end->set_roc(0, kSsrc, static_cast<std::uint32_t>(highest >> 16));
    }
    send(static_cast<std::uint16_t>(highest));
  }
  /// Whether both protect it, which has to be to the same bytes.
  bool send(std::uint16_t sequence) {
    const Item item{0, Kind::kRtp, fixed_rtp({.ssrc = kSsrc, .sequence = sequence}, 20)};
    const Outcome product = product_.protect({item}).front();
    const Outcome model = model_.protect({item}).front();
    EXPECT_EQ(product.accepted, model.accepted) << sequence;
    EXPECT_EQ(product.packet, model.packet) << sequence;
    return product.accepted;
  }
  void start_receivers(std::uint64_t highest) {
    for (ReceivingEnd* end : std::initializer_list<ReceivingEnd*>{&product_receiver_, &model_receiver_}) {
      end->set_keys(0, agreement_, false);
      end->set_roc(0, kSsrc, static_cast<std::uint32_t>(highest >> 16));
    }
    EXPECT_TRUE(receive(highest));
  }
  /// Whether both open what was sealed at that index.
  bool receive(std::uint64_t index) {
    const Item item{0, Kind::kRtp, sealed_at(agreement_, index)};
    const Outcome product = product_receiver_.unprotect({item}).front();
    const Outcome model = model_receiver_.unprotect({item}).front();
    EXPECT_EQ(product.accepted, model.accepted) << index;
    if (product.accepted) {
      EXPECT_EQ(product.packet, model.packet) << index;
    }
    return product.accepted;
  }

  Agreement agreement_;
  std::unique_ptr<crypto::Engine> engine_;
  ProductSender product_{*engine_};
  ModelSender model_;
  ProductReceiver product_receiver_{*engine_};
  ModelReceiver model_receiver_;
};

/// How far from the highest a sequence number may be.
std::vector<std::uint16_t> distances() {
  std::vector<std::uint16_t> all;
  for (const std::uint32_t centre : {0U, 128U, 0x8000U, 0x10000U - 128U}) {
    for (std::uint32_t i = centre - 3; i != centre + 4; ++i) all.push_back(static_cast<std::uint16_t>(i));
  }
  return all;
}

std::vector<std::uint64_t> indices() {
  std::vector<std::uint64_t> all;
  for (const std::uint32_t roc : {0U, 1U, 5U, kLastRoc - 1, kLastRoc}) {
    for (const std::uint32_t sequence : {0U, 1U, 127U, 128U, 0x7ffeU, 0x7fffU, 0x8000U, 0x8001U, 0xfffeU, 0xffffU}) {
      all.push_back(std::uint64_t{roc} << 16 | sequence);
    }
  }
  return all;
}

TEST_P(Boundaries, SendersEstimateAlike) {
  for (const std::uint64_t highest : indices()) {
    for (const std::uint16_t distance : distances()) {
      SCOPED_TRACE(std::to_string(highest) + " + " + std::to_string(distance));
      start_senders(highest);
      send(static_cast<std::uint16_t>(highest + distance));
      if (HasFailure()) return;
    }
  }
}

TEST_P(Boundaries, ReceiversEstimateAlike) {
  for (const std::uint64_t highest : indices()) {
    for (const std::uint16_t distance : distances()) {
      // The sequence number under each ROC that it may have.
      for (std::int64_t roc = static_cast<std::int64_t>(highest >> 16) - 1; roc < 3 + std::int64_t(highest >> 16);
           ++roc) {
        if (roc < 0 || roc > kLastRoc) continue;
        const auto sequence = static_cast<std::uint16_t>(highest + distance);
        SCOPED_TRACE(std::to_string(highest) + " then " + std::to_string(roc) + ":" + std::to_string(sequence));
        start_receivers(highest);
        receive(static_cast<std::uint64_t>(roc) << 16 | sequence);
        if (HasFailure()) return;
      }
    }
  }
}

/// RFC 3711 9.2: behind index 2^48 - 1 comes nothing under the same key.
TEST_P(Boundaries, TheLastIndexIsTheEnd) {
  const std::uint64_t last = (std::uint64_t{kLastRoc} << 16) + 0xffff;
  start_senders(last - 2);
  start_receivers(last - 2);
  EXPECT_TRUE(send(0xfffe));
  EXPECT_TRUE(send(0xffff));
  EXPECT_FALSE(send(0));
  EXPECT_FALSE(send(1));
  EXPECT_TRUE(receive(last));
  EXPECT_TRUE(receive(last - 1));
  EXPECT_FALSE(receive(0));
}

/// RFC 4568 6.1: not one packet more than was agreed, whichever way it takes, sending and receiving.
TEST_P(Boundaries, TheLifetimeIsKeptToThePacket) {
  constexpr std::uint64_t kLifetime = 150;
  agreement_.keys[0].lifetime = kLifetime;
  for (SendingEnd* end : std::initializer_list<SendingEnd*>{&product_, &model_}) end->set_keys(0, agreement_, false);
  for (ReceivingEnd* end : std::initializer_list<ReceivingEnd*>{&product_receiver_, &model_receiver_}) {
    end->set_keys(0, agreement_, false);
  }
  for (std::uint16_t i = 1; i <= kLifetime + 10; ++i) {
    EXPECT_EQ(send(i), i <= kLifetime) << i;
    EXPECT_EQ(receive(i), i <= kLifetime) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(OfEachKind, Boundaries,
                         testing::Values("AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "F8_128_HMAC_SHA1_80"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace sallyport::traffic
