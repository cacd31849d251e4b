// Media from each kind of leg to each other: RTP, and every suite, in both directions at once, in every shape that an
// RTP packet has (field case 18), over IPv4 and IPv6.
#include <gtest/gtest.h>

#include "tests/scenario/scenario.hpp"

namespace sallyport::scenario {
namespace {

const std::string kPlain = "RTP";

Leg leg_of(const std::string& name, const std::string& suite) {
  return suite == kPlain ? plain_leg(name) : secure_leg(name, suite);
}

/// Every payload size of interest, then every kind of header.
Sends all_shapes(const std::string& leg, std::uint16_t sequence) {
  Sends sends;
  const auto add = [&](Rtp rtp) {
    sends.emplace_back(leg, rtp.sequence(sequence).timestamp(sequence * 160U));
    ++sequence;
  };
  for (const std::size_t size : {0, 1, 15, 16, 17, 160, 1400}) add(Rtp().payload(size));
  add(Rtp().payload_type(101).marker());
  add(Rtp().csrcs({0xaaaa}));
  add(Rtp().csrcs(std::vector<std::uint32_t>(15, 0xbbbb)));
  add(Rtp().extension(0xbede, {0x10, 0x7f, 0x21, 1, 2}));               // one-byte (RFC 8285 4.2)
  add(Rtp().extension(0x1000, {1, 0, 2, 3, 7, 8, 9}).csrcs({0xaaaa}));  // two-byte (RFC 8285 4.3)
  add(Rtp().extension(0xbede, {}).payload(0));
  add(Rtp().padding(4));
  add(Rtp().padding(255).payload(1));
  return sends;
}

std::string test_name(std::string suite) {
  std::erase(suite, '_');
  return suite;
}

std::vector<Scenario> every_pair() {
  std::vector<std::string> kinds{kPlain};
  for (const crypto::Suite& suite : crypto::kSuites) kinds.emplace_back(suite.name);
  std::vector<Scenario> scenarios;
  for (const std::string& west : kinds) {
    for (const std::string& east : kinds) {
      scenarios.push_back({.name = test_name(west) + "_" + test_name(east),
                           .description = west + " to " + east + " and back, all shapes",
                           .legs = {leg_of("west", west), leg_of("east", east)},
                           .sends = all_shapes("west", 5000) + all_shapes("east", 40000) + talk("west", 5100, 100) +
                                    talk("east", 40100, 100)});
    }
  }
  return scenarios;
}

Leg over_ipv6(Leg leg) {
  leg.local.address = leg.side == Side::kWest ? "2001:db8::1" : "2001:db8:1::1";
  leg.remote.address = leg.side == Side::kWest ? "2001:db8::99" : "2001:db8:1::99";
  return leg;
}

Leg with_dscp(Leg leg, std::int8_t dscp) {
  leg.dscp = dscp;
  return leg;
}

std::vector<Scenario> address_families() {
  const std::string suite = "AES_CM_128_HMAC_SHA1_80";
  return {{.name = "Ipv4ToIpv6",
           .description = "an IPv4 RTP leg and an IPv6 SRTP leg",
           .legs = {plain_leg("west"), over_ipv6(secure_leg("east", suite))},
           .sends = all_shapes("west", 100) + all_shapes("east", 100)},
          {.name = "Ipv6ToIpv6",
           .description = "both legs on IPv6",
           .legs = {over_ipv6(secure_leg("west", suite)), over_ipv6(plain_leg("east"))},
           .sends = all_shapes("west", 100) + all_shapes("east", 100)}};
}

/// RTCP whose contents need no rewriting, since the secure legs pass numbers through.
std::vector<Scenario> rtcp_of_every_suite() {
  std::vector<Scenario> scenarios;
  for (const crypto::Suite& suite : crypto::kSuites) {
    Leg west = secure_leg("west", std::string(suite.name));
    Leg east = secure_leg("east", std::string(suite.name));
    west.tx_mode = east.tx_mode = dataplane::TxMode::kPassThrough;
    const Bytes report = compound({sender_report(0x11111111, 7), source_description({{0x11111111, "a@b.example"}})});
    Sends sends;
    for (int i = 0; i < 5; ++i) {
      sends.push_back(Send::rtcp("west", report));
      sends.push_back(Send::rtcp("east", receiver_report(0x22222222, {{.ssrc = 0x11111111, .highest = 9}})));
    }
    scenarios.push_back({.name = "Rtcp_" + test_name(std::string(suite.name)),
                         .description = "SRTCP both ways under " + std::string(suite.name),
                         .legs = {west, east},
                         .sends = sends});
  }
  return scenarios;
}

class Relay : public testing::TestWithParam<ScenarioRun> {};

TEST_P(Relay, Plays) { play(GetParam().scenario, GetParam().engine, GetParam().layout); }

const auto kNames = [](const auto& run) { return name_of(run.param); };
INSTANTIATE_TEST_SUITE_P(Pairs, Relay, testing::ValuesIn(runs_of(every_pair())), kNames);
INSTANTIATE_TEST_SUITE_P(Families, Relay, testing::ValuesIn(runs_of(address_families())), kNames);
INSTANTIATE_TEST_SUITE_P(Rtcp, Relay, testing::ValuesIn(runs_of(rtcp_of_every_suite())), kNames);

/// DSCP is kept, or set by the leg that sends; over both families.
TEST(RelayDscp, KeptOrSet) {
  for (const bool v6 : {false, true}) {
    for (const std::int8_t dscp : {dataplane::kKeepDscp, std::int8_t{0}, std::int8_t{34}}) {
      const Leg east = with_dscp(plain_leg("east"), dscp);
      Call call({}, {plain_leg("west"), v6 ? over_ipv6(east) : east});
      call.inject("west", call.frame("west", Rtp().bytes(), false).dscp(46).bytes());
      EXPECT_EQ(call.received_one("east").frame.dscp, dscp == dataplane::kKeepDscp ? 46 : dscp);
    }
  }
}

TEST(RelayCounters, SayWhatEachLegDid) {
  Call call({}, {plain_leg("west"), secure_leg("east", "AEAD_AES_128_GCM")});
  for (std::uint16_t i = 0; i < 10; ++i) call.send("west", Rtp().sequence(i).payload(160).bytes());
  call.send_rtcp("west", sender_report(0x11111111, 1));
  const auto got = call.received("east");
  ASSERT_EQ(got.size(), 11U);
  const auto& west = call.gateway().stream("west");
  const auto& east = call.gateway().stream("east");
  EXPECT_EQ(west.received(), 11U);
  EXPECT_EQ(west.rtcp_received.read(), 1U);
  EXPECT_EQ(west.received_bytes.read(), 1720U);
  EXPECT_GT(west.last_media.read(), 0U);
  EXPECT_EQ(east.sent.read(), 10U);
  EXPECT_EQ(east.sent_bytes.read(), 10U * (172 + 16));
  EXPECT_EQ(east.rtcp_sent.read(), 1U);
  EXPECT_EQ(east.out_ssrc.read(), ssrc_of(got.front().clear));
  EXPECT_EQ(west.sent.read() + east.received(), 0U);
  EXPECT_EQ(call.gateway().stream("west").quality.received(), 10U);
}

}  // namespace
}  // namespace sallyport::scenario
