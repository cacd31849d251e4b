// The product's contexts against clients of every kind, in memory (S1, S2, S8).
#include <gtest/gtest.h>

#include "controlplane/security/tls_contexts.hpp"
#include "crypto/error.hpp"
#include "tests/unit/controlplane/security/test_pki.hpp"
#include "tests/unit/controlplane/security/tls_pair.hpp"

namespace sallyport::controlplane {
namespace {

class TlsContextTest : public testing::Test {
 protected:
  // Made once: keys take their time under sanitizers.
  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    rsa_ = self_signed_in(*folder_, "gw-rsa", KeyKind::kRsa2048);
    ecdsa_ = self_signed_in(*folder_, "gw-ec", KeyKind::kEcP256);
    phone_ = self_signed_in(*folder_, "phone-1", KeyKind::kEcP256);
    stranger_ = self_signed_in(*folder_, "stranger", KeyKind::kEcP256);
  }
  static void TearDownTestSuite() { folder_.reset(); }

  static TlsSettings settings(TlsPolicy policy) {
    return {.rules = {.policy = policy}, .identities = {rsa_, ecdsa_}, .trust = phone_.certificate};
  }
  static std::string error_of(const TlsSettings& wrong) {
    try {
      TlsContexts{wrong};
    } catch (const SetupError& error) {
      return error.what();
    }
    return {};
  }

  static inline std::unique_ptr<TemporaryFolder> folder_;
  static inline IdentityFiles rsa_, ecdsa_, phone_, stranger_;
};

constexpr const char* kBoth256 = "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384";

TEST_F(TlsContextTest, PolicySaysWhichCertificateComesFirst) {
  for (const bool tls13 : {false, true}) {
    const ClientOptions client{.ciphers = kBoth256, .max_version = tls13 ? TLS1_3_VERSION : TLS1_2_VERSION};
    EXPECT_EQ(shake_hands(TlsContexts(settings(TlsPolicy::kStrongestRsa)).encrypted(), client).shown, "RSA");
    EXPECT_EQ(shake_hands(TlsContexts(settings(TlsPolicy::kStrongestEcdsa)).encrypted(), client).shown, "EC");
  }
}

TEST_F(TlsContextTest, ClientThatKnowsOneKindGetsThatKind) {
  const TlsContexts contexts(settings(TlsPolicy::kMediumRsa));
  const Handshake ecdsa =
      shake_hands(contexts.encrypted(), {.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256", .max_version = TLS1_2_VERSION});
  ASSERT_TRUE(ecdsa.done) << ecdsa.error;
  EXPECT_EQ(ecdsa.shown, "EC");
  const Handshake rsa =
      shake_hands(contexts.encrypted(), {.ciphers = "ECDHE-RSA-AES128-GCM-SHA256", .max_version = TLS1_2_VERSION});
  ASSERT_TRUE(rsa.done) << rsa.error;
  EXPECT_EQ(rsa.shown, "RSA");
}

TEST_F(TlsContextTest, StrongestRefusesAes128InBothVersions) {
  const TlsContexts contexts(settings(TlsPolicy::kStrongestRsa));
  EXPECT_FALSE(shake_hands(contexts.encrypted(),
                           {.ciphers = "ECDHE-RSA-AES128-GCM-SHA256:AES128-SHA", .max_version = TLS1_2_VERSION})
                   .done);
  const SslContext client = client_context({.min_version = TLS1_3_VERSION});
  ASSERT_EQ(SSL_CTX_set_ciphersuites(client.get(), "TLS_AES_128_GCM_SHA256"), 1);
  EXPECT_FALSE(shake_hands(contexts.encrypted()->native_handle(), client.get()).done);
  const TlsContexts medium(settings(TlsPolicy::kMediumRsa));
  EXPECT_TRUE(shake_hands(medium.encrypted()->native_handle(), client.get()).done);
}

TEST_F(TlsContextTest, ServerPrefersItsOwnOrder) {
  const TlsContexts contexts(settings(TlsPolicy::kMediumRsa));
  const Handshake tls12 = shake_hands(
      contexts.encrypted(),
      {.ciphers = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384", .max_version = TLS1_2_VERSION});
  ASSERT_TRUE(tls12.done) << tls12.error;
  EXPECT_EQ(tls12.at_server->cipher, "ECDHE-RSA-AES256-GCM-SHA384");
  EXPECT_TRUE(tls12.at_server->encrypted);
}

TEST_F(TlsContextTest, OldVersionsOnlyWithLegacy) {
  const ClientOptions old{.ciphers = "AES128-SHA:@SECLEVEL=0", .max_version = TLS1_1_VERSION};
  TlsSettings all = settings(TlsPolicy::kAllRsa);
  EXPECT_FALSE(shake_hands(TlsContexts(all).encrypted(), old).done);
  EXPECT_TRUE(shake_hands(TlsContexts(all).encrypted(), {.ciphers = "AES128-SHA", .max_version = TLS1_2_VERSION}).done);
  all.rules.legacy_tls = true;
  const Handshake done = shake_hands(TlsContexts(all).encrypted(), old);
  ASSERT_TRUE(done.done) << done.error;
  EXPECT_EQ(done.at_server->version, "TLSv1.1");
}

TEST_F(TlsContextTest, OldVersionsDoNotBringShortKeysBack) {
  TlsSettings old = settings(TlsPolicy::kAllRsa);
  old.rules.legacy_tls = true;
  old.clients = ClientCertificates::kRequired;
  const auto shown = [&](unsigned bits) {
    const OpensslKey key(EVP_RSA_gen(bits));
    const std::string name = "rsa-" + std::to_string(bits);
    const SecretString pem = to_pem(key.get());
    const IdentityFiles files{
        folder_->write(name + ".pem", to_pem(self_signed(key.get(), {.names = {name}}, now()).get())),
        folder_->write(name + ".key", {pem.data(), pem.size()})};
    old.trust = files.certificate;
    return shake_hands(TlsContexts(old).encrypted(),
                       {.ciphers = "AES128-SHA:@SECLEVEL=0", .max_version = TLS1_1_VERSION, .identity = &files});
  };
  EXPECT_EQ(shown(512).error, "certificate verify failed");
  const Handshake done = shown(1024);
  EXPECT_TRUE(done.done) << done.error;
}

TEST_F(TlsContextTest, NullShaIsNeverEncryptedServersBusiness) {
  for (const TlsPolicyRow& row : kTlsPolicies) {
    const Handshake refused = shake_hands(TlsContexts(settings(row.policy)).encrypted(),
                                          {.ciphers = "NULL-SHA:@SECLEVEL=0", .max_version = TLS1_2_VERSION});
    EXPECT_FALSE(refused.done) << row.name;
  }
  TlsSettings with_override = settings(TlsPolicy::kAllRsa);
  with_override.rules.cipher_override = "AES128-SHA:NULL-SHA:@SECLEVEL=0";
  EXPECT_FALSE(shake_hands(TlsContexts(with_override).encrypted(),
                           {.ciphers = "NULL-SHA:@SECLEVEL=0", .max_version = TLS1_2_VERSION})
                   .done);
}

TEST_F(TlsContextTest, AuthenticatedIsNullShaAndSeenAsSuch) {
  TlsSettings all = settings(TlsPolicy::kAllRsa);
  all.authenticated = true;
  const TlsContexts contexts(all);
  const Handshake done = shake_hands(contexts.authenticated(), {});
  ASSERT_TRUE(done.done) << done.error;
  EXPECT_EQ(done.at_server->version, "TLSv1.2");
  EXPECT_EQ(done.at_server->cipher, "NULL-SHA");
  EXPECT_FALSE(done.at_server->encrypted);
  EXPECT_NE(done.wire.find("SIP/2.0 200 OK"), std::string::npos);
}

TEST_F(TlsContextTest, AuthenticatedHasNoTls13) {
  TlsSettings all = settings(TlsPolicy::kAllRsa);
  all.authenticated = true;
  const TlsContexts contexts(all);
  EXPECT_FALSE(shake_hands(contexts.authenticated(), {.min_version = TLS1_3_VERSION}).done);
  EXPECT_FALSE(shake_hands(contexts.authenticated(), {.ciphers = "ECDHE-RSA-AES256-GCM-SHA384"}).done);
}

TEST_F(TlsContextTest, AuthenticatedIsRefusedWhereItCannotWork) {
  TlsSettings wrong = settings(TlsPolicy::kMediumRsa);
  wrong.authenticated = true;
  EXPECT_EQ(error_of(wrong), authenticated_problem(wrong.rules));
  wrong = settings(TlsPolicy::kAllEcdsa);
  wrong.authenticated = true;
  wrong.identities = {ecdsa_};
  EXPECT_NE(error_of(wrong).find("needs an RSA certificate"), std::string::npos);
  EXPECT_EQ(TlsContexts(settings(TlsPolicy::kAllRsa)).authenticated(), nullptr);
}

TEST_F(TlsContextTest, RequiredCertificateIsRequired) {
  TlsSettings strict = settings(TlsPolicy::kStrongestRsa);
  strict.clients = ClientCertificates::kRequired;
  const TlsContexts contexts(strict);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const ClientOptions without{.max_version = version};
    EXPECT_EQ(shake_hands(contexts.encrypted(), without).error, "peer did not return a certificate");
    const ClientOptions unknown{.max_version = version, .identity = &stranger_};
    EXPECT_FALSE(shake_hands(contexts.encrypted(), unknown).done);
    const ClientOptions known{.max_version = version, .identity = &phone_};
    const Handshake done = shake_hands(contexts.encrypted(), known);
    ASSERT_TRUE(done.done) << done.error;
    EXPECT_TRUE(done.at_server->is("phone-1"));
  }
  strict.trust.clear();
  EXPECT_NE(error_of(strict).find("no trust store"), std::string::npos);
}

TEST_F(TlsContextTest, RequestedCertificateCountsOnlyWhenItVerifies) {
  const TlsContexts contexts(settings(TlsPolicy::kStrongestRsa));
  const Handshake none = shake_hands(contexts.encrypted(), {});
  ASSERT_TRUE(none.done) << none.error;
  EXPECT_TRUE(none.at_server->names.empty());
  const Handshake known = shake_hands(contexts.encrypted(), {.identity = &phone_});
  ASSERT_TRUE(known.done) << known.error;
  EXPECT_TRUE(known.at_server->is("phone-1"));
  const Handshake unknown = shake_hands(contexts.encrypted(), {.identity = &stranger_});
  ASSERT_TRUE(unknown.done) << unknown.error;
  EXPECT_TRUE(unknown.at_server->names.empty());
  EXPECT_TRUE(unknown.at_server->fingerprint.empty());
}

TEST_F(TlsContextTest, ExpiredCertificateCountsAsNone) {
  const auto long_ago = kThen - 2 * kSelfSignedLifetime;
  const IdentityFiles expired = self_signed_in(*folder_, "expired", KeyKind::kEcP256, long_ago);
  TlsSettings trusting = settings(TlsPolicy::kStrongestRsa);
  trusting.trust = expired.certificate;
  const Handshake let_in = shake_hands(TlsContexts(trusting).encrypted(), {.identity = &expired});
  ASSERT_TRUE(let_in.done) << let_in.error;
  EXPECT_TRUE(let_in.at_server->names.empty());
  trusting.clients = ClientCertificates::kRequired;
  EXPECT_FALSE(shake_hands(TlsContexts(trusting).encrypted(), {.identity = &expired}).done);
}

TEST_F(TlsContextTest, OwnClientVerifiesServerAndName) {
  TlsSettings trusting = settings(TlsPolicy::kStrongestRsa);
  trusting.trust = rsa_.certificate;
  const TlsContexts contexts(trusting);
  const auto connect = [&](const TlsContexts& client, const char* name) {
    return shake_hands(contexts.encrypted()->native_handle(), client.client()->native_handle(),
                       [&](SSL* connection) { SSL_set1_host(connection, name); });
  };
  const Handshake right = connect(contexts, "gw-rsa");
  ASSERT_TRUE(right.done) << right.error;
  EXPECT_TRUE(right.at_client->is("gw-rsa"));
  EXPECT_FALSE(connect(contexts, "other.example.com").done);
  EXPECT_FALSE(connect(TlsContexts(settings(TlsPolicy::kStrongestRsa)), "gw-rsa").done);
}

TEST_F(TlsContextTest, TicketsWorkUntilReloadOrRenewal) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsContexts contexts(settings(TlsPolicy::kStrongestRsa));
    ClientOptions client{.max_version = version, .identity = &phone_};
    const Handshake first = shake_hands(contexts.encrypted(), client);
    ASSERT_TRUE(first.done) << first.error;
    client.session = first.session.get();
    const Handshake again = shake_hands(contexts.encrypted(), client);
    EXPECT_TRUE(again.resumed);
    EXPECT_TRUE(again.at_server->is("phone-1"));
    contexts.renew_tickets();
    const Handshake renewed = shake_hands(contexts.encrypted(), client);
    EXPECT_TRUE(renewed.done && !renewed.resumed);
    const Handshake fresh = shake_hands(contexts.encrypted(), {.max_version = version, .identity = &phone_});
    TlsSettings distrusting = settings(TlsPolicy::kStrongestRsa);
    distrusting.trust = stranger_.certificate;
    contexts.reload(distrusting);
    client.session = fresh.session.get();
    const Handshake after = shake_hands(contexts.encrypted(), client);
    EXPECT_TRUE(after.done && !after.resumed) << after.error;
    EXPECT_TRUE(after.at_server->names.empty());
  }
}

TEST_F(TlsContextTest, BadReloadChangesNothing) {
  TlsContexts contexts(settings(TlsPolicy::kStrongestRsa));
  const TlsContext before = contexts.encrypted();
  TlsSettings wrong = settings(TlsPolicy::kAllRsa);
  wrong.trust = folder_->file("missing.pem");
  EXPECT_THROW(contexts.reload(wrong), SetupError);
  EXPECT_EQ(contexts.encrypted(), before);
  contexts.reload(settings(TlsPolicy::kAllRsa));
  EXPECT_NE(contexts.encrypted(), before);
  EXPECT_TRUE(shake_hands(before, {}).done);  // whoever holds the old one goes on
  EXPECT_EQ(contexts.shown().size(), 2U);
}

TEST_F(TlsContextTest, FilesThatDoNotFitAreNamed) {
  TlsSettings wrong = settings(TlsPolicy::kStrongestRsa);
  wrong.identities = {{rsa_.certificate, ecdsa_.key}};
  EXPECT_NE(error_of(wrong).find("does not belong to"), std::string::npos);
  wrong.identities = {rsa_, rsa_};
  EXPECT_NE(error_of(wrong).find("second RSA certificate"), std::string::npos);
  wrong.identities = {};
  EXPECT_NE(error_of(wrong).find("needs a certificate"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::controlplane
