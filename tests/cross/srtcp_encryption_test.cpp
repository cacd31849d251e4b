// SRTCP says itself whether it is encrypted (RFC 3711 3.4): what a receiver takes when the sender does other than was
// agreed (field case 11). The sender is the model, every suite, every engine receives.
#include <gtest/gtest.h>

#include "tests/cross/engines_here.hpp"
#include "tests/cross/fixed_traffic.hpp"
#include "tests/cross/traffic/model_end.hpp"
#include "tests/cross/traffic/product_end.hpp"

namespace sallyport::traffic {
namespace {

class SrtcpEncryption : public testing::TestWithParam<std::string> {
 protected:
  struct Agreed {
    bool sender_encrypts;
    bool receiver_expects_encryption;
    bool tolerated = false;
  };

  /// Whether every engine accepts what is sent so. Where it does, it has to be what was said.
  void expect(bool accepted, const Agreed& agreed) {
    Agreement sending = fixed_agreement(GetParam(), 8);
    Agreement receiving = sending;
    sending.session.unencrypted_srtcp = !agreed.sender_encrypts;
    receiving.session.unencrypted_srtcp = !agreed.receiver_expects_encryption;
    receiving.session.accept_unencrypted_srtcp = agreed.tolerated;
    ModelSender sender;
    sender.set_keys(0, sending, false);
    const Bytes clear = fixed_rtcp(3, 60);
    const Item sealed{0, Kind::kRtcp, sender.protect({{0, Kind::kRtcp, clear}}).front().packet};
    for (const crypto::test::NamedEngine& named : crypto::test::engines_here()) {
      if (!named.engine->supports(*crypto::find_suite(GetParam()))) continue;
      ProductReceiver receiver(*named.engine);
      receiver.set_keys(0, receiving, false);
      const Outcome outcome = receiver.unprotect({sealed}).front();
      EXPECT_EQ(outcome.accepted, accepted) << named.name;
      if (accepted) {
        EXPECT_EQ(outcome.packet, clear) << named.name;
      }
      EXPECT_EQ(receiver.highest(0, Kind::kRtcp, 3, false).has_value(), accepted) << named.name;
    }
  }
};

TEST_P(SrtcpEncryption, AsAgreed) {
  expect(true, {.sender_encrypts = true, .receiver_expects_encryption = true});
  expect(true, {.sender_encrypts = false, .receiver_expects_encryption = false});
}

TEST_P(SrtcpEncryption, MissingAgainstTheAgreement) {
  const bool nothing_is_missing = model::suite_named(GetParam()).cipher == model::Cipher::kNull;
  expect(nothing_is_missing, {.sender_encrypts = false, .receiver_expects_encryption = true});
  expect(true, {.sender_encrypts = false, .receiver_expects_encryption = true, .tolerated = true});
}

TEST_P(SrtcpEncryption, ThoughNotAgreed) {
  expect(true, {.sender_encrypts = true, .receiver_expects_encryption = false});
}

INSTANTIATE_TEST_SUITE_P(EverySuite, SrtcpEncryption, testing::ValuesIn(crypto::test::suites_of({})),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace sallyport::traffic
