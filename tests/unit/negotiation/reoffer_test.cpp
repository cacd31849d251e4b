// What happens to a call that is up: hold and resume, re-keys, lines that come and go, forks, exchanged roles
// (requirements M5, M6, M8; field cases 2, 8, 9, 10, 13).
#include <gtest/gtest.h>

#include "controlplane/negotiation/sdes_key.hpp"
#include "tests/unit/negotiation/bench_call.hpp"

namespace sallyport::controlplane {
namespace {

const std::string kSecure = "m=audio 4000 RTP/SAVP 0\na=crypto:1 $80";
const std::string kSecureAnswer = "m=audio 5000 RTP/SAVP 0\na=crypto:1 $80";

/// A secure call that is up, 80 on both legs.
BenchCall secure_call(const std::string& words = "savp suites=80+32") {
  BenchCall call(words, words);
  EXPECT_EQ(call.offer(kSecure), "audio 30000 RTP/SAVP 0 sendrecv 1:80 2:32");
  EXPECT_EQ(call.answer(kSecureAnswer), "audio 20000 RTP/SAVP 0 sendrecv 1:80");
  return call;
}

std::string legs(const BenchCall& call) { return words_of(call.offerer_up()) + " | " + words_of(call.answerer_up()); }

/// Hold in all its spellings and back: keys stay, and with them ROC and replay window.
TEST(ReOffers, field_13_hold_and_resume_keep_the_keys) {
  struct Row {
    const char* hold;
    const char* sent;
    const char* answer;
    const char* answered;
    const char* legs;
  };
  const Row rows[] = {
      {"m=audio 4000 RTP/SAVP 0\na=sendonly\na=crypto:1 $80", "audio 30000 RTP/SAVP 0 sendonly 1:80 2:32",
       "m=audio 5000 RTP/SAVP 0\na=recvonly\na=crypto:1 $80", "audio 20000 RTP/SAVP 0 recvonly 1:80",
       "80 kept/kept recvonly 192.0.2.1:4000 | 80 kept/kept sendonly 192.0.2.2:5000"},
      {"m=audio 4000 RTP/SAVP 0\na=inactive\na=crypto:1 $80", "audio 30000 RTP/SAVP 0 inactive 1:80 2:32",
       "m=audio 5000 RTP/SAVP 0\na=inactive\na=crypto:1 $80", "audio 20000 RTP/SAVP 0 inactive 1:80",
       "80 kept/kept inactive 192.0.2.1:4000 | 80 kept/kept inactive 192.0.2.2:5000"},
      {"c=IN IP4 0.0.0.0\nm=audio 4000 RTP/SAVP 0\na=crypto:1 $80", "audio 30000 RTP/SAVP 0 sendonly 1:80 2:32",
       "m=audio 5000 RTP/SAVP 0\na=recvonly\na=crypto:1 $80", "audio 20000 RTP/SAVP 0 recvonly 1:80",
       "80 kept/kept recvonly nowhere | 80 kept/kept sendonly 192.0.2.2:5000"},
      {"m=audio 0 RTP/SAVP 0", "audio 30000 RTP/SAVP 0 inactive 1:80 2:32",
       "m=audio 5000 RTP/SAVP 0\na=inactive\na=crypto:1 $80", "audio 0 RTP/SAVP 0",
       "off | 80 kept/kept inactive 192.0.2.2:5000"},
  };
  for (const Row& row : rows) {
    BenchCall call = secure_call();
    EXPECT_EQ(call.offer(row.hold), row.sent);
    EXPECT_EQ(call.answer(row.answer), row.answered);
    EXPECT_EQ(legs(call), row.legs);
    EXPECT_EQ(call.offer(kSecure), "audio 30000 RTP/SAVP 0 sendrecv 1:80 2:32");
    EXPECT_EQ(call.answer(kSecureAnswer), "audio 20000 RTP/SAVP 0 sendrecv 1:80");
    // A line that was off comes back with new keys (field case 8).
    const std::string caller = std::string(row.legs).starts_with("off") ? "80" : "80 kept/kept";
    EXPECT_EQ(legs(call), caller + " sendrecv 192.0.2.1:4000 | 80 kept/kept sendrecv 192.0.2.2:5000");
  }
}

TEST(ReOffers, M5_rekey_of_the_caller_is_new_in_its_direction_only) {
  BenchCall call = secure_call();
  call.offer("m=audio 4000 RTP/SAVP 0\na=crypto:1 $80b");
  call.answer(kSecureAnswer);
  EXPECT_EQ(legs(call), "80 kept/new sendrecv 192.0.2.1:4000 | 80 kept/kept sendrecv 192.0.2.2:5000");
}

TEST(ReOffers, M5_rekey_of_the_callee_in_its_answer) {
  BenchCall call = secure_call();
  call.offer(kSecure);
  call.answer("m=audio 5000 RTP/SAVP 0\na=crypto:1 $80c");
  EXPECT_EQ(legs(call), "80 kept/kept sendrecv 192.0.2.1:4000 | 80 kept/new sendrecv 192.0.2.2:5000");
}

TEST(ReOffers, M5_our_own_rekey) {
  BenchCall call = secure_call();
  call.offerer().new_keys = true;
  call.answerer().new_keys = true;
  call.offer(kSecure);
  call.answer(kSecureAnswer);
  EXPECT_EQ(legs(call), "80 new/kept sendrecv 192.0.2.1:4000 | 80 new/kept sendrecv 192.0.2.2:5000");
}

TEST(ReOffers, AnotherPartyBehindTheLegGetsANewKey) {
  BenchCall call = secure_call();
  call.offer("c=IN IP4 192.0.2.77\nm=audio 4000 RTP/SAVP 0\na=crypto:1 $80d");
  call.answer(kSecureAnswer);
  EXPECT_EQ(legs(call), "80 sendrecv 192.0.2.77:4000 | 80 kept/kept sendrecv 192.0.2.2:5000");
  EXPECT_NE(call.reasons().find("our key is new: the party has another key and another address"), std::string::npos);
}

TEST(ReOffers, AMovedPartyWithTheSameKeyKeepsOurs) {
  BenchCall call = secure_call();
  call.offer("c=IN IP4 192.0.2.77\nm=audio 4000 RTP/SAVP 0\na=crypto:1 $80");
  call.answer(kSecureAnswer);
  EXPECT_EQ(legs(call), "80 kept/kept sendrecv 192.0.2.77:4000 | 80 kept/kept sendrecv 192.0.2.2:5000");
}

TEST(ReOffers, field_2_active_suite_is_offered_first_with_its_key) {
  BenchCall call("savp", "savp suites=80+32");
  call.offer(kSecure);
  call.answer("m=audio 5000 RTP/SAVP 0\na=crypto:2 $32");
  EXPECT_EQ(call.offer(kSecure), "audio 30000 RTP/SAVP 0 sendrecv 1:32 2:80");
  EXPECT_TRUE(same_key(call.sent().lines[0].suites[0].key.master, call.answerer_up()[0].srtp.send.keys[0].master));
  call.answer("m=audio 5000 RTP/SAVP 0\na=crypto:1 $32");
  EXPECT_EQ(words_of(call.answerer_up()), "32 kept/kept sendrecv 192.0.2.2:5000");
}

TEST(ReOffers, ActiveSuiteStaysWhereABetterOneComes) {
  BenchCall call("savp", "savp suites=80");
  call.offer(kSecure);
  EXPECT_EQ(call.answer(kSecureAnswer), "audio 20000 RTP/SAVP 0 sendrecv 1:80");
  call.offer("m=audio 4000 RTP/SAVP 0\na=crypto:1 $G256\na=crypto:2 $80");
  EXPECT_EQ(call.answer(kSecureAnswer), "audio 20000 RTP/SAVP 0 sendrecv 2:80");
  EXPECT_NE(call.reasons().find("chosen AES_CM_128_HMAC_SHA1_80: it is up"), std::string::npos);
}

TEST(ReOffers, SuiteThatChangesHasNewKeysBothWays) {
  BenchCall call = secure_call();
  call.offer("m=audio 4000 RTP/SAVP 0\na=crypto:1 $32");
  call.answer("m=audio 5000 RTP/SAVP 0\na=crypto:2 $32");
  EXPECT_EQ(legs(call), "32 sendrecv 192.0.2.1:4000 | 32 sendrecv 192.0.2.2:5000");
}

/// RFC 5761 5.1.1: what is up stays where both sides let it, whoever offers and whatever policy offers first.
TEST(ReOffers, RtcpStaysWhereItIs) {
  const std::string mux = "\na=rtcp-mux";
  BenchCall call("savp suites=80", "savp suites=80");
  call.offer(kSecure + mux);
  EXPECT_EQ(call.answer(kSecureAnswer), "audio 20000 RTP/SAVP 0 sendrecv mux 1:80");
  EXPECT_EQ(legs(call), "80 sendrecv 192.0.2.1:4000 mux | 80 sendrecv 192.0.2.2:5000");
  call.exchange_roles();
  EXPECT_EQ(call.offer(kSecureAnswer + mux), "audio 20000 RTP/SAVP 0 sendrecv mux 1:80");
  EXPECT_EQ(call.answer(kSecure + mux), "audio 30000 RTP/SAVP 0 sendrecv 1:80") << "the callee's stays apart";
  EXPECT_EQ(legs(call), "80 kept/kept sendrecv 192.0.2.2:5000 | 80 kept/kept sendrecv 192.0.2.1:4000 mux");
  // Who does not ask for it any more has to be heard on the port above.
  EXPECT_EQ(call.offer(kSecureAnswer), "audio 20000 RTP/SAVP 0 sendrecv mux 1:80");
  EXPECT_EQ(call.answer(kSecure), "audio 30000 RTP/SAVP 0 sendrecv 1:80");
  EXPECT_EQ(legs(call), "80 kept/kept sendrecv 192.0.2.2:5000 | 80 kept/kept sendrecv 192.0.2.1:4000");
}

TEST(ReOffers, APartyThatDeclinedMuxIsNotAskedAgain) {
  BenchCall call("savp suites=80", "savp suites=80 mux");
  EXPECT_EQ(call.offer(kSecure), "audio 30000 RTP/SAVP 0 sendrecv mux 1:80");
  call.answer(kSecureAnswer);
  EXPECT_EQ(call.offer(kSecure), "audio 30000 RTP/SAVP 0 sendrecv 1:80");
}

TEST(ReOffers, ChangedParametersAreNoSameKey) {
  BenchCall call("savp", "never");
  call.offer("m=audio 4000 RTP/SAVP 0\na=crypto:1 $80");
  call.answer("m=audio 5000 RTP/AVP 0");
  call.offer("m=audio 4000 RTP/SAVP 0\na=crypto:1 $80 UNENCRYPTED_SRTCP");
  call.answer("m=audio 5000 RTP/AVP 0");
  EXPECT_EQ(words_of(call.offerer_up()), "80 sendrecv 192.0.2.1:4000");
}

TEST(ReOffers, field_13_a_hint_about_the_window_changes_no_key) {
  BenchCall call("savp", "never");
  call.offer("m=audio 4000 RTP/SAVP 0\na=crypto:1 $80 WSH=256");
  call.answer("m=audio 5000 RTP/AVP 0");
  call.offer("m=audio 4000 RTP/SAVP 0\na=crypto:1 $80 WSH=512");
  call.answer("m=audio 5000 RTP/AVP 0");
  EXPECT_EQ(words_of(call.offerer_up()), "80 kept/kept sendrecv 192.0.2.1:4000");
}

/// Field case 8: video is rejected, later switched on again with a new key.
TEST(ReOffers, field_8_line_is_rejected_and_comes_back) {
  const std::string video = "\nm=video 4002 RTP/SAVP 96\na=rtpmap:96 H264/90000\na=crypto:1 $80e";
  const std::string video_answer = "\nm=video 5002 RTP/SAVP 96\na=rtpmap:96 H264/90000\na=crypto:1 $80f";
  BenchCall call("savp suites=80", "savp suites=80");
  call.offer(kSecure + video);
  call.answer(kSecureAnswer + video_answer);
  const std::string audio = "80 kept/kept sendrecv 192.0.2.1:4000";
  call.offer(kSecure + "\nm=video 0 RTP/SAVP 96");
  EXPECT_EQ(words_of(call.sent().offer), "audio 30000 RTP/SAVP 0 sendrecv 1:80; video 0 RTP/SAVP 96");
  EXPECT_EQ(call.answer(kSecureAnswer + "\nm=video 0 RTP/SAVP 96"),
            "audio 20000 RTP/SAVP 0 sendrecv 1:80; video 0 RTP/SAVP 96");
  EXPECT_EQ(words_of(call.offerer_up()), audio + "; off");
  call.offer(kSecure + video);
  call.answer(kSecureAnswer + video_answer);
  EXPECT_EQ(words_of(call.offerer_up()), audio + "; 80 sendrecv 192.0.2.1:4002");
  EXPECT_EQ(call.offerer_up()[1].srtp.send.change, KeyChange::kNew);
}

TEST(ReOffers, field_8_missing_crypto_on_re_invite_is_refused_on_savp) {
  BenchCall call = secure_call();
  EXPECT_EQ(call.offer("m=audio 4000 RTP/SAVP 0"), "refused: the profile demands SRTP, but no crypto line was offered");
  EXPECT_EQ(legs(call), "80 sendrecv 192.0.2.1:4000 | 80 sendrecv 192.0.2.2:5000");
}

/// M6: what is up and secure is never touched by a re-offer that is refused.
TEST(ReOffers, M6_block_refuses_a_downgrade_and_leaves_what_is_up) {
  BenchCall call = secure_call("savp block suites=80+32");
  EXPECT_EQ(call.offer("m=audio 4000 RTP/AVP 0"), "refused: block_unencrypted: no crypto line was offered");
  EXPECT_EQ(call.offer(kSecure), "audio 30000 RTP/SAVP 0 sendrecv 1:80 2:32");
  EXPECT_EQ(call.answer("m=audio 5000 RTP/AVP 0"), "refused: block_unencrypted: answered without a key");
  EXPECT_EQ(legs(call), "80 sendrecv 192.0.2.1:4000 | 80 sendrecv 192.0.2.2:5000");
}

/// M8: a leg that stays secure is not weakened by the other one's fall to RTP.
TEST(ReOffers, M8_transfer_to_a_party_without_srtp_leaves_the_other_leg) {
  BenchCall call = secure_call();
  Leg other = leg_of("never", "198.51.100.2", 30000);
  call.answerer() = std::move(other);
  EXPECT_EQ(call.offer(kSecure), "audio 30000 RTP/AVP 0 sendrecv");
  EXPECT_EQ(call.answer("m=audio 5000 RTP/AVP 0"), "audio 20000 RTP/SAVP 0 sendrecv 1:80");
  EXPECT_EQ(legs(call), "80 kept/kept sendrecv 192.0.2.1:4000 | RTP sendrecv 192.0.2.2:5000");
}

/// The callee re-offers: the same functions, the legs exchanged.
TEST(ReOffers, TheCalleeHoldsTheCaller) {
  BenchCall call = secure_call();
  call.exchange_roles();
  EXPECT_EQ(call.offer("m=audio 5000 RTP/SAVP 0\na=sendonly\na=crypto:3 $80"),
            "audio 20000 RTP/SAVP 0 sendonly 1:80 2:32");
  EXPECT_EQ(call.answer("m=audio 4000 RTP/SAVP 0\na=recvonly\na=crypto:1 $80"), "audio 30000 RTP/SAVP 0 recvonly 3:80");
  EXPECT_EQ(legs(call), "80 kept/kept recvonly 192.0.2.2:5000 | 80 kept/kept sendonly 192.0.2.1:4000");
}

/// Field case 10: early media of two forks with keys of their own, then 200 OK of the second.
TEST(ReOffers, field_10_forks_answer_the_same_offer) {
  BenchCall call("savp suites=80", "savp suites=80");
  call.offer(kSecure);
  call.answer("m=audio 5000 RTP/SAVP 0\na=crypto:1 $80g");
  const SecretString early = to_string(call.plan().answer);
  const auto first =
      write_sdes_key(*crypto::find_suite("AES_CM_128_HMAC_SHA1_80"), call.offerer_up()[0].srtp.send.keys[0]);
  EXPECT_EQ(call.answer("c=IN IP4 192.0.2.33\nm=audio 6000 RTP/SAVP 0\na=crypto:1 $80h"),
            "audio 20000 RTP/SAVP 0 sendrecv 1:80");
  EXPECT_EQ(legs(call), "80 kept/kept sendrecv 192.0.2.1:4000 | 80 kept/new sendrecv 192.0.2.33:6000");
  // The caller sees one and the same answer, with one and the same key.
  EXPECT_EQ(std::string(to_string(call.plan().answer)), std::string(early));
  EXPECT_EQ(std::string(
                write_sdes_key(*crypto::find_suite("AES_CM_128_HMAC_SHA1_80"), call.offerer_up()[0].srtp.send.keys[0])),
            std::string(first));
}

TEST(ReOffers, MkiCountsOnWithEachNewKey) {
  BenchCall call("savp suites=80 mki lifetime=2^31", "never");
  call.offer(kSecure);
  call.answer("m=audio 5000 RTP/AVP 0");
  EXPECT_NE(std::string(to_string(call.plan().answer)).find("|2^31|1:4\r\n"), std::string::npos);
  call.offerer().new_keys = true;
  call.offer(kSecure);
  call.answer("m=audio 5000 RTP/AVP 0");
  EXPECT_NE(std::string(to_string(call.plan().answer)).find("|2^31|2:4\r\n"), std::string::npos);
  EXPECT_EQ(call.offerer_up()[0].srtp.send.keys[0].lifetime, std::uint64_t{1} << 31);
}

TEST(ReOffers, NegotiatedParametersAreRepeatedAndHoldBothWays) {
  BenchCall call("savp clear-srtcp", "never");
  call.offer("m=audio 4000 RTP/SAVP 0\na=crypto:1 $80|2^20|7:2 KDR=12 UNENCRYPTED_SRTCP WSH=1024");
  call.answer("m=audio 5000 RTP/AVP 0");
  const LegSrtp& srtp = call.offerer_up()[0].srtp;
  EXPECT_EQ(srtp.receive.parameters.replay_window, 1024);
  EXPECT_TRUE(srtp.receive.parameters.accept_unencrypted_srtcp);
  EXPECT_EQ(srtp.receive.keys[0].lifetime, 1U << 20);
  EXPECT_EQ(srtp.receive.keys[0].mki, crypto::Mki(7, 2));
  EXPECT_EQ(srtp.send.parameters.key_derivation_rate, 12);
  EXPECT_TRUE(srtp.send.parameters.unencrypted_srtcp);
  EXPECT_EQ(srtp.send.parameters.replay_window, crypto::kMinReplayWindow);
  EXPECT_NE(std::string(to_string(call.plan().answer)).find(" UNENCRYPTED_SRTCP KDR=12\r\n"), std::string::npos);
}

/// RFC 3264 8.3.2: a payload type keeps its meaning on a leg, whatever the other leg calls the codec.
TEST(ReOffers, PayloadTypesKeepTheirMeaningPerLeg) {
  BenchCall call("never", "never");
  call.offer("m=audio 4000 RTP/AVP 96 101\na=rtpmap:96 opus/48000/2\na=rtpmap:101 telephone-event/8000");
  call.answer("m=audio 5000 RTP/AVP 97 96\na=rtpmap:97 opus/48000/2\na=rtpmap:96 telephone-event/8000");
  const LineRelay& relay = call.plan().relays[0];
  ASSERT_EQ(relay.to_answerer.size(), 2U);
  EXPECT_EQ(relay.to_answerer[0].from, 96);
  EXPECT_EQ(relay.to_answerer[0].to, 97);
  EXPECT_EQ(relay.to_answerer[1].from, 101);
  EXPECT_EQ(relay.to_answerer[1].to, 96);
  // The callee sends what we offered it: the caller's own numbers. By its own it may send what is no other's.
  ASSERT_EQ(relay.to_offerer.size(), 3U);
  EXPECT_EQ(relay.to_offerer[0].from, 96);
  EXPECT_EQ(relay.to_offerer[0].to, 96);
  EXPECT_EQ(relay.to_offerer[2].from, 97);
  EXPECT_EQ(relay.to_offerer[2].to, 96);
  call.exchange_roles();
  EXPECT_EQ(call.offer("m=audio 5000 RTP/AVP 97 96 98\na=rtpmap:97 opus/48000/2\na=rtpmap:96 telephone-event/8000\n"
                       "a=rtpmap:98 speex/8000"),
            "audio 20000 RTP/AVP 96 101 98 sendrecv");
  const SecretString text = to_string(call.sent().offer);
  EXPECT_NE(text.find("a=rtpmap:96 opus/48000/2\r\n"), SecretString::npos);
  EXPECT_NE(text.find("a=rtpmap:101 telephone-event/8000\r\n"), SecretString::npos);
}

TEST(ReOffers, RetransmissionsNameThePayloadTypeOfTheirLeg) {
  BenchCall call("never", "never");
  call.offer("m=video 4000 RTP/AVP 100 101\na=rtpmap:100 VP8/90000\na=rtpmap:101 rtx/90000\na=fmtp:101 apt=100");
  call.answer("m=video 5000 RTP/AVP 110 111\na=rtpmap:110 VP8/90000\na=rtpmap:111 rtx/90000\na=fmtp:111 apt=110");
  const SecretString text = to_string(call.plan().answer);
  EXPECT_NE(text.find("a=fmtp:101 apt=100\r\n"), SecretString::npos) << redacted(text);
}

/// Nothing of one leg's transport, keys and identity is seen on the other (requirements M4).
TEST(ReOffers, NothingPassesButCodecsAndPacketTimes) {
  BenchCall call("savp suites=80", "never");
  call.offer(
      "m=audio 4000 RTP/SAVP 0\na=crypto:1 $80\na=candidate:1 1 UDP 1 192.0.2.1 4000 typ host\na=ice-pwd:secretsecret\n"
      "a=rtcp:4999\na=ssrc:1 cname:alice@home\na=X-vendor:1\na=key-mgmt:mikey AAAA\na=ptime:30\na=maxptime:60\n"
      "a=rtpmap:0 PCMU/8000\na=setup:active\nb=AS:80");
  const std::string sent(to_string(call.sent().offer));
  EXPECT_EQ(sent,
            "v=0\r\no=- 1 1 IN IP4 198.51.100.2\r\ns=-\r\nc=IN IP4 198.51.100.2\r\nt=0 0\r\nm=audio 30000 RTP/AVP "
            "0\r\nb=AS:80\r\na=ptime:30\r\na=maxptime:60\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n");
  call.answer("m=audio 5000 RTP/AVP 0\na=ptime:20");
  EXPECT_EQ(call.offerer_up()[0].ptime, 30U);
  EXPECT_EQ(call.offerer_up()[0].maxptime, 60U);
  EXPECT_EQ(call.offerer_up()[0].remote_rtcp->to_string(), "192.0.2.1:4999");
  EXPECT_EQ(call.answerer_up()[0].ptime, 20U);
  EXPECT_EQ(call.answerer_up()[0].remote_rtcp->to_string(), "192.0.2.2:5001");
}

TEST(ReOffers, LinesToServeSaysWhichNeedPorts) {
  const auto offer = description_of(
      "m=audio 4000 RTP/AVP 0\nm=image 4002 udptl t38\nm=video 0 RTP/AVP 31\nm=video 4004 RTP/AVP 31", "192.0.2.1");
  Leg leg = leg_of("never", "198.51.100.1", 20000);
  leg.local.clear();
  EXPECT_EQ(lines_to_serve(offer, leg), (std::vector<bool>{true, false, false, true}));
  // Without its port a line is declined.
  const Leg other = leg_of("never", "198.51.100.2", 30000);
  leg.local = {Endpoint{*drivers::IpAddress::parse("198.51.100.1"), 20000}};
  const OfferPlan sent = plan_offer(offer, leg, other);
  EXPECT_EQ(words_of(sent.offer),
            "audio 30000 RTP/AVP 0 sendrecv; image 0 udptl t38; video 0 RTP/AVP 31; video 0 RTP/AVP 31");
}

}  // namespace
}  // namespace sallyport::controlplane
