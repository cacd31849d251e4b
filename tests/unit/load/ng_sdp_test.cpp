// SDP that goes to and comes from a gateway over ng.
#include "perf/load/ng_sdp.hpp"

#include <gtest/gtest.h>

namespace sallyport::load {
namespace {

const crypto::Suite* const kGcm = crypto::find_suite("AEAD_AES_128_GCM");
const crypto::Suite* const kCm = crypto::find_suite("AES_CM_128_HMAC_SHA1_80");

const std::string kSecure =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 20000 RTP/SAVP 0\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=rtcp:20001\r\n"
    "a=crypto:7 AES_CM_128_HMAC_SHA1_80 inline:CmCmCm\r\na=crypto:9 AEAD_AES_128_GCM inline:GcmGcm\r\n";
const std::string kPlain = "v=0\nc=IN IP6 2001:db8::1\nm=audio 65534 RTP/AVP 0\n";

std::string refusal(const std::string& sdp, const crypto::Suite* suite) {
  try {
    read_sdp(sdp, suite);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

std::string with(std::string text, const std::string& part, const std::string& instead) {
  const std::size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos) << part;
  return text.replace(at, part.size(), instead);
}

TEST(NgSdp, ReadsTheLineOfTheSuite) {
  const NgMedia gcm = read_sdp(kSecure, kGcm);
  EXPECT_EQ(gcm.local.to_string(), "192.0.2.1:20000");
  EXPECT_EQ(gcm.crypto.tag, 9U);
  EXPECT_EQ(gcm.crypto.key, "inline:GcmGcm");
  EXPECT_EQ(read_sdp(kSecure, kCm).crypto.tag, 7U);
  EXPECT_EQ(read_sdp(kPlain, nullptr).local.to_string(), "[2001:db8::1]:65534");
}

TEST(NgSdp, TheMediaStreamsAddressIsStrongerThanTheSessions) {
  EXPECT_EQ(read_sdp(kPlain + "c=IN IP4 192.0.2.9\n", nullptr).local.to_string(), "192.0.2.9:65534");
  EXPECT_EQ(read_sdp(kPlain + "m=video 1 RTP/AVP 1\nc=IN IP4 192.0.2.9\n", nullptr).local.port, 65534);
}

TEST(NgSdp, SaysWhatIsMissing) {
  EXPECT_EQ(refusal("", nullptr), "--gateway: its SDP has no c= or no m= line");
  EXPECT_EQ(refusal("m=audio 20000 RTP/AVP 0\n", nullptr), "--gateway: its SDP has no c= or no m= line");
  EXPECT_EQ(refusal(with(kPlain, "2001:db8::1", "here"), nullptr), "--gateway: its SDP has no address in its c= line");
  for (const char* port : {"0", "65536", "-1", "x", ""}) {
    EXPECT_EQ(refusal(with(kPlain, "65534", port), nullptr), "--gateway: its SDP has no port in its m= line") << port;
  }
  EXPECT_EQ(refusal(kPlain, kGcm), "--gateway: its SDP does not say RTP/SAVP");
  EXPECT_EQ(refusal(kSecure, nullptr), "--gateway: its SDP does not say RTP/AVP");
  EXPECT_EQ(refusal(kPlain + "a=crypto:1 AEAD_AES_128_GCM inline:x\n", nullptr),
            "--gateway: its SDP has a key where plain RTP was asked for");
  EXPECT_EQ(refusal(kSecure, crypto::find_suite("AEAD_AES_256_GCM")),
            "--gateway: its SDP has no a=crypto line of AEAD_AES_256_GCM");
  EXPECT_EQ(refusal(with(kSecure, "crypto:9", "crypto:"), kGcm),
            "--gateway: its SDP has an a=crypto line without a tag");
  const std::string unasked = refusal(with(kSecure, "GcmGcm", "GcmGcm UNENCRYPTED_SRTP"), kGcm);
  EXPECT_EQ(unasked, "--gateway: its SDP asks for session parameters, which were not offered");
}

TEST(NgSdp, ReadsWhatItWrites) {
  const auto local = *Endpoint::parse("[2001:db8::2]:30000");
  const NgMedia secure = read_sdp(write_sdp(local, 8, kGcm, {.tag = 3, .key = "c2VjcmV0"}), kGcm);
  EXPECT_EQ(secure.local, local);
  EXPECT_EQ(secure.crypto.tag, 3U);
  EXPECT_EQ(secure.crypto.key, "inline:c2VjcmV0");
  EXPECT_EQ(read_sdp(write_sdp(local, 8, nullptr, {}), nullptr).local, local);
}

}  // namespace
}  // namespace sallyport::load
