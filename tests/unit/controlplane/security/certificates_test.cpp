// Self-signed certificates, requests, files and what certificates say (P1).
#include "controlplane/security/certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include "controlplane/security/certificate_facts.hpp"
#include "controlplane/security/secret_file.hpp"
#include "crypto/error.hpp"
#include "tests/unit/controlplane/security/test_pki.hpp"

namespace sallyport::controlplane {
namespace {

using std::chrono::days;

std::string what_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const SetupError& error) {
    return error.what();
  }
  return {};
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 07777U : 0;
}

TEST(Certificates, SelfSignedSaysWhoAndHowLong) {
  const OpensslKey key = make_key(KeyKind::kEcP384);
  const OpensslCertificate made = self_signed(
      key.get(), {.names = {"gw.example.com", "192.0.2.1", "2001:db8::1"}, .organisation = "Example"}, kThen);
  const CertificateFacts facts = facts_of(made.get());
  EXPECT_EQ(facts.subject, "CN=gw.example.com,O=Example");
  EXPECT_EQ(facts.issuer, facts.subject);
  EXPECT_EQ(facts.names, (std::vector<std::string>{"gw.example.com", "192.0.2.1", "2001:db8::1"}));
  EXPECT_EQ(facts.not_before, kThen - days(1));
  EXPECT_EQ(facts.not_after, kThen + days(3650));
  EXPECT_EQ(facts.key, "EC P-384");
  EXPECT_TRUE(facts.self_signed);
  EXPECT_EQ(facts.fingerprint.size(), 32 * 3 - 1U);
  EXPECT_EQ(facts.serial.size(), 32U);
}

TEST(Certificates, ExpiryIsSaidThirtyDaysAhead) {
  CertificateFacts facts;
  facts.not_before = kThen;
  facts.not_after = kThen + days(100);
  EXPECT_EQ(expiry_warning(facts, "it", kThen + days(70)), "");
  EXPECT_EQ(expiry_warning(facts, "it", kThen + days(71)), "it expires on 2025-04-11, in 29 days");
  EXPECT_EQ(expiry_warning(facts, "it", kThen + days(101)), "it expired on 2025-04-11");
  EXPECT_EQ(expiry_warning(facts, "it", kThen - days(1)), "it is not valid before 2025-01-01");
}

TEST(Certificates, NamesAreChecked) {
  const OpensslKey key = make_key(KeyKind::kEcP256);
  for (const char* wrong : {"", "two words", "a,b", "x\nDNS:evil"}) {
    EXPECT_THROW(self_signed(key.get(), {.names = {wrong}}, kThen), SetupError) << wrong;
  }
  EXPECT_THROW(self_signed(key.get(), {.names = {}}, kThen), SetupError);
  const std::string longer = std::string(70, 'a') + ".example.com";
  EXPECT_EQ(names_of(self_signed(key.get(), {.names = {longer}}, kThen).get()).front(), longer);
}

TEST(Certificates, RequestForAnOutsideCa) {
  const OpensslKey key = make_key(KeyKind::kRsa2048);
  const std::string pem = certificate_request(key.get(), {.names = {"gw.example.com", "192.0.2.1"}});
  const OpensslBio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<X509_REQ, OpensslFreer<X509_REQ_free>> request(
      PEM_read_bio_X509_REQ(bio.get(), nullptr, nullptr, nullptr));
  ASSERT_TRUE(request);
  EXPECT_EQ(X509_REQ_verify(request.get(), key.get()), 1);
  STACK_OF(X509_EXTENSION)* const extensions = X509_REQ_get_extensions(request.get());
  EXPECT_GE(X509v3_get_ext_by_NID(extensions, NID_subject_alt_name, -1), 0);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

TEST(Certificates, FirstStartMakesThemAndTheNextKeepsThem) {
  const TemporaryFolder folder;
  const IdentityFiles files{folder.file("gw.pem"), folder.file("gw.key")};
  const CertificateSubject subject{.names = {"gw"}};
  EXPECT_TRUE(ensure_self_signed(files, KeyKind::kEcP256, subject, now()));
  EXPECT_EQ(mode_of(files.key), 0600U);
  EXPECT_EQ(mode_of(files.certificate), 0644U);
  const std::string first = fingerprint_of(read_identity(files).chain.front().get());
  EXPECT_FALSE(ensure_self_signed(files, KeyKind::kEcP256, subject, now()));
  EXPECT_EQ(fingerprint_of(read_identity(files).chain.front().get()), first);
  renew_self_signed(files, KeyKind::kRsa2048, subject, now());
  const Identity renewed = read_identity(files);
  EXPECT_NE(fingerprint_of(renewed.chain.front().get()), first);
  EXPECT_EQ(facts_of(renewed.chain.front().get()).key, "RSA 2048");
  EXPECT_EQ(mode_of(files.key), 0600U);
  // Nothing half written stays behind.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.file("")), {}), 2);
}

TEST(Certificates, HalfOfAPair) {
  const TemporaryFolder folder;
  const IdentityFiles files = self_signed_in(folder, "gw", KeyKind::kEcP256);
  std::filesystem::remove(files.certificate);
  EXPECT_TRUE(ensure_self_signed(files, KeyKind::kEcP256, {.names = {"gw"}}, now()));
  EXPECT_NO_THROW(read_identity(files));
  std::filesystem::remove(files.key);
  EXPECT_NE(what_of([&] { ensure_self_signed(files, KeyKind::kEcP256, {.names = {"gw"}}, now()); }).find("is not"),
            std::string::npos);
}

TEST(Certificates, LinksAreNotFollowedWhenWriting) {
  const TemporaryFolder folder;
  const std::string victim = folder.write("victim", "untouched");
  std::filesystem::create_symlink(victim, folder.file("link"));
  EXPECT_THROW(write_file(folder.file("link"), "new", kSecretMode, ExistingFile::kKept), SetupError);
  write_file(folder.file("link"), "new", kSecretMode, ExistingFile::kReplaced);
  EXPECT_FALSE(std::filesystem::is_symlink(folder.file("link")));
  EXPECT_EQ(read_secret_file(victim), "untouched");
  EXPECT_EQ(read_secret_file(folder.file("link")), "new");
  EXPECT_THROW(write_file(folder.file("no/such/folder"), "new", kSecretMode, ExistingFile::kKept), SetupError);
}

TEST(Certificates, KeysThatOthersCouldReadAreRefused) {
  const TemporaryFolder folder;
  const IdentityFiles files = self_signed_in(folder, "gw", KeyKind::kEcP256);
  ::chmod(files.key.c_str(), 0640);
  EXPECT_NE(what_of([&] { read_identity(files); }).find("0640"), std::string::npos);
}

TEST(Certificates, DerIsReadLikePem) {
  const TemporaryFolder folder;
  const IdentityFiles files = self_signed_in(folder, "gw", KeyKind::kRsa2048);
  const Identity identity = read_identity(files);
  unsigned char* bytes = nullptr;
  int length = i2d_X509(identity.chain.front().get(), &bytes);
  const std::string certificate(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  bytes = nullptr;
  length = i2d_PrivateKey(identity.key.get(), &bytes);
  const std::string key(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(length));
  OPENSSL_free(bytes);
  EXPECT_NO_THROW(read_identity({folder.write("gw.der", certificate), folder.write("gw.key.der", key)}));
}

TEST(Certificates, WrongFilesAreNamed) {
  const TemporaryFolder folder;
  const IdentityFiles files = self_signed_in(folder, "gw", KeyKind::kEcP256);
  const std::string noise = folder.write("noise.pem", "no certificate at all");
  EXPECT_NE(what_of([&] { read_certificates(noise); }).find("noise.pem"), std::string::npos);
  EXPECT_NE(what_of([&] { read_private_key(noise); }).find("is no private key"), std::string::npos);
  const std::string pem(read_public_file(files.certificate));
  const std::string damaged = folder.write("damaged.pem", pem + pem.substr(0, 100) + "?" + pem.substr(100));
  EXPECT_THROW(read_certificates(damaged), SetupError);
  EXPECT_EQ(read_certificates(folder.write("two.pem", pem + pem)).size(), 2U);
}

TEST(Certificates, KeyUnderAPassphraseIsRefusedWithoutAsking) {
  const TemporaryFolder folder;
  const OpensslKey key = make_key(KeyKind::kEcP256);
  const OpensslBio bio(BIO_new(BIO_s_mem()));
  char passphrase[] = "secret";
  ASSERT_EQ(PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_256_cbc(), nullptr, 0, nullptr, passphrase), 1);
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  const std::string path = folder.write("locked.key", {data, static_cast<std::size_t>(length)});
  EXPECT_NE(what_of([&] { read_private_key(path); }).find("under a passphrase"), std::string::npos);
}

TEST(Certificates, TrustStoreMayBeAFolder) {
  const TemporaryFolder folder;
  const TemporaryFolder other;
  EXPECT_NE(what_of([&] { read_trust_store(folder.file("")); }).find("has no certificate"), std::string::npos);
  const IdentityFiles first = self_signed_in(folder, "first", KeyKind::kEcP256);
  self_signed_in(folder, "second", KeyKind::kEcP256);
  folder.write("README", "not looked at");
  EXPECT_EQ(read_trust_store(folder.file("")).size(), 2U);
  EXPECT_EQ(read_trust_store(first.certificate).size(), 1U);
  folder.write("broken.crt", "nothing");
  EXPECT_NE(what_of([&] { read_trust_store(folder.file("")); }).find("broken.crt"), std::string::npos);
}

TEST(Certificates, KindsOfKeysHaveNames) {
  EXPECT_EQ(parse_key_kind("rsa-3072"), KeyKind::kRsa3072);
  EXPECT_EQ(parse_key_kind("ec-p256"), KeyKind::kEcP256);
  EXPECT_NE(what_of([] { parse_key_kind("rsa-1024"); }).find("rsa-2048, rsa-3072"), std::string::npos);
}

}  // namespace
}  // namespace sallyport::controlplane
