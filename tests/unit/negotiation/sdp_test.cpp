// Session descriptions: what is read although it is not as RFC 8866 has it, what is refused and where, what is written.
#include "controlplane/negotiation/sdp.hpp"

#include <gtest/gtest.h>

#include "controlplane/negotiation/sdp_attributes.hpp"

namespace sallyport::controlplane {
namespace {

SessionDescription read(std::string_view text) {
  auto result = parse_sdp(text);
  const SdpFault* const fault = std::get_if<SdpFault>(&result);
  if (fault != nullptr) {
    ADD_FAILURE() << fault->to_string();
    return {};
  }
  return std::move(std::get<SessionDescription>(result));
}

std::string fault_of(std::string_view text) {
  const auto result = parse_sdp(text);
  const SdpFault* const fault = std::get_if<SdpFault>(&result);
  return fault == nullptr ? "none" : fault->to_string();
}

std::string written(const SessionDescription& description) { return std::string(to_string(description)); }

constexpr std::string_view kWhole =
    "v=0\r\n"
    "o=alice 2890844526 2890844527 IN IP4 192.0.2.10\r\n"
    "s=a call\r\n"
    "c=IN IP4 192.0.2.10\r\n"
    "b=AS:80\r\n"
    "t=0 0\r\n"
    "a=group:BUNDLE 0\r\n"
    "m=audio 49170 RTP/SAVP 0 8 101\r\n"
    "c=IN IP6 2001:db8::1\r\n"
    "b=TIAS:64000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=X-unknown: kept  as it is\r\n"
    "a=sendonly\r\n"
    "m=video 0 RTP/AVP 96\r\n";

TEST(Sdp, WritesWhatItReadInTheOrderOfTheRfc) { EXPECT_EQ(written(read(kWhole)), kWhole); }

TEST(Sdp, ReadsEveryPart) {
  const SessionDescription session = read(kWhole);
  EXPECT_EQ(session.origin.user, "alice");
  EXPECT_EQ(session.origin.version, "2890844527");
  EXPECT_EQ(session.connection->host, "192.0.2.10");
  ASSERT_EQ(session.media.size(), 2U);
  const MediaDescription& audio = session.media[0];
  EXPECT_EQ(audio.kind(), MediaKind::kAudio);
  EXPECT_EQ(audio.port, 49170);
  EXPECT_EQ(audio.proto, "RTP/SAVP");
  EXPECT_EQ(audio.formats, (std::vector<std::string>{"0", "8", "101"}));
  EXPECT_TRUE(audio.connection->v6);
  ASSERT_EQ(audio.attributes.size(), 3U);
  EXPECT_EQ(audio.attributes[1].name(), "X-unknown");
  EXPECT_EQ(audio.attributes[1].value(), "kept  as it is");
  EXPECT_EQ(session.media[1].kind(), MediaKind::kVideo);
}

struct Tolerated {
  const char* name;
  std::string_view text;
};

class SdpTolerates : public testing::TestWithParam<Tolerated> {};

TEST_P(SdpTolerates, AndFindsTheAudio) {
  const SessionDescription session = read(GetParam().text);
  ASSERT_EQ(session.media.size(), 1U);
  EXPECT_EQ(session.media[0].port, 4000);
  EXPECT_EQ(rtp_address(session, session.media[0])->to_string(), "192.0.2.1:4000");
}

INSTANTIATE_TEST_SUITE_P(
    Rows, SdpTolerates,
    testing::Values(
        Tolerated{"LfOnly", "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0\n"},
        Tolerated{"CrOnly", "v=0\rc=IN IP4 192.0.2.1\rm=audio 4000 RTP/AVP 0\r"},
        Tolerated{"NoLineEndAtTheEnd", "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0"},
        Tolerated{"NoOriginNameTime", "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n"},
        Tolerated{"AddressInTheMediaOnly", "v=0\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n"},
        Tolerated{"AddressBehindAttributes", "v=0\nm=audio 4000 RTP/AVP 0\na=sendrecv\nc=IN IP4 192.0.2.1\n"},
        Tolerated{"VersionLate", "s=-\r\nv=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\n"},
        Tolerated{"BlanksEverywhere", " v=0 \r\nc= IN  IP4\t192.0.2.1 \r\n\r\nm=audio  4000   RTP/AVP  0 \r\n\r\n"},
        Tolerated{"UnknownLines", "v=0\r\ny=1\r\nc=IN IP4 192.0.2.1\r\nk=prompt\r\nm=audio 4000 RTP/AVP 0\r\nq=2\r\n"},
        Tolerated{"EmptyLinesOfLetters",
                  "v=0\r\no=\r\ns=\r\nc=IN IP4 192.0.2.1\r\nt=\r\nm=audio 4000 RTP/AVP 0\r\na=\r\n"},
        Tolerated{"LowerCaseFamily", "v=0\r\nc=in ip4 192.0.2.1\r\nm=AUDIO 4000 RTP/AVP 0\r\n"},
        Tolerated{"TtlAndNumberOfPorts", "v=0\r\nc=IN IP4 192.0.2.1/127\r\nm=audio 4000/2 RTP/AVP 0\r\n"},
        Tolerated{"SecondAddressOfASection", "v=0\nc=IN IP4 192.0.2.1\nc=IN IP4 192.0.2.9\nm=audio 4000 RTP/AVP 0\n"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Sdp, RefusesWithTheLineAndWhatWasExpected) {
  EXPECT_EQ(fault_of(""), "line 1: expected v=0 before this, the end");
  EXPECT_EQ(fault_of("v=1\r\n"), "line 1: expected v=0");
  EXPECT_EQ(fault_of("s=-\r\nt=0 0\r\n"), "line 3: expected v=0 before this, the end");
  EXPECT_EQ(fault_of("v=0\r\nnonsense\r\n"), "line 2: expected <letter>=<value>");
  const std::string media = "line 2: expected m=<media> <port> <proto> <formats>, a port from 0 to 65535";
  for (const char* line : {"m=audio 70000 RTP/AVP 0", "m=audio", "m=audio 4000", "m=audio -1 RTP/AVP 0",
                           "m=", "m=audio 4000/0 RTP/AVP 0", "m=audio 4000/x RTP/AVP 0", "m=audio 40x RTP/AVP 0"}) {
    EXPECT_EQ(fault_of("v=0\r\n" + std::string(line) + "\r\n"), media) << line;
  }
  EXPECT_EQ(fault_of("v=0\nc=IN IP5 192.0.2.1"), "line 2: expected c=IN IP4 <address> or c=IN IP6 <address>");
  EXPECT_EQ(fault_of("v=0\nc=IN IP4 /24"), "line 2: expected c=IN IP4 <address> or c=IN IP6 <address>");
  EXPECT_EQ(fault_of("v=0\nc=192.0.2.1"), "line 2: expected c=IN IP4 <address> or c=IN IP6 <address>");
  EXPECT_EQ(fault_of(std::string_view("v=0\na=x\0y\n", 10)), "line 2: expected no control characters");
}

TEST(Sdp, KeepsToItsBounds) {
  EXPECT_EQ(fault_of("v=0\na=" + std::string(4094, 'x')), "none");
  EXPECT_EQ(fault_of("v=0\na=" + std::string(4095, 'x')), "line 2: expected at most 4096 bytes");
  std::string many = "v=0\n";
  for (int i = 0; i < 64; ++i) many += "m=audio 0 RTP/AVP 0\n";
  EXPECT_EQ(fault_of(many), "none");
  EXPECT_EQ(fault_of(many + "m=audio 0 RTP/AVP 0\n"), "line 66: expected at most 64 m= lines");
  EXPECT_EQ(fault_of(std::string(kMaxSdpLength + 1, '\n')), "line 1: expected at most 64 KiB of text");
}

/// The offer that has another parser ask for memory without end: a blank inside the profile.
TEST(Sdp, TakesABlankInTheProfileForAProfileAndFormats) {
  const SessionDescription session = read("v=0\r\nm=audio 49217 RT /AVP 0 12\r\n");
  EXPECT_EQ(session.media[0].proto, "RT");
  EXPECT_EQ(session.media[0].formats, (std::vector<std::string>{"/AVP", "0", "12"}));
}

TEST(Sdp, WritesAFormatWhereThereIsNone) {
  const SessionDescription session = read("v=0\r\nm=video 0 RTP/AVP\r\n");
  EXPECT_NE(written(session).find("m=video 0 RTP/AVP 0\r\n"), std::string::npos);
}

struct HoldRow {
  const char* name;
  std::string_view session;
  std::string_view media;
  Direction direction;
  const char* address;
};

/// Hold in all its spellings (field: RFC 2543's 0.0.0.0, sendonly, inactive, port 0).
TEST(Sdp, KnowsEverySpellingOfHold) {
  const HoldRow rows[] = {
      {"plain", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 0", Direction::kSendRecv, "192.0.2.1:4000"},
      {"sendonly", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 0\na=sendonly", Direction::kSendOnly, "192.0.2.1:4000"},
      {"inactive", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 0\na=inactive", Direction::kInactive, "192.0.2.1:4000"},
      {"recvonly", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 0\na=recvonly", Direction::kRecvOnly, "192.0.2.1:4000"},
      {"upper case", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 0\na=SendOnly", Direction::kSendOnly,
       "192.0.2.1:4000"},
      {"of the session", "c=IN IP4 192.0.2.1\na=inactive", "m=audio 4000 RTP/AVP 0", Direction::kInactive,
       "192.0.2.1:4000"},
      {"media before session", "c=IN IP4 192.0.2.1\na=inactive", "m=audio 4000 RTP/AVP 0\na=sendrecv",
       Direction::kSendRecv, "192.0.2.1:4000"},
      {"c=0.0.0.0", "c=IN IP4 0.0.0.0", "m=audio 4000 RTP/AVP 0", Direction::kSendOnly, nullptr},
      {"c=0.0.0.0 in the media", "c=IN IP4 192.0.2.1", "m=audio 4000 RTP/AVP 0\nc=IN IP4 0.0.0.0", Direction::kSendOnly,
       nullptr},
      {"c=0.0.0.0, recvonly", "c=IN IP4 0.0.0.0", "m=audio 4000 RTP/AVP 0\na=recvonly", Direction::kInactive, nullptr},
      {"c=::", "c=IN IP6 ::", "m=audio 4000 RTP/AVP 0", Direction::kSendOnly, nullptr},
      {"port 0", "c=IN IP4 192.0.2.1", "m=audio 0 RTP/AVP 0\na=sendrecv", Direction::kInactive, nullptr},
      {"a name", "c=IN IP4 phone.example", "m=audio 4000 RTP/AVP 0", Direction::kSendRecv, nullptr},
      {"a group", "c=IN IP4 233.1.2.3/127", "m=audio 4000 RTP/AVP 0", Direction::kSendRecv, nullptr},
      {"no address", "t=0 0", "m=audio 4000 RTP/AVP 0", Direction::kSendRecv, nullptr},
  };
  for (const HoldRow& row : rows) {
    const SessionDescription session = read("v=0\n" + std::string(row.session) + "\n" + std::string(row.media));
    EXPECT_EQ(to_string(direction_of(session, session.media[0])), to_string(row.direction)) << row.name;
    const auto address = rtp_address(session, session.media[0]);
    EXPECT_EQ(address ? address->to_string() : "nowhere", row.address == nullptr ? "nowhere" : row.address) << row.name;
  }
}

TEST(Sdp, FindsRtcp) {
  const auto rtcp = [](std::string_view lines, std::string_view port = "4000") {
    const SessionDescription session =
        read("v=0\nc=IN IP4 192.0.2.1\nm=audio " + std::string(port) + " RTP/AVP 0\n" + std::string(lines));
    const auto address = rtcp_address(session, session.media[0]);
    return address ? address->to_string() : "nowhere";
  };
  EXPECT_EQ(rtcp(""), "192.0.2.1:4001");
  EXPECT_EQ(rtcp("a=rtcp:53020"), "192.0.2.1:53020");
  EXPECT_EQ(rtcp("a=rtcp:53020 IN IP4 192.0.2.7"), "192.0.2.7:53020");
  EXPECT_EQ(rtcp("a=rtcp:53020 IN IP6 2001:db8::7"), "[2001:db8::7]:53020");
  EXPECT_EQ(rtcp("a=rtcp:53020 IN IP4 name.example"), "nowhere");
  EXPECT_EQ(rtcp("a=rtcp:0"), "nowhere");
  EXPECT_EQ(rtcp("", "65535"), "nowhere");
  EXPECT_EQ(rtcp("", "0"), "nowhere");
}

TEST(Sdp, ReadsPacketTimesIceAndFingerprints) {
  const SessionDescription session = read(
      "v=0\na=fingerprint:sha-256 AB\nm=audio 4000 RTP/AVP 0\na=ptime:20\na=maxptime:150.5\na=rtcp-mux\n"
      "a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host\nm=audio 4002 RTP/AVP 0\na=ptime:0\na=maxptime:x\n");
  EXPECT_EQ(ptime_of(session.media[0]), 20U);
  EXPECT_EQ(maxptime_of(session.media[0]), 150U);
  EXPECT_TRUE(asks_rtcp_mux(session.media[0]));
  EXPECT_TRUE(has_candidates(session.media[0]));
  EXPECT_TRUE(has_fingerprint(session, session.media[0]));
  EXPECT_FALSE(ptime_of(session.media[1]));
  EXPECT_FALSE(maxptime_of(session.media[1]));
  EXPECT_FALSE(asks_rtcp_mux(session.media[1]));
  EXPECT_FALSE(has_candidates(session.media[1]));
}

constexpr std::string_view kKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";

/// Field case 23: no key in a log.
TEST(Sdp, RedactsKeysInAnySpelling) {
  const std::string key(kKey);
  const std::pair<std::string, std::string> rows[] = {
      {"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "|2^20|1:4 UNENCRYPTED_SRTCP\r\n",
       "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***|2^20|1:4 UNENCRYPTED_SRTCP\r\n"},
      {"a=crypto:1 F8_128_HMAC_SHA1_80 inline:" + key + "|1:1;inline:" + key + "|2:1\n",
       "a=crypto:1 F8_128_HMAC_SHA1_80 inline:***|1:1;inline:***|2:1\n"},
      {" A=Crypto:1 SUITE INLINE:" + key, " A=Crypto:1 SUITE inline:***"},
      {"a=crypto:1 SUITE inline:abc", "a=crypto:1 SUITE inline:***"},
      {"a=crypto:1 SUITE " + key, "a=crypto:1 SUITE ***"},
      {"a=crypto:1 " + key + " x", "a=crypto:1 *** x"},
      {"a=crypto:1 SUITE inline:" + key + " FEC_KEY=inline:" + key, "a=crypto:1 SUITE inline:*** FEC_KEY=inline:***"},
      {"a=acap:1 crypto:1 SUITE inline:" + key + "\r\n", "a=acap:1 crypto:1 SUITE inline:***\r\n"},
      {"a=crypto 1 SUITE inline " + key, "a=crypto 1 SUITE inline ***"},
      {"k=base64:" + key + "\n", "k=***\n"},
      {"a=key-mgmt:mikey AQAFgM0XflABAAAAAAAAAAAAAAsAyONQ6g==\n", "a=key-mgmt:***\n"},
      {"a=ice-pwd:asd88fgpdd777uzjYhagZg\n", "a=ice-pwd:***\n"},
      {"o=- 2890844526289084452628908445 1 IN IP4 192.0.2.1\r\n\r\n",
       "o=- 2890844526289084452628908445 1 IN IP4 192.0.2.1\r\n\r\n"},
      {"a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:" + key + "\r\na=rtpmap:0 PCMU/8000",
       "a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:***\r\na=rtpmap:0 PCMU/8000"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(redacted(text), expected);
}

TEST(Sdp, AFaultHoldsNothingOfTheText) {
  const std::string fault = fault_of("v=0\n" + std::string(kKey) + "\n");
  EXPECT_EQ(fault.find(kKey.substr(0, 8)), std::string::npos) << fault;
}

}  // namespace
}  // namespace sallyport::controlplane
