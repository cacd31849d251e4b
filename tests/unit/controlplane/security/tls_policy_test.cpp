// The six policies, the override, and settings that cannot go together (S1, S2).
#include "controlplane/security/tls_policy.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

std::string error_of(const TlsRules& rules) {
  try {
    encrypted_offer(rules);
  } catch (const SetupError& error) {
    return error.what();
  }
  return {};
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(TlsPolicy, SixNamesAndNoOther) {
  for (const char* name : {"strongest_rsa", "strongest_ecdsa", "medium_rsa", "medium_ecdsa", "all_rsa", "all_ecdsa"}) {
    ASSERT_NE(find_tls_policy(name), nullptr) << name;
    EXPECT_EQ(find_tls_policy(name)->name, name);
  }
  EXPECT_EQ(find_tls_policy("strongest"), nullptr);
  EXPECT_EQ(find_tls_policy(""), nullptr);
}

TEST(TlsPolicy, ListsAreOrdered) {
  const TlsOffer strongest = encrypted_offer({.policy = TlsPolicy::kStrongestEcdsa});
  EXPECT_EQ(strongest.ciphers, "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384");
  EXPECT_EQ(strongest.suites, "TLS_AES_256_GCM_SHA384");
  const TlsOffer all = encrypted_offer({.policy = TlsPolicy::kAllRsa});
  EXPECT_TRUE(all.ciphers.starts_with("ECDHE-RSA-AES256-GCM-SHA384:"));
  EXPECT_TRUE(all.ciphers.ends_with(":AES128-SHA"));
  EXPECT_EQ(all.suites, "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(all.min_version, TLS1_2_VERSION);
  EXPECT_FALSE(contains(encrypted_offer({.policy = TlsPolicy::kAllEcdsa}).ciphers, "AES128-SHA:"));
}

TEST(TlsPolicy, LegacyVersionsWithAllOnly) {
  EXPECT_EQ(encrypted_offer({.policy = TlsPolicy::kAllRsa, .legacy_tls = true}).min_version, TLS1_VERSION);
  for (const TlsPolicyRow& row : kTlsPolicies) {
    const TlsRules rules{.policy = row.policy, .legacy_tls = true};
    EXPECT_EQ(error_of(rules).empty(), row.strength == CipherStrength::kAll) << row.name;
    EXPECT_EQ(error_of(rules), legacy_problem(rules));
    EXPECT_EQ(error_of({.policy = row.policy}), "");
  }
  EXPECT_NE(legacy_warning({.policy = TlsPolicy::kAllEcdsa, .legacy_tls = true}), "");
  EXPECT_EQ(legacy_warning({.policy = TlsPolicy::kAllRsa, .legacy_tls = true}), "");
  EXPECT_EQ(legacy_warning({.policy = TlsPolicy::kAllEcdsa}), "");
}

TEST(TlsPolicy, OverrideReplacesTls12AndKeepsTheSuitesOfTls13) {
  const TlsOffer offer = encrypted_offer({.cipher_override = "ECDHE+AESGCM:!RC4:!NOSUCH:@SECLEVEL=1"});
  EXPECT_TRUE(offer.ciphers.starts_with("ECDHE+AESGCM:"));
  EXPECT_EQ(offer.suites, "TLS_AES_256_GCM_SHA384");
  EXPECT_EQ(offer.security_level, 1);
  EXPECT_EQ(encrypted_offer({.cipher_override = "ECDHE+AESGCM"}).security_level, 2);
}

TEST(TlsPolicy, OverrideMayNameTheSuitesOfTls13) {
  const TlsOffer offer = encrypted_offer(
      {.cipher_override = "TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-CHACHA20-POLY1305 TLS_AES_128_GCM_SHA256"});
  EXPECT_EQ(offer.suites, "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256");
  EXPECT_TRUE(offer.ciphers.starts_with("ECDHE-RSA-CHACHA20-POLY1305:"));
}

TEST(TlsPolicy, WrongOverrideIsNamed) {
  for (const char* wrong : {"ECDHE-RSA-AES256-GCM-SHA385", "TLS_AES_512_GCM_SHA1", "@SECLEVEL=7", "@SECLEVEL=", "@WORD",
                            "!TLS_AES_128_GCM_SHA256", "+NOSUCH"}) {
    const std::string error = error_of({.cipher_override = "ECDHE-RSA-AES256-GCM-SHA384:" + std::string(wrong)});
    EXPECT_TRUE(contains(error, "'" + std::string(wrong) + "' is no cipher")) << wrong << ": " << error;
  }
}

TEST(TlsPolicy, OverrideMustLeaveACipherThatEncrypts) {
  EXPECT_TRUE(contains(error_of({.cipher_override = "NULL-SHA"}), "no cipher that encrypts"));
  EXPECT_TRUE(contains(error_of({.cipher_override = "TLS_AES_256_GCM_SHA384"}), "no cipher that encrypts"));
  EXPECT_TRUE(contains(error_of({.cipher_override = ":,"}), "no cipher that encrypts"));
  EXPECT_TRUE(contains(encrypted_offer({.cipher_override = "AES128-SHA:NULL-SHA"}).ciphers, ":!eNULL"));
}

TEST(TlsPolicy, AuthenticatedIsNullShaBelowTls13) {
  const TlsOffer offer = authenticated_offer({.policy = TlsPolicy::kAllEcdsa});
  EXPECT_EQ(offer.ciphers, "NULL-SHA");
  EXPECT_EQ(offer.suites, "");
  EXPECT_EQ(offer.max_version, TLS1_2_VERSION);
  EXPECT_EQ(offer.min_version, TLS1_2_VERSION);
}

TEST(TlsPolicy, AuthenticatedNeedsNullSha) {
  for (const TlsPolicyRow& row : kTlsPolicies) {
    const std::string problem = authenticated_problem({.policy = row.policy});
    EXPECT_EQ(problem.empty(), row.strength == CipherStrength::kAll) << row.name;
    if (!problem.empty()) {
      EXPECT_TRUE(contains(problem, "NULL-SHA") && contains(problem, row.name)) << problem;
    }
  }
  EXPECT_THROW(authenticated_offer({.policy = TlsPolicy::kMediumRsa}), SetupError);
  EXPECT_EQ(authenticated_problem({.cipher_override = "AES128-SHA:NULL-SHA"}), "");
  EXPECT_NE(authenticated_problem({.policy = TlsPolicy::kAllRsa, .cipher_override = "AES128-SHA"}), "");
}

TEST(TlsPolicy, WeakerMediaThanSignallingIsSaid) {
  using enum CipherStrength;
  EXPECT_NE(srtp_warning({.policy = TlsPolicy::kStrongestRsa}, kMedium), "");
  EXPECT_NE(srtp_warning({.policy = TlsPolicy::kMediumEcdsa}, kAll), "");
  EXPECT_EQ(srtp_warning({.policy = TlsPolicy::kMediumEcdsa}, kMedium), "");
  EXPECT_EQ(srtp_warning({.policy = TlsPolicy::kAllRsa}, kStrongest), "");
}

}  // namespace
}  // namespace sallyport::controlplane
