// SDES key parameters as parties really send them (RFC 4568 6.1; field cases 4 and 5), and what is refused.
#include "controlplane/negotiation/sdes_key.hpp"

#include <gtest/gtest.h>

#include <string>

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

const std::string kKey1 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";
const std::string kKey2 = "HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA";

const crypto::Suite& suite(const char* name = "AES_CM_128_HMAC_SHA1_80") { return *crypto::find_suite(name); }

std::vector<std::uint8_t> bytes(const crypto::Mki& mki) { return {mki.bytes().begin(), mki.bytes().end()}; }

struct Row {
  std::string text;
  std::uint64_t lifetime;
  std::vector<std::uint8_t> mki;
};

TEST(SdesKey, ReadsLifetimeAndMki) {
  std::vector<std::uint8_t> long_mki(128, 0);
  for (std::size_t i = 124; i < 128; ++i) long_mki[i] = 0xff;
  const Row rows[] = {
      {kKey1, 0, {}},
      {"inline:" + kKey1, 0, {}},
      {"inline:" + kKey1 + "|2^31", std::uint64_t{1} << 31, {}},
      {"inline:" + kKey1 + "|2^20", 1U << 20, {}},
      {"inline:" + kKey1 + "|2^48", std::uint64_t{1} << 48, {}},
      {"inline:" + kKey1 + "|2^0", 1, {}},
      {"inline:" + kKey1 + "|31", 31, {}},
      {"inline:" + kKey1 + "|281474976710656", std::uint64_t{1} << 48, {}},
      {"inline:" + kKey1 + "|1:1", 0, {1}},
      {"inline:" + kKey1 + "|1:4", 0, {0, 0, 0, 1}},
      {"inline:" + kKey1 + "|2^20|1:4", 1U << 20, {0, 0, 0, 1}},
      {"inline:" + kKey1 + "|100000|66051:3", 100000, {1, 2, 3}},
      {"inline:" + kKey1 + "|0:1", 0, {0}},
      {"inline:" + kKey1 + "|4294967295:128", 0, long_mki},
      // 2^64 and more: an MKI is as long as it says.
      {"inline:" + kKey1 + "|18446744073709551616:9", 0, {1, 0, 0, 0, 0, 0, 0, 0, 0}},
  };
  const crypto::MasterKey expected = crypto::parse_master_key(suite(), kKey1);
  for (const Row& row : rows) {
    const auto keys = parse_sdes_keys(suite(), row.text);
    ASSERT_EQ(keys.size(), 1U) << row.text;
    EXPECT_EQ(keys[0].lifetime, row.lifetime) << row.text;
    EXPECT_EQ(bytes(keys[0].mki), row.mki) << row.text;
    EXPECT_TRUE(keys[0].master.key.equals(expected.key) && keys[0].master.salt.equals(expected.salt)) << row.text;
  }
}

/// Field case 5: 30, 38, 46, 28 and 44 bytes, with their padding and without.
TEST(SdesKey, ReadsEveryLengthWithAndWithoutPadding) {
  const std::pair<const char*, std::size_t> lengths[] = {{"AES_CM_128_HMAC_SHA1_80", 30},
                                                         {"AES_192_CM_HMAC_SHA1_80", 38},
                                                         {"AES_256_CM_HMAC_SHA1_80", 46},
                                                         {"AEAD_AES_128_GCM", 28},
                                                         {"AEAD_AES_256_GCM", 44}};
  for (const auto& [name, length] : lengths) {
    const std::string digits((length * 8 + 5) / 6, 'A');
    const std::string padding((3 - length % 3) % 3, '=');
    EXPECT_EQ(parse_sdes_keys(suite(name), "inline:" + digits + "|2^31|1:1").size(), 1U) << name;
    EXPECT_EQ(parse_sdes_keys(suite(name), "inline:" + digits + padding + "|2^31|1:1").size(), 1U) << name;
    EXPECT_THROW(parse_sdes_keys(suite(name), "inline:" + digits + "A"), SetupError) << name;
    EXPECT_THROW(parse_sdes_keys(suite(name), "inline:" + digits.substr(1)), SetupError) << name;
  }
}

TEST(SdesKey, ReadsSeveralKeysWithTheirMkis) {
  const auto keys = parse_sdes_keys(suite(), "inline:" + kKey1 + "|2^20|1:4;inline:" + kKey2 + "|2^30|2:4");
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(bytes(keys[0].mki), (std::vector<std::uint8_t>{0, 0, 0, 1}));
  EXPECT_EQ(bytes(keys[1].mki), (std::vector<std::uint8_t>{0, 0, 0, 2}));
  EXPECT_EQ(keys[1].lifetime, 1U << 30);
  EXPECT_FALSE(keys[0].master.key.equals(keys[1].master.key));
}

TEST(SdesKey, RefusesWhatItCannotHonour) {
  std::string seventeen;
  for (int i = 1; i <= 17; ++i) seventeen += (i == 1 ? "" : ";") + kKey1 + "|" + std::to_string(i) + ":1";
  const std::string refused[] = {
      "", "inline:", ";", kKey1 + ";", ";" + kKey1, "inline:inline:" + kKey1, "INLINE:" + kKey1, kKey1 + " ",
      // Lifetimes: none, too long, not a number, twice, behind the MKI.
      kKey1 + "|", kKey1 + "|0", kKey1 + "|2^49", kKey1 + "|2^", kKey1 + "|2^-1", kKey1 + "|281474976710657",
      kKey1 + "|99999999999999999999", kKey1 + "|+5", kKey1 + "|0x10", kKey1 + "|3^2", kKey1 + "|2^20|2^20",
      kKey1 + "|1:1|2^20",
      // MKIs: no value, no length, too long, does not fit, twice, not a number.
      kKey1 + "|:1", kKey1 + "|1:", kKey1 + "|1:0", kKey1 + "|1:129", kKey1 + "|256:1", kKey1 + "|1:1|2:1",
      kKey1 + "|a:1", kKey1 + "|1:a", kKey1 + "|1:1:1", kKey1 + "|18446744073709551616:8",
      // Several: without MKIs, of two lengths, the same twice, too many.
      kKey1 + ";" + kKey2, kKey1 + "|1:1;" + kKey2, kKey1 + "|1:1;" + kKey2 + "|2:2", kKey1 + "|1:1;" + kKey2 + "|1:1",
      seventeen};
  for (const std::string& text : refused) {
    try {
      parse_sdes_keys(suite(), text);
      ADD_FAILURE() << "taken: " << text;
    } catch (const SetupError& error) {
      const std::string words = error.what();
      EXPECT_EQ(words.find(kKey1.substr(0, 6)), std::string::npos) << words;
      EXPECT_NE(words.find("expected") != std::string::npos || words.find("MKI") != std::string::npos, false) << words;
    }
  }
}

}  // namespace
}  // namespace sallyport::controlplane
