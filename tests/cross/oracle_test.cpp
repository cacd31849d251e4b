// Every suite on every engine against libSRTP, packet by packet: what one seals the other opens, and RTP is equal to
// the byte. SRTCP indices differ (RFC 3711 3.4 starts at 0, libSRTP at 1), so SRTCP is compared by opening.
#include <gtest/gtest.h>

#include "tests/cross/libsrtp_party.hpp"
#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto::test {
namespace {

constexpr std::size_t kSizes[] = {0, 1, 15, 16, 17, 20, 160, 1200, 1400};

class Oracle : public testing::TestWithParam<Suite> {
 protected:
  const Suite& suite() const { return *find_suite(GetParam().name); }
};

TEST_P(Oracle, RtpOfEverySizeAndHeaderIsByteEqual) {
  for (const NamedEngine& named : all_engines()) {
    SCOPED_TRACE(named.name);
    Endpoint ours(*named.engine, suite(), make_master(1));
    LibSrtpParty oracle(suite(), make_master(1), LibSrtpParty::Direction::kSend);
    LibSrtpParty oracle_receiver(suite(), make_master(1), LibSrtpParty::Direction::kReceive);
    Endpoint our_receiver(*named.engine, suite(), make_master(1));
    std::uint16_t sequence = 100;
    for (const std::size_t size : kSizes) {
      for (const bool with_extras : {false, true}) {
        const std::uint8_t extras = with_extras ? 3 : 0;
        const Bytes clear =
            make_rtp({.sequence = ++sequence, .payload = size, .csrcs = extras, .extension_words = extras});
        Bytes by_us = clear;
        Bytes by_oracle = clear;
        ASSERT_EQ(ours.protect(PacketKind::kRtp, by_us), Verdict::kOk);
        ASSERT_TRUE(oracle.protect(PacketKind::kRtp, by_oracle));
        ASSERT_EQ(to_hex(by_us), to_hex(by_oracle)) << size;
        ASSERT_TRUE(oracle_receiver.unprotect(PacketKind::kRtp, by_us));
        ASSERT_EQ(our_receiver.unprotect(PacketKind::kRtp, by_oracle), Verdict::kOk);
        EXPECT_EQ(by_us, clear);
        EXPECT_EQ(by_oracle, clear);
      }
    }
  }
}

TEST_P(Oracle, RtcpOpensBothWays) {
  for (const NamedEngine& named : all_engines()) {
    SCOPED_TRACE(named.name);
    Endpoint ours(*named.engine, suite(), make_master(1));
    Endpoint our_receiver(*named.engine, suite(), make_master(1));
    LibSrtpParty oracle(suite(), make_master(1), LibSrtpParty::Direction::kSend);
    LibSrtpParty oracle_receiver(suite(), make_master(1), LibSrtpParty::Direction::kReceive);
    for (const std::size_t size : kSizes) {
      const Bytes clear = make_rtcp(77, size);
      Bytes by_us = clear;
      Bytes by_oracle = clear;
      ASSERT_EQ(ours.protect(PacketKind::kRtcp, by_us), Verdict::kOk);
      ASSERT_TRUE(oracle_receiver.unprotect(PacketKind::kRtcp, by_us)) << size;
      EXPECT_EQ(by_us, clear);
      ASSERT_TRUE(oracle.protect(PacketKind::kRtcp, by_oracle));
      ASSERT_EQ(our_receiver.unprotect(PacketKind::kRtcp, by_oracle), Verdict::kOk) << size;
      EXPECT_EQ(by_oracle, clear);
    }
  }
}

TEST_P(Oracle, RtcpOfTheSameIndexIsByteEqual) {
  for (const NamedEngine& named : all_engines()) {
    SCOPED_TRACE(named.name);
    Endpoint ours(*named.engine, suite(), make_master(5));
    LibSrtpParty oracle(suite(), make_master(5), LibSrtpParty::Direction::kSend);
    Bytes skipped = make_rtcp(77, 20);
    ASSERT_EQ(ours.protect(PacketKind::kRtcp, skipped), Verdict::kOk);
    for (const std::size_t size : {20, 64, 200}) {
      Bytes by_us = make_rtcp(77, size);
      Bytes by_oracle = by_us;
      ASSERT_EQ(ours.protect(PacketKind::kRtcp, by_us), Verdict::kOk);
      ASSERT_TRUE(oracle.protect(PacketKind::kRtcp, by_oracle));
      EXPECT_EQ(to_hex(by_us), to_hex(by_oracle));
    }
  }
}

/// Three sequence wraps with loss, in step with libSRTP in both directions.
TEST_P(Oracle, SequenceWrapsInStep) {
  for (const NamedEngine& named : all_engines()) {
    SCOPED_TRACE(named.name);
    Endpoint ours(*named.engine, suite(), make_master(2));
    Endpoint our_receiver(*named.engine, suite(), make_master(2));
    LibSrtpParty oracle(suite(), make_master(2), LibSrtpParty::Direction::kSend);
    LibSrtpParty oracle_receiver(suite(), make_master(2), LibSrtpParty::Direction::kReceive);
    for (std::uint32_t position = 65500; position < 4 * 65536; position += position % 65536 < 65300 ? 6007 : 17) {
      const Bytes clear = make_rtp({.sequence = static_cast<std::uint16_t>(position), .payload = 33});
      Bytes by_us = clear;
      Bytes by_oracle = clear;
      ASSERT_EQ(ours.protect(PacketKind::kRtp, by_us), Verdict::kOk) << position;
      ASSERT_TRUE(oracle.protect(PacketKind::kRtp, by_oracle)) << position;
      ASSERT_EQ(by_us, by_oracle) << position;
      ASSERT_TRUE(oracle_receiver.unprotect(PacketKind::kRtp, by_us)) << position;
      ASSERT_EQ(our_receiver.unprotect(PacketKind::kRtp, by_oracle), Verdict::kOk) << position;
      ASSERT_EQ(our_receiver.last_index(), position);
    }
  }
}

TEST_P(Oracle, AgreesOnWhatIsForged) {
  const auto engine = make_engine(EngineKind::kIpsecMb);
  Endpoint ours(*engine, suite(), make_master(3));
  Endpoint our_receiver(*engine, suite(), make_master(3));
  LibSrtpParty oracle_receiver(suite(), make_master(3), LibSrtpParty::Direction::kReceive);
  Bytes sealed = make_rtp({.payload = 40});
  ASSERT_EQ(ours.protect(PacketKind::kRtp, sealed), Verdict::kOk);
  for (std::size_t byte = 1; byte < sealed.size(); ++byte) {
    Bytes for_us = sealed;
    for_us[byte] ^= 0x10;
    Bytes for_oracle = for_us;
    EXPECT_EQ(our_receiver.unprotect(PacketKind::kRtp, for_us), Verdict::kAuthFailed) << byte;
    EXPECT_FALSE(oracle_receiver.unprotect(PacketKind::kRtp, for_oracle)) << byte;
  }
}

INSTANTIATE_TEST_SUITE_P(EverySuite, Oracle, testing::ValuesIn(kSuites),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace sallyport::crypto::test
