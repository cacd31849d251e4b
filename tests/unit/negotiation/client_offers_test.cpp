// Offers and answers as real parties write them: baresip, linphone, rtpengine, Zoiper, Cisco phones. Keys are made up.
#include <gtest/gtest.h>

#include "tests/unit/negotiation/bench_call.hpp"

namespace sallyport::controlplane {
namespace {

/// What becomes of a whole description of a party as an offer towards a party without SRTP that takes it all.
std::string answer_to(std::string_view text, std::string_view policy, std::string_view answer) {
  auto parsed = parse_sdp(text);
  if (const SdpFault* fault = std::get_if<SdpFault>(&parsed)) return fault->to_string();
  const SessionDescription& offer = std::get<SessionDescription>(parsed);
  const Leg caller = leg_of(policy, "198.51.100.1", 20000);
  const Leg callee = leg_of("never", "198.51.100.2", 30000);
  const OfferPlan sent = plan_offer(offer, caller, callee);
  if (sent.refusal) return "refused: " + sent.refusal->reason;
  const AnswerPlan plan = plan_answer(sent, description_of(answer, "192.0.2.2"), offer, caller, callee);
  return plan.refusal ? "refused: " + plan.refusal->reason : words_of(plan.answer);
}

TEST(ClientOffers, Baresip) {
  EXPECT_EQ(answer_to("v=0\r\n"
                      "o=- 3820738456 1396462832 IN IP4 10.77.0.1\r\n"
                      "s=-\r\n"
                      "c=IN IP4 10.77.0.1\r\n"
                      "t=0 0\r\n"
                      "a=tool:baresip 1.0.0\r\n"
                      "m=audio 21532 RTP/SAVP 0 8 101\r\n"
                      "a=rtpmap:0 PCMU/8000\r\n"
                      "a=rtpmap:8 PCMA/8000\r\n"
                      "a=rtpmap:101 telephone-event/8000\r\n"
                      "a=fmtp:101 0-15\r\n"
                      "a=rtcp:21533\r\n"
                      "a=sendrecv\r\n"
                      "a=label:1\r\n"
                      "a=rtcp-rsize\r\n"
                      "a=ssrc:2912213424 cname:sip:alice@10.77.0.1\r\n"
                      "a=ptime:20\r\n"
                      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd\r\n",
                      "savp", "m=audio 5000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15"),
            "audio 20000 RTP/SAVP 0 101 sendrecv 1:80");
}

TEST(ClientOffers, LinphoneWithItsSuitesAndADraftName) {
  const std::string key46 = std::string(62, 'A') + "==";
  const std::string key30(40, 'A');
  EXPECT_EQ(answer_to("v=0\r\n"
                      "o=carol 3747 2120 IN IP4 10.77.0.1\r\n"
                      "s=Talk\r\n"
                      "c=IN IP4 10.77.0.1\r\n"
                      "t=0 0\r\n"
                      "a=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics\r\n"
                      "m=audio 7078 RTP/SAVP 96 97 98 0 8 18 101 99 100\r\n"
                      "a=rtpmap:96 opus/48000/2\r\n"
                      "a=fmtp:96 useinbandfec=1\r\n"
                      "a=rtpmap:97 speex/16000\r\n"
                      "a=fmtp:97 vbr=on\r\n"
                      "a=rtpmap:98 speex/8000\r\n"
                      "a=fmtp:98 vbr=on\r\n"
                      "a=fmtp:18 annexb=yes\r\n"
                      "a=rtpmap:101 telephone-event/48000\r\n"
                      "a=rtpmap:99 telephone-event/16000\r\n"
                      "a=rtpmap:100 telephone-event/8000\r\n"
                      "a=crypto:1 AES_CM_256_HMAC_SHA1_80 inline:" +
                          key46 +
                          "\r\n"
                          "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:" +
                          key30 +
                          "\r\n"
                          "a=crypto:3 AES_CM_128_HMAC_SHA1_32 inline:" +
                          key30 +
                          "\r\n"
                          "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:" +
                          key30 + " UNAUTHENTICATED_SRTP\r\n",
                      "savp", "m=audio 5000 RTP/AVP 8 100\na=rtpmap:100 telephone-event/8000"),
            "audio 20000 RTP/SAVP 8 100 sendrecv 1:AES_CM_256_HMAC_SHA1_80");
}

/// Twelve suites with DTLS beside them, keys without padding.
TEST(ClientOffers, RtpengineWithoutPadding) {
  const auto key = [](std::size_t digits) { return " inline:" + std::string(digits, 'Q'); };
  const std::string offer =
      "v=0\r\n"
      "o=- 1 2 IN IP4 10.77.0.3\r\n"
      "s=-\r\n"
      "t=0 0\r\n"
      "m=audio 31016 RTP/SAVP 0 8 101\r\n"
      "c=IN IP4 10.77.0.3\r\n"
      "a=rtpmap:0 PCMU/8000\r\n"
      "a=rtpmap:8 PCMA/8000\r\n"
      "a=rtpmap:101 telephone-event/8000\r\n"
      "a=sendrecv\r\n"
      "a=rtcp:31017\r\n"
      "a=crypto:1 AEAD_AES_256_GCM" +
      key(59) +
      "\r\n"
      "a=crypto:2 AEAD_AES_128_GCM" +
      key(38) +
      "\r\n"
      "a=crypto:3 AES_256_CM_HMAC_SHA1_80" +
      key(62) +
      "\r\n"
      "a=crypto:4 AES_256_CM_HMAC_SHA1_32" +
      key(62) +
      "\r\n"
      "a=crypto:5 AES_192_CM_HMAC_SHA1_80" +
      key(51) +
      "\r\n"
      "a=crypto:6 AES_192_CM_HMAC_SHA1_32" +
      key(51) +
      "\r\n"
      "a=crypto:7 AES_CM_128_HMAC_SHA1_80" +
      key(40) +
      "\r\n"
      "a=crypto:8 AES_CM_128_HMAC_SHA1_32" +
      key(40) +
      "\r\n"
      "a=crypto:9 F8_128_HMAC_SHA1_80" +
      key(40) +
      "\r\n"
      "a=crypto:10 F8_128_HMAC_SHA1_32" +
      key(40) +
      "\r\n"
      "a=crypto:11 NULL_HMAC_SHA1_80" +
      key(40) +
      "\r\n"
      "a=crypto:12 NULL_HMAC_SHA1_32" +
      key(40) +
      "\r\n"
      "a=setup:actpass\r\n"
      "a=fingerprint:sha-256 AB:CD\r\n";
  const char* const answer = "m=audio 5000 RTP/AVP 0";
  EXPECT_EQ(answer_to(offer, "savp", answer), "audio 20000 RTP/SAVP 0 sendrecv 1:G256");
  EXPECT_EQ(answer_to(offer, "savp suites=80+32", answer), "audio 20000 RTP/SAVP 0 sendrecv 7:80");
  EXPECT_EQ(answer_to(offer, "savp suites=N32", answer), "audio 20000 RTP/SAVP 0 sendrecv 12:N32");
}

TEST(ClientOffers, ZoiperAliasAndBestEffort) {
  EXPECT_EQ(answer_to("v=0\r\n"
                      "o=Z 0 8834 IN IP4 192.0.2.50\r\n"
                      "s=Z\r\n"
                      "c=IN IP4 192.0.2.50\r\n"
                      "t=0 0\r\n"
                      "m=audio 8000 RTP/AVP 3 0 8 101\r\n"
                      "a=rtpmap:101 telephone-event/8000\r\n"
                      "a=fmtp:101 0-15\r\n"
                      "a=crypto:1 AES_CM_256_HMAC_SHA1_80 inline:" +
                          std::string(62, 'A') +
                          "==\r\n"
                          "a=sendrecv\r\n",
                      "best-effort", "m=audio 5000 RTP/AVP 0"),
            "audio 20000 RTP/AVP 0 sendrecv 1:AES_CM_256_HMAC_SHA1_80");
}

/// Tags from 0 or far above 1, lifetime and MKI on every line, RTCP that will come unencrypted.
TEST(ClientOffers, CiscoPhones) {
  const std::string key(40, 'A');
  EXPECT_EQ(answer_to("v=0\r\n"
                      "o=Cisco-SIPUA 26825 0 IN IP4 192.0.2.60\r\n"
                      "s=SIP Call\r\n"
                      "b=AS:4064\r\n"
                      "t=0 0\r\n"
                      "m=audio 21414 RTP/SAVP 114 9 124 0 8 116 18 101\r\n"
                      "c=IN IP4 192.0.2.60\r\n"
                      "b=TIAS:64000\r\n"
                      "a=rtpmap:114 opus/48000/2\r\n"
                      "a=rtpmap:9 G722/8000\r\n"
                      "a=rtpmap:124 ISAC/16000\r\n"
                      "a=rtpmap:0 PCMU/8000\r\n"
                      "a=rtpmap:8 PCMA/8000\r\n"
                      "a=rtpmap:116 iLBC/8000\r\n"
                      "a=fmtp:116 mode=20\r\n"
                      "a=rtpmap:18 G729/8000\r\n"
                      "a=fmtp:18 annexb=no\r\n"
                      "a=rtpmap:101 telephone-event/8000\r\n"
                      "a=fmtp:101 0-15\r\n"
                      "a=crypto:0 AES_CM_128_HMAC_SHA1_32 inline:" +
                          key +
                          "|2^31|1:1\r\n"
                          "a=crypto:17 AES_CM_128_HMAC_SHA1_80 inline:" +
                          key +
                          "|2^31|1:1\r\n"
                          "a=sendrecv\r\n",
                      "savp clear-srtcp", "m=audio 5000 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000"),
            "audio 20000 RTP/SAVP 8 101 sendrecv 17:80");
}

/// baresip as answerer: RTP/AVP with a key for RTP/SAVP, another codec number, a suite that nobody offered.
TEST(ClientOffers, BaresipAnswers) {
  BenchCall call("never", "savp suites=80+32");
  call.offer("m=audio 4000 RTP/AVP 0 101\na=rtpmap:101 telephone-event/8000");
  EXPECT_EQ(call.answer("m=audio 5000 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=crypto:1 $80"),
            "audio 20000 RTP/AVP 0 sendrecv");
  EXPECT_EQ(words_of(call.answerer_up()), "80 sendrecv 192.0.2.2:5000");
  BenchCall refused("never", "savp suites=256");
  refused.offer("m=audio 4000 RTP/AVP 0");
  EXPECT_EQ(refused.answer("m=audio 5000 RTP/SAVP 0\na=crypto:1 $80"),
            "refused: answered with AES_CM_128_HMAC_SHA1_80, which was never offered");
}

}  // namespace
}  // namespace sallyport::controlplane
