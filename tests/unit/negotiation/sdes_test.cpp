// a=crypto lines as parties send them (field cases 1 to 6), each usable or declined with its reason, and ours.
#include "controlplane/negotiation/sdes.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

#include "controlplane/negotiation/sdes_key.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

const std::string kKey30 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd";
const std::string kOther30 = "HhwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBQQDAgEA";

CryptoLines read(std::initializer_list<std::string> lines) {
  MediaDescription media;
  for (const std::string& line : lines) media.attributes.push_back({SecretString(line)});
  return read_crypto_lines(media);
}

const crypto::Suite& suite(std::string_view name) { return *crypto::find_suite(name); }

std::vector<std::uint8_t> bytes(const crypto::Mki& mki) { return {mki.bytes().begin(), mki.bytes().end()}; }

struct Usable {
  const char* name;
  std::string line;
  std::uint32_t tag = 1;
  const char* suite = "AES_CM_128_HMAC_SHA1_80";
  std::size_t keys = 1;
  std::uint64_t lifetime = 0;
  std::vector<std::uint8_t> mki = {};
  const char* parameters = "";
};

std::string line80(const std::string& behind_key = "", const std::string& words = "") {
  return "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey30 + behind_key + words;
}

TEST(Sdes, ReadsWhatPartiesSend) {
  const Usable rows[] = {
      {"plain", line80()},
      {"field_1_tag_7", "crypto:7 AES_CM_128_HMAC_SHA1_80 inline:" + kKey30, 7},
      {"field_1_tag_of_nine_digits", "crypto:999999999 AES_CM_128_HMAC_SHA1_80 inline:" + kKey30, 999999999},
      {"blanks", "crypto:  1\tAES_CM_128_HMAC_SHA1_80   inline:" + kKey30 + "  "},
      {"field_4_lifetime_2_31", line80("|2^31"), 1, "AES_CM_128_HMAC_SHA1_80", 1, std::uint64_t{1} << 31},
      {"field_4_lifetime_2_20", line80("|2^20"), 1, "AES_CM_128_HMAC_SHA1_80", 1, 1U << 20},
      {"field_4_lifetime_31", line80("|31"), 1, "AES_CM_128_HMAC_SHA1_80", 1, 31},
      {"field_4_mki_1_1", line80("|1:1"), 1, "AES_CM_128_HMAC_SHA1_80", 1, 0, {1}},
      {"field_4_mki_1_4", line80("|1:4"), 1, "AES_CM_128_HMAC_SHA1_80", 1, 0, {0, 0, 0, 1}},
      {"field_4_both", line80("|2^20|1:4"), 1, "AES_CM_128_HMAC_SHA1_80", 1, 1U << 20, {0, 0, 0, 1}},
      {"field_4_several_keys",
       line80("|2^20|1:1;inline:" + kOther30 + "|2^20|2:1"),
       1,
       "AES_CM_128_HMAC_SHA1_80",
       2,
       1U << 20,
       {1}},
      {"field_4_unencrypted_srtp",
       line80("", " UNENCRYPTED_SRTP"),
       1,
       "AES_CM_128_HMAC_SHA1_80",
       1,
       0,
       {},
       "UNENCRYPTED_SRTP"},
      {"field_4_unencrypted_srtcp",
       line80("|2^31|1:1", " UNENCRYPTED_SRTCP"),
       1,
       "AES_CM_128_HMAC_SHA1_80",
       1,
       std::uint64_t{1} << 31,
       {1},
       "UNENCRYPTED_SRTCP"},
      {"field_4_unauthenticated_srtp",
       line80("", " UNAUTHENTICATED_SRTP"),
       1,
       "AES_CM_128_HMAC_SHA1_80",
       1,
       0,
       {},
       "UNAUTHENTICATED_SRTP"},
      {"field_4_kdr_and_wsh", line80("", " KDR=16 WSH=512"), 1, "AES_CM_128_HMAC_SHA1_80", 1, 0, {}, "KDR=16 WSH=512"},
      {"field_4_wsh_64_is_a_hint", line80("", " WSH=64")},
      {"field_4_fec_order_of_a_relay", line80("", " FEC_ORDER=FEC_SRTP")},
      {"field_4_optional_extension", line80("", " -future=1")},
      {"field_5_38_bytes", "crypto:1 AES_192_CM_HMAC_SHA1_80 inline:" + std::string(51, 'A') + "=", 1,
       "AES_192_CM_HMAC_SHA1_80"},
      {"field_5_38_bytes_unpadded", "crypto:1 AES_192_CM_HMAC_SHA1_80 inline:" + std::string(51, 'A'), 1,
       "AES_192_CM_HMAC_SHA1_80"},
      {"field_5_46_bytes", "crypto:1 AES_256_CM_HMAC_SHA1_80 inline:" + std::string(62, 'A') + "==", 1,
       "AES_256_CM_HMAC_SHA1_80"},
      {"field_5_46_bytes_unpadded", "crypto:1 AES_256_CM_HMAC_SHA1_80 inline:" + std::string(62, 'A'), 1,
       "AES_256_CM_HMAC_SHA1_80"},
      {"field_5_28_bytes", "crypto:1 AEAD_AES_128_GCM inline:" + std::string(38, 'A') + "==", 1, "AEAD_AES_128_GCM"},
      {"field_5_28_bytes_unpadded", "crypto:1 AEAD_AES_128_GCM inline:" + std::string(38, 'A'), 1, "AEAD_AES_128_GCM"},
      {"field_5_44_bytes", "crypto:1 AEAD_AES_256_GCM inline:" + std::string(59, 'A') + "=", 1, "AEAD_AES_256_GCM"},
      {"field_5_44_bytes_unpadded", "crypto:1 AEAD_AES_256_GCM inline:" + std::string(59, 'A'), 1, "AEAD_AES_256_GCM"},
      {"field_6_alias_of_Zoiper", "crypto:1 AES_CM_256_HMAC_SHA1_80 inline:" + std::string(62, 'A') + "==", 1,
       "AES_256_CM_HMAC_SHA1_80"},
      {"field_6_gcm_8", "crypto:1 AEAD_AES_256_GCM_8 inline:" + std::string(59, 'A') + "=", 1, "AEAD_AES_256_GCM_8"},
  };
  for (const Usable& row : rows) {
    const CryptoLines lines = read({row.line});
    ASSERT_EQ(lines.usable.size(), 1U) << row.name << ": " << (lines.declined.empty() ? "" : lines.declined[0]);
    const CryptoLine& line = lines.usable[0];
    EXPECT_EQ(line.tag, row.tag) << row.name;
    EXPECT_EQ(line.suite->name, row.suite) << row.name;
    ASSERT_EQ(line.keys.size(), row.keys) << row.name;
    EXPECT_EQ(line.keys[0].lifetime, row.lifetime) << row.name;
    EXPECT_EQ(bytes(line.keys[0].mki), row.mki) << row.name;
    crypto::SessionParameters expected;
    const std::string words = row.parameters;
    expected.unencrypted_srtp = words == "UNENCRYPTED_SRTP";
    expected.unencrypted_srtcp = words == "UNENCRYPTED_SRTCP";
    expected.unauthenticated_srtp = words == "UNAUTHENTICATED_SRTP";
    EXPECT_EQ(line.parameters.unencrypted_srtp, expected.unencrypted_srtp) << row.name;
    EXPECT_EQ(line.parameters.unencrypted_srtcp, expected.unencrypted_srtcp) << row.name;
    EXPECT_EQ(line.parameters.unauthenticated_srtp, expected.unauthenticated_srtp) << row.name;
    EXPECT_EQ(line.parameters.key_derivation_rate, words.starts_with("KDR") ? 16 : 0) << row.name;
    EXPECT_EQ(line.parameters.replay_window, words.starts_with("KDR") ? 512 : 128) << row.name;
    EXPECT_EQ(weakens(line.parameters), words.starts_with("UN")) << row.name;
  }
}

TEST(Sdes, DeclinesOneLineWithItsReason) {
  const std::string wrong_length = std::string(36, 'A');
  const std::pair<std::string, std::string> rows[] = {
      {"crypto", "crypto: expected a tag of one to nine digits"},
      {"crypto:", "crypto: expected a tag of one to nine digits"},
      {"crypto:x AES_CM_128_HMAC_SHA1_80 inline:" + kKey30, "crypto: expected a tag of one to nine digits"},
      {"crypto:1000000000 AES_CM_128_HMAC_SHA1_80 inline:" + kKey30, "crypto: expected a tag of one to nine digits"},
      {"crypto:1", "crypto 1: the suite is not known"},
      {"crypto:2 SEED_128_GCM_96 inline:" + kKey30, "crypto 2 SEED_128_GCM_96: the suite is not known"},
      {"crypto:2 inline:" + kKey30, "crypto 2: the suite is not known"},
      {"crypto:1 AES_CM_128_HMAC_SHA1_80",
       "crypto 1 AES_CM_128_HMAC_SHA1_80: expected a key parameter behind the suite"},
      {"crypto:1 AES_CM_128_HMAC_SHA1_80 " + kKey30,
       "crypto 1 AES_CM_128_HMAC_SHA1_80: expected key parameters that begin with 'inline:'"},
      {"crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey30 + "|1:1;" + kOther30 + "|2:1",
       "crypto 1 AES_CM_128_HMAC_SHA1_80: expected key parameters that begin with 'inline:'"},
      {"crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" + wrong_length,
       "crypto 3 AES_CM_128_HMAC_SHA1_80: master key for AES_CM_128_HMAC_SHA1_80: expected 40 base64 characters (30 "
       "bytes: 16 key + 14 salt), got 36"},
      {"crypto:3 AES_CM_128_HMAC_SHA1_80 inline:" + kKey30.substr(1) + "!",
       "crypto 3 AES_CM_128_HMAC_SHA1_80: master key for AES_CM_128_HMAC_SHA1_80: expected 40 base64 characters (30 "
       "bytes: 16 key + 14 salt), character 40 is none"},
      {line80("|1:4|2^20"),
       "crypto 1 AES_CM_128_HMAC_SHA1_80: key parameter 1: expected an MKI as in |1:4 at its end, a number that fits "
       "its 1 to 128 bytes"},
      {line80("|256:1"),
       "crypto 1 AES_CM_128_HMAC_SHA1_80: key parameter 1: expected an MKI as in |1:4 at its end, a number that fits "
       "its 1 to 128 bytes"},
      {line80("", " FEC_KEY=inline:" + kOther30),
       "crypto 1 AES_CM_128_HMAC_SHA1_80: FEC_KEY: a key of its own for FEC is not supported"},
      {line80("", " FEC_ORDER=SRTP_FEC"), "crypto 1 AES_CM_128_HMAC_SHA1_80: FEC_ORDER=SRTP_FEC is not supported"},
      {line80("", " FUTURE=1"),
       "crypto 1 AES_CM_128_HMAC_SHA1_80: session parameter 1: expected one of UNENCRYPTED_SRTP, UNENCRYPTED_SRTCP, "
       "UNAUTHENTICATED_SRTP, KDR=0 or 8 to 24, WSH=64 to 4096, each once, apart by blanks"},
      {"crypto:1 AEAD_AES_128_GCM inline:" + std::string(38, 'A') + "== UNAUTHENTICATED_SRTP",
       "crypto 1 AEAD_AES_128_GCM: suite AEAD_AES_128_GCM: UNAUTHENTICATED_SRTP is not possible with an AEAD suite"},
  };
  for (const auto& [line, reason] : rows) {
    // The line that follows is not touched by it.
    const CryptoLines lines = read({line, "crypto:9 AES_CM_128_HMAC_SHA1_32 inline:" + kKey30});
    ASSERT_EQ(lines.usable.size(), 1U) << line;
    EXPECT_EQ(lines.usable[0].tag, 9U);
    ASSERT_EQ(lines.declined.size(), 1U) << line;
    EXPECT_EQ(lines.declined[0], reason);
  }
}

TEST(Sdes, ReadsNoMoreLinesThanItsBound) {
  MediaDescription media;
  for (int i = 0; i < 50; ++i) media.attributes.push_back({SecretString(line80())});
  const CryptoLines lines = read_crypto_lines(media);
  EXPECT_EQ(lines.usable.size(), kMaxCryptoLines);
  ASSERT_EQ(lines.declined.size(), 1U);
  EXPECT_EQ(lines.declined[0], "crypto lines after the first 32 are not read");
}

/// What is sent is read again, and has its padding (field case 5).
TEST(Sdes, WritesEverySuiteWithPadding) {
  for (const crypto::Suite& row : crypto::kSuites) {
    crypto::MasterKeyEntry entry{crypto::make_master_key(row), {}, 0};
    const SdpAttribute attribute = crypto_attribute(4, row, row.name, entry);
    const std::string_view value = attribute.value();
    const std::size_t key = value.find("inline:") + 7;
    EXPECT_EQ((value.size() - key) % 4, 0U) << row.name;
    EXPECT_EQ(value.size() - key, (row.master_len() + 2) / 3 * 4) << row.name;
    MediaDescription media;
    media.attributes.push_back(attribute);
    const CryptoLines lines = read_crypto_lines(media);
    ASSERT_EQ(lines.usable.size(), 1U) << row.name;
    EXPECT_EQ(lines.usable[0].tag, 4U);
    EXPECT_TRUE(same_key(lines.usable[0].keys[0].master, entry.master)) << row.name;
  }
}

TEST(Sdes, WritesLifetimeMkiAndParameters) {
  const crypto::Suite& row = suite("AES_CM_128_HMAC_SHA1_80");
  crypto::MasterKeyEntry entry{crypto::parse_master_key(row, kKey30), crypto::Mki(1, 4), std::uint64_t{1} << 31};
  crypto::SessionParameters parameters;
  parameters.unencrypted_srtcp = true;
  EXPECT_EQ(std::string(crypto_attribute(1, row, row.name, entry, parameters).text),
            "crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + kKey30 + "|2^31|1:4 UNENCRYPTED_SRTCP");
  entry.lifetime = 100000;
  const std::vector<std::uint8_t> wide{1, 0, 0, 0, 0, 0, 0, 0, 0};
  entry.mki = crypto::Mki(wide);
  EXPECT_EQ(std::string(write_sdes_key(row, entry)), "inline:" + kKey30 + "|100000|18446744073709551616:9");
  entry.mki = crypto::Mki(0, 2);
  EXPECT_EQ(std::string(write_sdes_key(row, entry)), "inline:" + kKey30 + "|100000|0:2");
}

TEST(Sdes, AnswersRepeatWhatIsNegotiated) {
  const CryptoLines lines = read({line80("", " KDR=10 WSH=512 UNENCRYPTED_SRTCP")});
  const crypto::SessionParameters repeated = parameters_to_repeat(lines.usable.at(0).parameters);
  EXPECT_TRUE(repeated.unencrypted_srtcp);
  EXPECT_EQ(repeated.key_derivation_rate, 10);
  EXPECT_EQ(repeated.replay_window, crypto::kMinReplayWindow);
}

/// Requirements M4: keys are new every time, in key and salt, to their whole length.
TEST(Sdes, MakesNewKeys) {
  const crypto::Suite& row = suite("AES_256_CM_HMAC_SHA1_80");
  std::set<std::string> seen;
  std::array<std::uint8_t, 46> ever{};
  for (int i = 0; i < 64; ++i) {
    const crypto::MasterKey key = crypto::make_master_key(row);
    seen.emplace(reinterpret_cast<const char*>(key.key.data()), row.key_len);
    for (std::size_t k = 0; k < 32; ++k) ever[k] |= key.key.data()[k];
    for (std::size_t k = 0; k < 14; ++k) ever[32 + k] |= key.salt.data()[k];
  }
  EXPECT_EQ(seen.size(), 64U);
  for (const std::uint8_t byte : ever) EXPECT_EQ(byte, 0xff);
}

}  // namespace
}  // namespace sallyport::controlplane
