// Reports through legs that send under numbers of their own: both parties must read the truth about what they sent and
// got.
#include <gtest/gtest.h>

#include "tests/scenario/call.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::DropReason;
using dataplane::RtcpMode;

constexpr std::uint32_t kWest = 0x11111111;
constexpr std::uint32_t kEast = 0x22222222;

struct Variant {
  std::string name;
  std::string west_suite;  ///< empty: RTP
  std::string east_suite;
  RtcpMode rtcp;
  Layout layout;
};
void PrintTo(const Variant& variant, std::ostream* out) { *out << variant.name; }

Leg leg_of(const std::string& name, const std::string& suite, RtcpMode rtcp) {
  Leg leg = suite.empty() ? plain_leg(name) : secure_leg(name, suite);
  leg.rtcp = rtcp;
  return leg;
}

class Reports : public testing::TestWithParam<Variant> {
 protected:
  Reports()
      : call_({.layout = GetParam().layout}, {leg_of("west", GetParam().west_suite, GetParam().rtcp),
                                              leg_of("east", GetParam().east_suite, GetParam().rtcp)}) {}
  /// RTP from a leg; what its peer got.
  Bytes speak(const std::string& from, const std::string& to, std::uint32_t ssrc, std::uint16_t sequence) {
    call_.send(from, Rtp().ssrc(ssrc).sequence(sequence).timestamp(sequence * 160U).bytes());
    return call_.received_one(to).clear;
  }
  Bytes report(const std::string& from, const std::string& to, const Bytes& packet) {
    call_.send_rtcp(from, packet);
    const Received got = call_.received_one(to);
    EXPECT_TRUE(got.rtcp);
    return got.clear;
  }
  Call call_;
};

TEST_P(Reports, SenderReportMatchesTheMedia) {
  const Bytes heard = speak("west", "east", kWest, 500);
  const Bytes got = report("west", "east", sender_report(kWest, 80160));
  EXPECT_EQ(got, sender_report(ssrc_of(heard), timestamp_of(heard) + 160)) << "same clock offset as the RTP packets";
}

TEST_P(Reports, SenderReportBeforeAnyMediaNamesTheSsrcToCome) {
  const Bytes got = report("west", "east", sender_report(kWest, 0));
  const Bytes heard = speak("west", "east", kWest, 0);
  EXPECT_EQ(got, sender_report(ssrc_of(heard), timestamp_of(heard)));
}

TEST_P(Reports, ReceiverReportIsAboutWhatTheSourceSent) {
  const Bytes first = speak("west", "east", kWest, 65535);
  const Bytes second = speak("west", "east", kWest, 0);
  // The far party counts cycles of the numbers that it sees.
  const std::uint32_t cycle = sequence_of(second) < sequence_of(first) ? 0x10000 : 0;
  const ReportBlock seen{.ssrc = ssrc_of(second),
                         .highest = cycle + sequence_of(second),
                         .fraction_lost = 7,
                         .jitter = 3,
                         .last_sr = 0x12345678,
                         .delay = 99};
  ReportBlock sent = seen;
  sent.ssrc = kWest;
  sent.highest = 0x10000;  // 65535, then 0: one cycle
  const Bytes got = report("east", "west", receiver_report(kEast, {seen}));
  EXPECT_EQ(be32(got, 0), 0x81c90007U);
  EXPECT_EQ(Bytes(got.begin() + 8, got.end()), [&] {
    const Bytes expected = receiver_report(kEast, {sent});
    return Bytes(expected.begin() + 8, expected.end());
  }());
}

TEST_P(Reports, BothWaysInOneCompound) {
  const Bytes from_west = speak("west", "east", kWest, 100);
  const Bytes from_east = speak("east", "west", kEast, 7000);
  const Bytes got =
      report("east", "west",
             compound({sender_report(kEast, 1120000, {{.ssrc = ssrc_of(from_west), .highest = sequence_of(from_west)}}),
                       source_description({{kEast, "east@example"}})}));
  EXPECT_EQ(got,
            compound({sender_report(ssrc_of(from_east), timestamp_of(from_east), {{.ssrc = kWest, .highest = 100}}),
                      source_description({{ssrc_of(from_east), "east@example"}})}));
}

TEST_P(Reports, ByeIsUnderTheSsrcThatWasHeard) {
  const Bytes heard = speak("west", "east", kWest, 1);
  const Bytes got = report("west", "east", compound({receiver_report(kWest), bye({kWest})}));
  EXPECT_EQ(got, compound({receiver_report(ssrc_of(heard)), bye({ssrc_of(heard)})}));
}

TEST_P(Reports, NackAsksForWhatTheSourceSent) {
  const Bytes heard = speak("west", "east", kWest, 4321);
  const Bytes got = report("east", "west", nack(kEast, ssrc_of(heard), {{sequence_of(heard), 0x8001}}));
  EXPECT_EQ(Bytes(got.begin() + 8, got.end()), (Bytes{0x11, 0x11, 0x11, 0x11, 4321 >> 8, 4321 & 0xff, 0x80, 0x01}));
}

const std::string kCm = "AES_CM_128_HMAC_SHA1_80";
const std::string kGcm = "AEAD_AES_256_GCM";

INSTANTIATE_TEST_SUITE_P(Variants, Reports,
                         testing::Values(Variant{"PlainSecurePair", "", kCm, RtcpMode::kPair, kOneWorker},
                                         Variant{"PlainSecureMux", "", kCm, RtcpMode::kMux, kOneWorker},
                                         Variant{"SecureSecurePair", kGcm, kCm, RtcpMode::kPair, kOneWorker},
                                         Variant{"SecureSecureMux", kGcm, kGcm, RtcpMode::kMux, kTwoWorkers},
                                         Variant{"SecureSecureHandedOver", kCm, kGcm, RtcpMode::kPair,
                                                 kTwoWorkersOneQueue},
                                         Variant{"PlainPlain", "", "", RtcpMode::kPair, kTwoWorkers}),
                         [](const auto& variant) { return variant.param.name; });

}  // namespace
}  // namespace sallyport::scenario
