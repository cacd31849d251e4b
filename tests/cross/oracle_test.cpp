// Every suite that libSRTP has, on every engine, packet by packet: what one seals is what the other seals, to the byte,
// and each opens it.
#include <gtest/gtest.h>

#include "tests/cross/engines_here.hpp"
#include "tests/cross/fixed_traffic.hpp"
#include "tests/cross/traffic/libsrtp_end.hpp"
#include "tests/cross/traffic/product_end.hpp"

namespace sallyport::traffic {
namespace {

using crypto::test::engines_here;
using crypto::test::NamedEngine;

constexpr std::size_t kSizes[] = {0, 1, 15, 16, 17, 20, 31, 32, 33, 63, 64, 65, 160, 1200, 1400, 1500};

/// Both implementations with the same keys, both as sender and receiver.
struct Pair {
  Pair(crypto::Engine& engine, const Agreement& agreement) : sender(engine), receiver(engine) {
    for (SendingEnd* end : std::initializer_list<SendingEnd*>{&sender, &their_sender}) {
      end->set_keys(0, agreement, false);
    }
    for (ReceivingEnd* end : std::initializer_list<ReceivingEnd*>{&receiver, &their_receiver}) {
      end->set_keys(0, agreement, false);
    }
  }
  /// Both seal the same, and open what the other sealed.
  void exchange(Kind kind, const Bytes& clear) {
    const Outcome ours = sender.protect({{0, kind, clear}}).front();
    const Outcome theirs = their_sender.protect({{0, kind, clear}}).front();
    ASSERT_TRUE(ours.accepted && theirs.accepted);
    ASSERT_EQ(ours.packet, theirs.packet);
    const Outcome opened = receiver.unprotect({{0, kind, theirs.packet}}).front();
    const Outcome opened_by_them = their_receiver.unprotect({{0, kind, ours.packet}}).front();
    ASSERT_TRUE(opened.accepted && opened_by_them.accepted);
    ASSERT_EQ(opened.packet, clear);
    ASSERT_EQ(opened_by_them.packet, clear);
  }

  ProductSender sender;
  ProductReceiver receiver;
  LibSrtpSender their_sender;
  LibSrtpReceiver their_receiver;
};

class Oracle : public testing::TestWithParam<std::string> {
 protected:
  /// With every engine that has the suite.
  template <class Check>
  void with_every_engine(const Agreement& agreement, Check check) {
    for (const NamedEngine& named : engines_here()) {
      if (!named.engine->supports(*crypto::find_suite(GetParam()))) continue;
      SCOPED_TRACE(named.name);
      Pair pair(*named.engine, agreement);
      check(pair);
      if (HasFatalFailure()) return;
    }
  }
};

TEST_P(Oracle, RtpOfEverySizeAndHeader) {
  with_every_engine(fixed_agreement(GetParam(), 1), [](Pair& pair) {
    std::uint16_t sequence = 100;
    for (const std::size_t size : kSizes) {
      for (const std::size_t extras : {0U, 3U}) {
        pair.exchange(Kind::kRtp,
                      fixed_rtp({.sequence = ++sequence, .csrcs = extras, .extension_words = extras}, size));
      }
    }
  });
}

/// RFC 3711 3.4 starts at index 0, libSRTP at 1.
TEST_P(Oracle, RtcpOfEverySize) {
  with_every_engine(fixed_agreement(GetParam(), 2), [](Pair& pair) {
    pair.sender.skip_srtcp_index(0, 77);
    for (const std::size_t size : kSizes) pair.exchange(Kind::kRtcp, fixed_rtcp(77, size));
  });
}

TEST_P(Oracle, RtcpThatIsNotEncrypted) {
  Agreement agreement = fixed_agreement(GetParam(), 3);
  agreement.session.unencrypted_srtcp = true;
  with_every_engine(agreement, [](Pair& pair) {
    pair.sender.skip_srtcp_index(0, 77);
    for (const std::size_t size : kSizes) pair.exchange(Kind::kRtcp, fixed_rtcp(77, size));
  });
}

/// Three sequence wraps with loss.
TEST_P(Oracle, SequenceWrapsInStep) {
  with_every_engine(fixed_agreement(GetParam(), 4), [](Pair& pair) {
    for (std::uint32_t position = 65500; position < 4 * 65536; position += position % 65536 < 65300 ? 6007 : 17) {
      pair.exchange(Kind::kRtp, fixed_rtp({.sequence = static_cast<std::uint16_t>(position)}, 33));
    }
  });
}

TEST_P(Oracle, AgreesOnWhatIsForged) {
  with_every_engine(fixed_agreement(GetParam(), 5), [](Pair& pair) {
    const Bytes sealed = pair.sender.protect({{0, Kind::kRtp, fixed_rtp({}, 40)}}).front().packet;
    for (std::size_t byte = 0; byte < sealed.size(); ++byte) {
      Bytes forged = sealed;
      forged[byte] ^= 0x10;
      EXPECT_FALSE(pair.receiver.unprotect({{0, Kind::kRtp, forged}}).front().accepted) << byte;
      EXPECT_FALSE(pair.their_receiver.unprotect({{0, Kind::kRtp, forged}}).front().accepted) << byte;
    }
  });
}

INSTANTIATE_TEST_SUITE_P(EverySuite, Oracle, testing::ValuesIn(libsrtp_suites()),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace sallyport::traffic
