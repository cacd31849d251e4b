// Negotiation with media services (requirements M7, M8; field case 9): the party offers and the service answers, or the
// service offers. One row each.
#include <gtest/gtest.h>

#include "controlplane/negotiation/sdes.hpp"
#include "controlplane/negotiation/sdes_key.hpp"
#include "tests/unit/negotiation/bench_call.hpp"

namespace sallyport::controlplane {
namespace {

std::vector<OwnSection> music() {
  return {{MediaKind::kAudio,
           {{0, "PCMU", 8000, 1, ""}, {8, "PCMA", 8000, 1, ""}, {101, "telephone-event", 8000, 1, "0-15"}},
           Direction::kSendRecv,
           20}};
}

std::vector<OwnSection> music_to(Direction direction) {
  std::vector<OwnSection> sections = music();
  sections[0].direction = direction;
  return sections;
}

struct ServiceCase {
  const char* name;
  const char* party;
  const char* offer;
  const char* answered;
  const char* leg;
};

const ServiceCase kCases[] = {
    {"M7_80_and_32_gets_80", "savp classic", "m=audio 4000 RTP/SAVP 0\na=crypto:1 $32\na=crypto:2 $80",
     "audio 20000 RTP/SAVP 0 sendrecv 2:80", "80 sendrecv 192.0.2.1:4000"},
    {"M7_32_only_gets_32", "savp classic", "m=audio 4000 RTP/SAVP 0\na=crypto:1 $32",
     "audio 20000 RTP/SAVP 0 sendrecv 1:32", "32 sendrecv 192.0.2.1:4000"},
    {"M7_80_only_gets_80", "savp classic", "m=audio 4000 RTP/SAVP 0\na=crypto:1 $80",
     "audio 20000 RTP/SAVP 0 sendrecv 1:80", "80 sendrecv 192.0.2.1:4000"},
    {"M7_neither_gets_rtp", "savp classic", "m=audio 4000 RTP/AVP 0", "audio 20000 RTP/AVP 0 sendrecv",
     "RTP sendrecv 192.0.2.1:4000"},
    {"M7_classic_with_gcm_only_gets_rtp", "best-effort classic", "m=audio 4000 RTP/AVP 0\na=crypto:1 $G256",
     "audio 20000 RTP/AVP 0 sendrecv", "RTP sendrecv 192.0.2.1:4000"},
    {"M7_classic_with_gcm_only_on_savp_is_refused", "savp classic", "m=audio 4000 RTP/SAVP 0\na=crypto:1 $G256",
     "refused: the profile demands SRTP, but no crypto line that was offered can be used", ""},
    {"M7_classic_takes_80_before_gcm", "savp classic",
     "m=audio 4000 RTP/SAVP 0\na=crypto:1 $G256\na=crypto:2 $256\na=crypto:3 $80",
     "audio 20000 RTP/SAVP 0 sendrecv 3:80", "80 sendrecv 192.0.2.1:4000"},
    {"M7_all_is_the_default_and_takes_gcm", "savp", "m=audio 4000 RTP/SAVP 0\na=crypto:1 $80\na=crypto:2 $G128",
     "audio 20000 RTP/SAVP 0 sendrecv 2:G128", "G128 sendrecv 192.0.2.1:4000"},
    {"M7_all_with_gcm_only_is_not_in_the_clear", "savp", "m=audio 4000 RTP/SAVP 0\na=crypto:1 $G256",
     "audio 20000 RTP/SAVP 0 sendrecv 1:G256", "G256 sendrecv 192.0.2.1:4000"},
    {"M7_strongest_limits_services_too", "savp strongest", "m=audio 4000 RTP/SAVP 0\na=crypto:1 $80\na=crypto:2 $G256",
     "audio 20000 RTP/SAVP 0 sendrecv 2:G256", "G256 sendrecv 192.0.2.1:4000"},
    {"M6_block_refuses_music_in_the_clear", "savp block", "m=audio 4000 RTP/AVP 0",
     "refused: block_unencrypted: no crypto line was offered", ""},
    {"music_to_a_party_that_only_listens", "never", "m=audio 4000 RTP/AVP 8\na=recvonly",
     "audio 20000 RTP/AVP 8 sendonly", "RTP sendonly 192.0.2.1:4000"},
    {"codecs_of_both_in_the_partys_order", "never", "m=audio 4000 RTP/AVP 9 8 0 96\na=rtpmap:96 telephone-event/8000",
     "audio 20000 RTP/AVP 8 0 96 sendrecv", "RTP sendrecv 192.0.2.1:4000"},
    {"no_codec_in_common", "never", "m=audio 4000 RTP/AVP 9 101\na=rtpmap:101 telephone-event/8000",
     "refused: the service has none of its codecs", ""},
    {"video_is_declined", "never", "m=audio 4000 RTP/AVP 0\nm=video 4002 RTP/AVP 31",
     "audio 20000 RTP/AVP 0 sendrecv; video 0 RTP/AVP 31", "RTP sendrecv 192.0.2.1:4000; off"},
    {"one_service_serves_one_line", "never", "m=audio 4000 RTP/AVP 0\nm=audio 4002 RTP/AVP 0",
     "audio 20000 RTP/AVP 0 sendrecv; audio 0 RTP/AVP 0", "RTP sendrecv 192.0.2.1:4000; off"},
    {"an_offer_without_lines_is_answered_without", "never", "t=0 0", "", ""},
};

class Services : public testing::TestWithParam<ServiceCase> {};

TEST_P(Services, AnswerAsTheRowSays) {
  const ServiceCase& row = GetParam();
  const ServicePlan plan =
      plan_service_answer(description_of(row.offer, "192.0.2.1"), music(), leg_of(row.party, "198.51.100.1", 20000));
  if (plan.refusal) {
    EXPECT_EQ("refused: " + plan.refusal->reason, row.answered);
    return;
  }
  EXPECT_EQ(words_of(plan.answer), row.answered);
  EXPECT_EQ(words_of(plan.media), row.leg);
}

INSTANTIATE_TEST_SUITE_P(Rows, Services, testing::ValuesIn(kCases),
                         [](const auto& row) { return std::string(row.param.name); });

/// M8: B (32 only) holds A (80), and A gets its music with 80; A holds B, and B gets its own with 32.
TEST(ServicePlans, M8_each_held_party_gets_music_with_its_own_suite) {
  for (const auto& [suites, words] : {std::pair("80", "80"), std::pair("32", "32")}) {
    const Leg held = leg_of(std::string("savp suites=") + suites, "198.51.100.1", 20000);
    const OfferPlan sent = plan_own_offer(music_to(Direction::kSendOnly), held);
    EXPECT_EQ(words_of(sent.offer), std::string("audio 20000 RTP/SAVP 0 8 101 sendonly 1:") + words);
    const auto answer =
        description_of(std::string("m=audio 4000 RTP/SAVP 0\na=recvonly\na=crypto:1 $") + suites, "192.0.2.1");
    const ServicePlan plan = plan_own_answer(sent, answer, held);
    ASSERT_FALSE(plan.refusal);
    EXPECT_EQ(words_of(plan.media), std::string(words) + " sendonly 192.0.2.1:4000");
    ASSERT_EQ(plan.media[0].codecs.size(), 1U);
    EXPECT_EQ(plan.media[0].codecs[0].codec.name, "PCMU");
  }
}

/// Field case 9: INVITE without SDP; we offer, and no key counts but the one that was in the offer.
TEST(ServicePlans, field_9_late_offer_has_the_key_that_is_used) {
  const Leg leg = leg_of("savp suites=80", "198.51.100.1", 20000);
  const OfferPlan sent = plan_own_offer(music(), leg);
  const ServicePlan plan =
      plan_own_answer(sent, description_of("m=audio 4000 RTP/SAVP 0\na=crypto:1 $80", "192.0.2.1"), leg);
  ASSERT_FALSE(plan.refusal);
  const LegSrtp& srtp = plan.media[0].srtp;
  const CryptoLines signalled = read_crypto_lines(sent.offer.media[0]);
  EXPECT_TRUE(same_keys(srtp.send.keys, signalled.usable.at(0).keys));
  EXPECT_EQ(srtp.send.change, KeyChange::kNew);
}

TEST(ServicePlans, AnOwnOfferThatPolicyForbidsIsNotMade) {
  EXPECT_EQ(plan_own_offer(music(), leg_of("never block", "198.51.100.1", 20000)).refusal->reason,
            "block_unencrypted: this party gets no SRTP by policy");
  Leg no_port = leg_of("never", "198.51.100.1", 20000);
  no_port.local.clear();
  EXPECT_EQ(plan_own_offer(music(), no_port).refusal->reason, "not offered: there is no media port for it");
}

TEST(ServicePlans, AnOwnOfferKeepsLinesThatAreOff) {
  std::vector<OwnSection> sections = music();
  sections.push_back({MediaKind::kVideo, {}, Direction::kInactive, std::nullopt});
  const Leg leg = leg_of("never", "198.51.100.1", 20000);
  const OfferPlan sent = plan_own_offer(sections, leg);
  EXPECT_EQ(words_of(sent.offer), "audio 20000 RTP/AVP 0 8 101 sendrecv; video 0 RTP/AVP 0");
  const ServicePlan plan =
      plan_own_answer(sent, description_of("m=audio 4000 RTP/AVP 0\nm=video 0 RTP/AVP 0", "192.0.2.1"), leg);
  EXPECT_EQ(words_of(plan.media), "RTP sendrecv 192.0.2.1:4000; off");
}

TEST(ServicePlans, AnswersThatCannotBeTakenAreRefused) {
  const Leg leg = leg_of("savp suites=G256", "198.51.100.1", 20000);
  const OfferPlan sent = plan_own_offer(music(), leg);
  EXPECT_EQ(plan_own_answer(sent, description_of("m=audio 4000 RTP/SAVP 0\na=crypto:1 $80", "192.0.2.1"), leg)
                .refusal->reason,
            "answered with AES_CM_128_HMAC_SHA1_80, which was never offered");
  EXPECT_EQ(plan_own_answer(sent, description_of("m=audio 4000 RTP/SAVP 9\na=crypto:1 $G256", "192.0.2.1"), leg)
                .refusal->reason,
            "answered with no codec that was offered");
}

}  // namespace
}  // namespace sallyport::controlplane
