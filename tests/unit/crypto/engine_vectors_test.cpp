// Known answers, below the key derivation and on every engine: RFC 3711 B.2, RFC 7714 16 (whose vectors give session
// keys).
#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/error.hpp"
#include "crypto/iv.hpp"
#include "tests/unit/crypto/engine_job_checks.hpp"
#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

using test::Bytes;
using test::from_hex;
using test::to_hex;

SessionKeys session_keys(std::string_view encryption_hex) {
  SessionKeys keys;
  const Bytes encryption = from_hex(encryption_hex);
  std::copy(encryption.begin(), encryption.end(), keys.encryption.data());
  return keys;
}

Job job_for(const Suite& suite, const KeyRecord& keys, Bytes& text, std::array<std::uint8_t, 16>& tag) {
  Job job{};
  job.tag = tag.data();
  job.keys = &keys;
  job.src = text.data();
  job.dst = text.data();
  job.text_len = static_cast<std::uint16_t>(text.size());
  job.tag_len = suite.rtp_tag_len;
  job.cipher = suite.cipher;
  job.key_len = suite.key_len;
  return job;
}

TEST(EngineVectors, AesCounterModeKeystreamOfRfc3711B2) {
  const Suite& suite = *find_suite("AES_CM_128_HMAC_SHA1_80");
  for (const test::NamedEngine& named : test::all_engines()) {
    const test::ExpandedKey keys(*named.engine, suite, session_keys("2B7E151628AED2A6ABF7158809CF4F3C"));
    Bytes text(48);
    std::array<std::uint8_t, 16> tag{};
    Job job = job_for(suite, keys.record(), text, tag);
    job.auth = text.data();
    job.auth_len = job.text_len;
    const Bytes salt = from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
    const Bytes ssrc(4);
    aes_cm_iv(job.iv.data(), salt.data(), ssrc.data(), 0);
    named.engine->seal({&job, 1});
    EXPECT_EQ(to_hex(text),
              "e03ead0935c95e80e166b16dd92b4eb4d23513162b02d0f72a43a2fe4a5f97ab41e95b3bb0a2e8dd477901e4fca894c0")
        << named.name;
  }
}

TEST(EngineVectors, AesCounterModeCarriesIntoTheUpperByteOfItsCounter) {
  const Suite& suite = *find_suite("AES_CM_128_HMAC_SHA1_80");
  for (const test::NamedEngine& named : test::all_engines()) {
    const test::ExpandedKey keys(*named.engine, suite, session_keys("2B7E151628AED2A6ABF7158809CF4F3C"));
    Bytes text(48);
    std::array<std::uint8_t, 16> tag{};
    Job job = job_for(suite, keys.record(), text, tag);
    job.auth = text.data();
    job.auth_len = job.text_len;
    const Bytes counter = from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF");
    std::copy(counter.begin(), counter.end(), job.iv.begin());
    named.engine->seal({&job, 1});
    EXPECT_EQ(to_hex(text),
              "ec8cdf7398607cb0f2d21675ea9ea1e4362b7c3c6773516318a077d7fc5073ae6a2cc3787889374fbeb4c81b17ba6c44")
        << named.name;
  }
}

struct GcmVector {
  std::string_view suite;
  std::string_view key;
  std::string_view header;
  std::string_view plaintext;
  std::string_view ciphertext;
  std::string_view tag;
};

constexpr GcmVector kRfc7714[] = {
    // 16.1.1 and 16.2.1, both with salt "Quid pro quo" and ROC 0.
    {"AEAD_AES_128_GCM", "000102030405060708090a0b0c0d0e0f", "8040f17b8041f8d35501a0b2",
     "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573",
     "f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f42a5f47a51c7d19b36de3adf8833",
     "899d7f27beb16a9152cf765ee4390cce"},
    {"AEAD_AES_256_GCM", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "8040f17b8041f8d35501a0b2",
     "47616c6c696120657374206f6d6e69732064697669736120696e207061727465732074726573",
     "32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3b50b2a0276ffae0f1ba63799b87b",
     "7aa3db36dfffd6b0f9bb7878d7a76c13"},
};

class GcmVectors : public testing::TestWithParam<GcmVector> {};

TEST_P(GcmVectors, SealAndOpen) {
  const GcmVector& vector = GetParam();
  const Suite& suite = *find_suite(vector.suite);
  const Bytes header = from_hex(vector.header);
  const Bytes salt = from_hex("517569642070726f2071756f");
  for (const test::NamedEngine& named : test::all_engines()) {
    SCOPED_TRACE(named.name);
    const test::ExpandedKey keys(*named.engine, suite, session_keys(vector.key));
    Bytes text = from_hex(vector.plaintext);
    std::array<std::uint8_t, 16> tag{};
    Job job = job_for(suite, keys.record(), text, tag);
    job.auth = header.data();
    job.auth_len = static_cast<std::uint16_t>(header.size());
    aes_gcm_iv(job.iv.data(), salt.data(), header.data() + 8, 0xf17b);
    EXPECT_EQ(to_hex({job.iv.data(), 12}), "51753c6580c2726f20718414");
    named.engine->seal({&job, 1});
    EXPECT_EQ(to_hex(text), vector.ciphertext);
    EXPECT_EQ(to_hex(tag), vector.tag);

    named.engine->open({&job, 1});
    EXPECT_TRUE(job.ok);
    EXPECT_EQ(to_hex(text), vector.plaintext);
    std::ranges::copy(from_hex(vector.ciphertext), text.begin());  // in place: the job points into it
    text[3] ^= 1;
    named.engine->open({&job, 1});
    EXPECT_FALSE(job.ok);
  }
}

INSTANTIATE_TEST_SUITE_P(Rfc7714, GcmVectors, testing::ValuesIn(kRfc7714));

TEST(Engines, NamesAreKnownBothWays) {
  for (const EngineKind kind : {EngineKind::kIpsecMb, EngineKind::kOpenSsl}) {
    EXPECT_EQ(engine_kind(to_string(kind)), kind);
    EXPECT_EQ(make_engine(kind)->kind_for(kSuites[0]), kind);
  }
  EXPECT_THROW(engine_kind("isa-l"), SetupError);
}

/// Each engine against OpenSSL, job by job, every suite that it has.
TEST(Engines, EveryShapeOfAJobIsSealedAndOpened) {
  for (const test::NamedEngine& named : test::all_engines()) {
    SCOPED_TRACE(named.name);
    test::check_all_shapes(*named.engine);
  }
}

TEST(Engines, ForgeriesAreRefused) {
  for (const test::NamedEngine& named : test::all_engines()) {
    SCOPED_TRACE(named.name);
    test::check_forgeries(*named.engine);
  }
}

TEST(Engines, TheLibraryAndOpenSslServeEverySuite) {
  for (const EngineKind kind : {EngineKind::kIpsecMb, EngineKind::kOpenSsl}) {
    for (const Suite& suite : kSuites) EXPECT_TRUE(make_engine(kind)->supports(suite)) << suite.name;
  }
}

}  // namespace
}  // namespace sallyport::crypto
