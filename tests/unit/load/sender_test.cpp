// Sender, SRTP, receiver and judge together over a link in memory: what was done on purpose is found exactly, and what
// happens on the way besides is found, too.
#include "perf/load/sender.hpp"

#include <gtest/gtest.h>

#include "crypto/rtp_wire.hpp"
#include "memory_link.hpp"
#include "perf/load/receiver.hpp"

namespace sallyport::load {
namespace {

constexpr std::uint32_t kLanes = 4;

LoadOptions options_with(const crypto::Suite* suite, const ImpairmentRates& rates = {}) {
  LoadOptions options;
  options.streams = kLanes;
  options.a.suite = options.b.suite = suite;
  options.impairment = rates;
  return options;
}

/// One direction without anything between sender and receiver.
class Path {
 public:
  explicit Path(const LoadOptions& load, std::uint8_t receiver_key = 7, const crypto::Mki& mki = {})
      : options(load), plan(kLanes), judge(judge_options(load), dataplane::Clock(1e9)) {
    for (StreamPlan& stream : plan) {
      stream.a.send_keys.emplace_back().master.key.data()[0] = 7;
      stream.b.receive_keys.emplace_back().master.key.data()[0] = receiver_key;
      stream.a.send_keys[0].mki = stream.b.receive_keys[0].mki = mki;
    }
    sender.emplace(options, Side::kA, SrtpSide(crypto, load.a, plan, &StreamPlan::a, &SidePlan::send_keys), link,
                   judge);
    receiver.emplace(load.rtcp, SrtpSide(crypto, load.b, plan, &StreamPlan::b, &SidePlan::receive_keys), judge);
  }

  static JudgeOptions judge_options(const LoadOptions& load) {
    JudgeOptions judge;
    judge.run = 99;
    judge.lanes = kLanes;
    judge.window = 4096;
    judge.late_ticks = ~dataplane::Tsc{0};
    judge.duplicates_pass = load.a.suite == nullptr;
    judge.bad_tags_arrive = judge.replays_arrive = true;
    return judge;
  }

  void offer(std::uint64_t turns) {
    while (sender->turns() < turns) sender->offer(turns - sender->turns());
  }

  /// Everything that lies in the link goes to the receiver, each packet by itself.
  void carry() {
    for (MemoryLink::Sent& sent : link.sent) {
      Packet packet{.data = sent.bytes.data(),
                    .length = static_cast<std::uint16_t>(sent.bytes.size()),
                    .room = static_cast<std::uint16_t>(sent.bytes.size()),
                    .flow = {sent.flow.stream, Side::kB},
                    .rtcp = sent.rtcp};
      receiver->take({&packet, 1}, dataplane::Clock::now());
    }
    link.sent.clear();
  }

  Findings finish() {
    while (!sender->finish()) {
    }
    carry();
    judge.finish();
    return judge.total();
  }

  LoadOptions options;
  std::vector<StreamPlan> plan;
  Crypto crypto{crypto::EngineKind::kOpenSsl};
  MemoryLink link;
  Judge judge;
  std::optional<Sender> sender;
  std::optional<Receiver> receiver;
};

TEST(Sender, TakesTurnsOverItsLanes) {
  Path path(options_with(nullptr));
  path.offer(2 * kLanes);
  ASSERT_EQ(path.link.sent.size(), 2 * kLanes);
  for (std::uint32_t i = 0; i < path.link.sent.size(); ++i) {
    const auto& sent = path.link.sent[i];
    EXPECT_EQ(sent.flow, (FlowId{i % kLanes, Side::kA}));
    EXPECT_EQ(sent.bytes.size(), crypto::kRtpFixedHeader + 160);
    EXPECT_EQ(sent.bytes[1], i < kLanes ? 0x80 : 0) << "marker on a lane's first packet";
  }
  const auto sequence = [&path](std::size_t i) { return crypto::rtp_sequence(path.link.sent[i].bytes.data()); };
  EXPECT_EQ(static_cast<std::uint16_t>(sequence(0) + 1), sequence(kLanes));
  EXPECT_EQ(faults(path.finish()), 0U);
}

TEST(Sender, EverySuiteComesBackRight) {
  for (const crypto::Suite& suite : crypto::kSuites) {
    Path path(options_with(&suite));
    path.offer(400);
    EXPECT_EQ(path.link.sent.front().bytes.size(), crypto::kRtpFixedHeader + 160U + suite.rtp_tag_len);
    const Findings found = path.finish();
    EXPECT_EQ(found.right, 400U) << suite.name;
    EXPECT_EQ(faults(found), 0U) << suite.name;
  }
}

TEST(Sender, SessionParametersAndMkisComeBackRight) {
  for (const char* name : {"AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM", "F8_128_HMAC_SHA1_80"}) {
    for (const crypto::SessionParameters& parameters : {crypto::SessionParameters{.unencrypted_srtp = true},
                                                        {.unencrypted_srtcp = true},
                                                        {.key_derivation_rate = 8},
                                                        {.replay_window = 1000}}) {
      LoadOptions options = options_with(crypto::find_suite(name));
      options.a.parameters = options.b.parameters = parameters;
      const crypto::Mki mki = parameters.key_derivation_rate == 0 ? crypto::Mki(1, 4) : crypto::Mki();
      Path path(options, 7, mki);
      path.offer(kLanes * 2000);
      const Findings found = path.finish();
      EXPECT_EQ(found.right, kLanes * 2000) << name;
      EXPECT_EQ(faults(found), 0U) << name;
    }
  }
}

/// The tag is what is damaged, also where the MKI follows it.
TEST(Sender, BadTagsAreBadTagsWithAnMki) {
  for (const char* name : {"AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM"}) {
    Path path(options_with(crypto::find_suite(name), {.bad_tag = 0.5}), 7, crypto::Mki(1, 4));
    path.offer(1000);
    const Findings found = path.finish();
    EXPECT_GT(found.auth_failed, 300U) << name;
    EXPECT_EQ(faults(found), 0U) << name;
  }
}

TEST(Sender, PayloadOfSrtpIsNotInTheClear) {
  Path path(options_with(crypto::find_suite("AEAD_AES_128_GCM")));
  path.offer(1);
  const auto& bytes = path.link.sent.front().bytes;
  EXPECT_FALSE(read_payload(std::span(bytes).subspan(crypto::kRtpFixedHeader)));
}

/// Nothing that a receiver could take for RTP, and what is left out is all that is missing.
TEST(Sender, MalformedPacketsAreNoRtp) {
  Path path(options_with(crypto::find_suite("AES_CM_128_HMAC_SHA1_80"), {.malformed = 0.5}));
  path.offer(1000);
  std::erase_if(path.link.sent, [](const MemoryLink::Sent& sent) { return !crypto::rtp_header_length(sent.bytes); });
  const std::size_t intact = path.link.sent.size();
  const Findings found = path.finish();
  EXPECT_GT(found.malformed, 300U);
  EXPECT_EQ(found.malformed + intact, 1000U);
  EXPECT_EQ(found.right, intact);
  EXPECT_EQ(faults(found), 0U);
}

class Damage : public testing::TestWithParam<const char*> {};

TEST_P(Damage, IsFoundExactly) {
  const crypto::Suite* suite = crypto::find_suite(GetParam());
  ImpairmentRates rates{.withheld = 0.03, .duplicated = 0.04, .reordered = 0.05};
  if (suite != nullptr) rates.bad_tag = 0.02;
  Path path(options_with(suite, rates));
  path.offer(8000);
  const Findings found = path.finish();
  EXPECT_EQ(found.offered, 8000U);
  EXPECT_GT(found.withheld, 150U);
  EXPECT_GT(found.sent_twice, 200U);
  EXPECT_GT(found.sent_late, 250U);
  EXPECT_EQ(found.received, found.offered - found.withheld + found.sent_twice);
  EXPECT_EQ(found.duplicated, found.sent_twice);
  EXPECT_EQ(found.reordered, found.sent_late);
  EXPECT_EQ(found.auth_failed, found.bad_tags);
  EXPECT_EQ(found.right, found.offered - found.withheld - found.bad_tags);
  EXPECT_EQ(faults(found), 0U);
}

INSTANTIATE_TEST_SUITE_P(Suites, Damage, testing::Values("RTP", "AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM"));

TEST(Sender, DamageOnTheWayIsFoundBesideDamageOnPurpose) {
  Path path(options_with(crypto::find_suite("AES_CM_128_HMAC_SHA1_80"), {.withheld = 0.05, .bad_tag = 0.05}));
  path.offer(1000);
  // One lost, one twice, one flipped bit. The first packets of a lane are not damaged on purpose with this seed.
  path.link.sent.erase(path.link.sent.begin() + 20);
  path.link.sent.push_back(path.link.sent[40]);
  path.link.sent[60].bytes[50] ^= 4;
  const Findings found = path.finish();
  EXPECT_EQ(found.lost, 2U) << "the lost one and the damaged one";
  EXPECT_EQ(found.unauthentic, 1U);
  EXPECT_EQ(found.extra_copies, 1U);
}

TEST(Sender, AWrongKeyFailsEverything) {
  Path path(options_with(crypto::find_suite("AEAD_AES_128_GCM")), 8);
  path.offer(100);
  const Findings found = path.finish();
  EXPECT_EQ(found.unauthentic, 100U);
  EXPECT_EQ(found.lost, 100U);
  EXPECT_EQ(found.right, 0U);
}

TEST(Sender, AFullLinkDelaysAndLosesNothing) {
  Path path(options_with(crypto::find_suite("AES_CM_128_HMAC_SHA1_80"), {.duplicated = 0.1, .reordered = 0.1}));
  path.link.room = 7;
  for (unsigned i = 0; path.sender->turns() < 1000; ++i) {
    path.link.buffers_free = i % 3 == 0 ? 0 : kBurst;
    path.sender->offer(1000 - path.sender->turns());
  }
  path.link.buffers_free = kBurst;
  EXPECT_EQ(faults(path.finish()), 0U);
}

TEST(Sender, APacketThatWaitsForItsSuccessorIsSentAtTheEnd) {
  Path path(options_with(nullptr, {.reordered = 1}));
  path.offer(kLanes);
  EXPECT_TRUE(path.link.sent.empty());
  const Findings found = path.finish();
  EXPECT_EQ(found.right, kLanes);
  EXPECT_EQ(found.sent_late, 0U) << "nothing overtook them";
}

TEST(Sender, ReportsGoToTheirOwnPortAndComeBackRight) {
  LoadOptions options = options_with(crypto::find_suite("AEAD_AES_256_GCM"));
  options.rtcp = RtcpMode::kPair;
  Path path(options);
  path.sender->offer_reports(kLanes);
  EXPECT_TRUE(path.link.sent.empty()) << "nothing was sent that could be reported";
  path.offer(kLanes);
  path.sender->offer_reports(kLanes);
  ASSERT_EQ(path.link.sent.size(), 2 * kLanes);
  EXPECT_TRUE(path.link.sent.back().rtcp);
  const Findings found = path.finish();
  EXPECT_EQ(found.reports_offered, kLanes);
  EXPECT_EQ(found.reports_right, kLanes);
  EXPECT_EQ(faults(found), 0U);
}

TEST(Receiver, TellsRtcpFromRtpOnOnePort) {
  LoadOptions options = options_with(crypto::find_suite("AES_CM_128_HMAC_SHA1_32"));
  options.rtcp = RtcpMode::kMux;
  Path path(options);
  path.offer(kLanes);
  path.sender->offer_reports(kLanes);
  EXPECT_FALSE(path.link.sent.back().rtcp);
  EXPECT_EQ(path.finish().reports_right, kLanes);
}

TEST(Receiver, AWrongSourceIsToldAndNotJudgedFurther) {
  Path path(options_with(nullptr));
  path.offer(1);
  auto bytes = path.link.sent.front().bytes;
  path.link.sent.clear();
  Packet packet{.data = bytes.data(),
                .length = static_cast<std::uint16_t>(bytes.size()),
                .flow = {0, Side::kB},
                .right_source = false};
  path.receiver->take({&packet, 1}, dataplane::Clock::now());
  const Findings found = path.finish();
  EXPECT_EQ(found.wrong_source, 1U);
  EXPECT_EQ(found.lost, 1U);
}

}  // namespace
}  // namespace sallyport::load
