#include "crypto/master_key.hpp"

#include <gtest/gtest.h>

#include <string>

#include "crypto/error.hpp"
#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

const Suite& suite(std::string_view name) { return *find_suite(name); }

std::string refusal(const Suite& suite, std::string_view base64) {
  try {
    static_cast<void>(parse_master_key(suite, base64));
  } catch (const SetupError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(MasterKey, SplitsKeyAndSalt) {
  // The bytes 0 to 29.
  const MasterKey master =
      parse_master_key(suite("AES_CM_128_HMAC_SHA1_80"), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd");
  for (std::uint8_t i = 0; i < 16; ++i) EXPECT_EQ(master.key.data()[i], i);
  for (std::uint8_t i = 0; i < 14; ++i) EXPECT_EQ(master.salt.data()[i], 16 + i);
}

TEST(MasterKey, PaddingMayBeLeftOut) {
  const Suite& gcm128 = suite("AEAD_AES_128_GCM");
  const std::string digits = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw";
  for (const std::string& text : {digits, digits + "=="}) {
    const MasterKey master = parse_master_key(gcm128, text);
    EXPECT_EQ(master.key.data()[15], 15);
    EXPECT_EQ(master.salt.data()[11], 27);
  }
  const Suite& gcm256 = suite("AEAD_AES_256_GCM");
  const std::string longer = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis";
  for (const std::string& text : {longer, longer + "="}) {
    const MasterKey master = parse_master_key(gcm256, text);
    EXPECT_EQ(master.key.data()[31], 31);
    EXPECT_EQ(master.salt.data()[0], 32);
    EXPECT_EQ(master.salt.data()[11], 43);
  }
}

TEST(MasterKey, WholeAlphabet) {
  const MasterKey master =
      parse_master_key(suite("AES_CM_128_HMAC_SHA1_32"), "ABCDEFGHIJKLMNOPQRSTUVWXYZab+/0123456789");
  EXPECT_EQ(test::to_hex({master.key.data(), 16}), "00108310518720928b30d38f41149351");
  EXPECT_EQ(test::to_hex({master.salt.data(), 14}), "559761969bfbfd35db7e39ebbf3d");
}

TEST(MasterKey, SaysWhatItExpected) {
  EXPECT_EQ(
      refusal(suite("AES_CM_128_HMAC_SHA1_80"), "AAECAwQF"),
      "master key for AES_CM_128_HMAC_SHA1_80: expected 40 base64 characters (30 bytes: 16 key + 14 salt), got 8");
  EXPECT_EQ(refusal(suite("AEAD_AES_128_GCM"), ""),
            "master key for AEAD_AES_128_GCM: expected 38 base64 characters (28 bytes: 16 key + 12 salt), got 0");
  EXPECT_EQ(refusal(suite("AEAD_AES_256_GCM"), "===="),
            "master key for AEAD_AES_256_GCM: expected 59 base64 characters (44 bytes: 32 key + 12 salt), got 0");
}

TEST(MasterKey, RefusesForeignCharactersWithoutRepeatingThem) {
  const std::string text = refusal(suite("AES_CM_128_HMAC_SHA1_80"), "AAECAwQFBg_ICQoLDA0ODxAREhMUFRYXGBkaGxwd");
  EXPECT_NE(text.find("character 11"), std::string::npos) << text;
  EXPECT_EQ(text.find('_', text.find("expected")), std::string::npos) << text;
  EXPECT_EQ(text.find("AAEC"), std::string::npos) << text;
}

TEST(MasterKey, RefusesPaddingInTheWrongPlaceOrNumber) {
  EXPECT_NE(refusal(suite("AES_CM_128_HMAC_SHA1_80"), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd=="), "accepted");
  EXPECT_NE(refusal(suite("AEAD_AES_128_GCM"), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw="), "accepted");
  EXPECT_NE(refusal(suite("AES_CM_128_HMAC_SHA1_80"), "AAECAwQFBgcICQo=DA0ODxAREhMUFRYXGBkaGxwd"), "accepted");
}

}  // namespace
}  // namespace sallyport::crypto
