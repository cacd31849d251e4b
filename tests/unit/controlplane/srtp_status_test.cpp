// What status says of a side's SRTP: never more than is true (requirement M10), and never a key.
#include "controlplane/srtp_status.hpp"

#include <gtest/gtest.h>

#include "controlplane/crypto_engines.hpp"
#include "controlplane/negotiation/sdes_key.hpp"

namespace sallyport::controlplane {
namespace {

using crypto::EngineKind;

constexpr const char* kKeys =
    "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|2^20|1:4;inline:HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA|258:4";

StreamSideConfig side(const char* suite) {
  StreamSideConfig made;
  made.suite = crypto::find_suite(suite);
  return made;
}

TEST(MediaSecurity, IsTheWorstThatIsTrue) {
  EXPECT_STREQ(media_security(StreamSideConfig{}), "nonsecure");
  for (const crypto::Suite& suite : crypto::kSuites) {
    EXPECT_STREQ(media_security(side(suite.name.data())), suite.encrypts() ? "encrypted" : "authenticated");
  }
  StreamSideConfig some = side("AES_CM_128_HMAC_SHA1_80");
  some.parameters = {.unencrypted_srtp = true};
  EXPECT_STREQ(media_security(some), "authenticated");
  some.parameters = {.unencrypted_srtcp = true};
  EXPECT_STREQ(media_security(some), "authenticated");
  some.parameters = {.unauthenticated_srtp = true};
  EXPECT_STREQ(media_security(some), "nonsecure");
}

TEST(SrtpStatus, SaysWhatIsInForce) {
  StreamSideConfig some = side("AES_CM_128_HMAC_SHA1_80");
  some.send_keys = parse_sdes_keys(*some.suite, kKeys);
  some.receive_keys = parse_sdes_keys(*some.suite, "HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA");
  some.send_with = 2;
  some.parameters = {.unencrypted_srtcp = true, .key_derivation_rate = 0, .replay_window = 512};
  dataplane::Stream stream;
  stream.send_key_used.set(905);
  StreamSide state;
  state.view = &stream;
  state.sending.nearly_over = true;
  const crypto::EngineChoice choice{.preferred = EngineKind::kOpenSsl, .by_suite = {}};
  const crypto::EngineSet engine(choice);
  const auto json = srtp_json(some, state, choice, engine);
  EXPECT_EQ(json["session_parameters"], "UNENCRYPTED_SRTCP WSH=512");
  EXPECT_EQ(json["replay_window"], 512);
  EXPECT_EQ(json["exposed"], nlohmann::json::array({"RTCP is not encrypted"}));
  EXPECT_EQ(json["send_keys"][0]["mki"], "0x00000001");
  EXPECT_EQ(json["send_keys"][0]["lifetime"], 1U << 20);
  EXPECT_EQ(json["send_keys"][1]["mki"], "0x00000102");
  EXPECT_TRUE(json["send_keys"][1]["lifetime"].is_null());
  EXPECT_EQ(json["send_with"], 2);
  EXPECT_TRUE(json["receive_keys"][0]["mki"].is_null());
  EXPECT_EQ(json["send_key"]["state"], "nearly over");
  EXPECT_EQ(json["send_key"]["used_percent"], 90.5);
  EXPECT_EQ(json["receive_key"]["state"], "good");
  EXPECT_TRUE(json["engine_reason"].is_null());
  EXPECT_EQ(json.dump().find("AAEC"), std::string::npos);
  EXPECT_TRUE(srtp_json(StreamSideConfig{}, state, choice, engine).is_null());
}

TEST(SrtpStatus, SaysWhyAnEngineIsNotTheChosenOne) {
  const crypto::Suite& f8 = *crypto::find_suite("F8_128_HMAC_SHA1_80");
  const crypto::Suite& gcm = *crypto::find_suite("AEAD_AES_128_GCM");
  crypto::EngineChoice choice{.preferred = EngineKind::kLibSrtp, .by_suite = {}};
  EXPECT_EQ(engine_detour(choice, gcm, EngineKind::kLibSrtp), "");
  EXPECT_EQ(engine_detour(choice, f8, EngineKind::kIpsecMb), "libsrtp does not have F8_128_HMAC_SHA1_80");
  choice.by_suite[crypto::suite_index(f8)] = EngineKind::kOpenSsl;
  EXPECT_EQ(engine_detour(choice, f8, EngineKind::kOpenSsl), "") << "chosen";
  EXPECT_EQ(engine_detour({}, gcm, EngineKind::kLanes), "");
  EXPECT_NE(engine_detour({}, gcm, EngineKind::kIpsecMb), "");

  const crypto::EngineSet engine(choice);
  const auto all = engines_json(choice, engine);
  EXPECT_EQ(all.size(), crypto::kSuites.size());
  for (const auto& row : all) {
    EXPECT_EQ(row["reason"].is_null(), row["engine"] == "libsrtp" || row["suite"] == "F8_128_HMAC_SHA1_80") << row;
  }
}

}  // namespace
}  // namespace sallyport::controlplane
