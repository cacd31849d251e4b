#include "controlplane/security/certificates.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>

#include "controlplane/security/secret_file.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using BigNumber = std::unique_ptr<BIGNUM, OpensslFreer<BN_free>>;
using Name = std::unique_ptr<X509_NAME, OpensslFreer<X509_NAME_free>>;
using AlternativeName = std::unique_ptr<GENERAL_NAME, OpensslFreer<GENERAL_NAME_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, OpensslFreer<X509_EXTENSION_free>>;
using Request = std::unique_ptr<X509_REQ, OpensslFreer<X509_REQ_free>>;

struct ExtensionsFreer {
  void operator()(STACK_OF(X509_EXTENSION) * list) const noexcept {
    sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
  }
};
using Extensions = std::unique_ptr<STACK_OF(X509_EXTENSION), ExtensionsFreer>;

struct KindRow {
  KeyKind kind;
  std::string_view name;
  unsigned rsa_bits;  ///< 0: a curve
  const char* curve;
};
constexpr std::array kKinds = {
    KindRow{KeyKind::kRsa2048, "rsa-2048", 2048, nullptr}, KindRow{KeyKind::kRsa3072, "rsa-3072", 3072, nullptr},
    KindRow{KeyKind::kRsa4096, "rsa-4096", 4096, nullptr}, KindRow{KeyKind::kEcP256, "ec-p256", 0, "P-256"},
    KindRow{KeyKind::kEcP384, "ec-p384", 0, "P-384"},
};

void check(bool done) {
  if (!done) throw SetupError("a certificate cannot be made: " + take_openssl_error());
}

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= 253 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == '*';
  });
}

AlternativeName alternative_name(const std::string& name) {
  AlternativeName result(GENERAL_NAME_new());
  check(result != nullptr);
  if (ASN1_OCTET_STRING* const address = a2i_IPADDRESS(name.c_str()); address != nullptr) {
    GENERAL_NAME_set0_value(result.get(), GEN_IPADD, address);
    return result;
  }
  if (!is_host_name(name))
    throw SetupError("a certificate cannot be for '" + name + "': expected a host name or address");
  ASN1_IA5STRING* const host = ASN1_IA5STRING_new();
  check(host != nullptr && ASN1_STRING_set(host, name.data(), static_cast<int>(name.size())) == 1);
  GENERAL_NAME_set0_value(result.get(), GEN_DNS, host);
  return result;
}

OpensslNames alternative_names(const CertificateSubject& subject) {
  if (subject.names.empty()) throw SetupError("a certificate cannot be made for nobody: expected a name or address");
  OpensslNames names(GENERAL_NAMES_new());
  check(names != nullptr);
  for (const std::string& name : subject.names) {
    AlternativeName one = alternative_name(name);
    check(sk_GENERAL_NAME_push(names.get(), one.get()) > 0);
    static_cast<void>(one.release());
  }
  return names;
}

Name distinguished_name(const CertificateSubject& subject) {
  // A common name has 64 characters at most (RFC 5280 A.1); longer host names stand in subjectAltName.
  constexpr std::size_t kLongest = 64;
  const std::string& first = subject.names.front();
  Name name(X509_NAME_new());
  const auto add = [&](const char* field, const std::string& text) {
    check(X509_NAME_add_entry_by_txt(name.get(), field, MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()),
                                     -1, 0) == 1);
  };
  check(name != nullptr);
  if (!subject.organisation.empty()) add("O", subject.organisation);
  add("CN", first.size() <= kLongest ? first : "Sallyport gateway");
  return name;
}

const EVP_MD* digest_for(EVP_PKEY* key) { return EVP_PKEY_get_bits(key) == 384 ? EVP_sha384() : EVP_sha256(); }

bool is_rsa(EVP_PKEY* key) { return EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA; }

/// What the key may be used for: RSA keys also carry keys of old cipher suites (AES128-SHA, NULL-SHA).
const char* usage_of(EVP_PKEY* key) {
  return is_rsa(key) ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature";
}

void set_serial(X509* certificate) {
  // 127 random bits: positive and never repeated (RFC 5280 4.1.2.2).
  const BigNumber number(BN_new());
  check(number && BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1);
  check(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

void add_extension(X509* certificate, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  check(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void write_key(const std::string& path, EVP_PKEY* key, ExistingFile existing) {
  const SecretString pem = to_pem(key);
  write_file(path, {pem.data(), pem.size()}, kSecretMode, existing);
}

}  // namespace

KeyKind parse_key_kind(std::string_view name) {
  std::string known;
  for (const KindRow& row : kKinds) {
    if (row.name == name) return row.kind;
    known += (known.empty() ? "" : ", ") + std::string(row.name);
  }
  throw SetupError("'" + std::string(name) + "' is no kind of key: expected one of " + known);
}

OpensslKey make_key(KeyKind kind) {
  const KindRow& row = kKinds[static_cast<std::size_t>(kind)];
  OpensslKey key(row.rsa_bits != 0 ? EVP_RSA_gen(row.rsa_bits) : EVP_EC_gen(row.curve));
  if (!key) throw SetupError("a key cannot be made: " + take_openssl_error());
  return key;
}

OpensslCertificate self_signed(EVP_PKEY* key, const CertificateSubject& subject, std::chrono::sys_seconds now,
                               std::chrono::days lifetime) {
  const OpensslNames alternatives = alternative_names(subject);
  const Name name = distinguished_name(subject);
  OpensslCertificate certificate(X509_new());
  X509* const made = certificate.get();
  check(made != nullptr && X509_set_version(made, X509_VERSION_3) == 1);
  set_serial(made);
  const auto seconds = [](std::chrono::sys_seconds time) { return time.time_since_epoch().count(); };
  check(ASN1_TIME_set(X509_getm_notBefore(made), seconds(now - std::chrono::days(1))) != nullptr);
  check(ASN1_TIME_set(X509_getm_notAfter(made), seconds(now + lifetime)) != nullptr);
  check(X509_set_subject_name(made, name.get()) == 1 && X509_set_issuer_name(made, name.get()) == 1);
  check(X509_set_pubkey(made, key) == 1);
  check(X509_add1_ext_i2d(made, NID_subject_alt_name, alternatives.get(), 0, X509V3_ADD_DEFAULT) == 1);
  add_extension(made, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(made, NID_key_usage, usage_of(key));
  add_extension(made, NID_ext_key_usage, "serverAuth,clientAuth");
  add_extension(made, NID_subject_key_identifier, "hash");
  check(X509_sign(made, key, digest_for(key)) > 0);
  return certificate;
}

std::string certificate_request(EVP_PKEY* key, const CertificateSubject& subject) {
  const OpensslNames alternatives = alternative_names(subject);
  const Name name = distinguished_name(subject);
  const Request request(X509_REQ_new());
  check(request && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1);
  check(X509_REQ_set_subject_name(request.get(), name.get()) == 1 && X509_REQ_set_pubkey(request.get(), key) == 1);
  Extensions extensions(sk_X509_EXTENSION_new_null());
  Extension extension(X509V3_EXT_i2d(NID_subject_alt_name, 0, alternatives.get()));
  check(extensions && extension && sk_X509_EXTENSION_push(extensions.get(), extension.get()) > 0);
  static_cast<void>(extension.release());
  check(X509_REQ_add_extensions(request.get(), extensions.get()) == 1);
  check(X509_REQ_sign(request.get(), key, digest_for(key)) > 0);
  const OpensslBio out(BIO_new(BIO_s_mem()));
  check(out && PEM_write_bio_X509_REQ(out.get(), request.get()) == 1);
  char* data = nullptr;
  const long length = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

bool ensure_self_signed(const IdentityFiles& files, KeyKind kind, const CertificateSubject& subject,
                        std::chrono::sys_seconds now) {
  if (files.key == files.certificate)
    throw SetupError("a key and its certificate cannot be made in one file, '" + files.key + "'");
  const bool has_key = name_is_taken(files.key);
  if (name_is_taken(files.certificate)) {
    if (has_key) return false;
    throw SetupError("certificate '" + files.certificate + "' is there and its key '" + files.key +
                     "' is not: expected both, or neither to have both made");
  }
  // The key first: a start that is broken off in between is taken up by the next one.
  const OpensslKey key = has_key ? read_private_key(files.key) : make_key(kind);
  const OpensslCertificate certificate = self_signed(key.get(), subject, now);
  if (!has_key) write_key(files.key, key.get(), ExistingFile::kKept);
  write_file(files.certificate, to_pem(certificate.get()), kPublicMode, ExistingFile::kKept);
  return true;
}

void renew_self_signed(const IdentityFiles& files, KeyKind kind, const CertificateSubject& subject,
                       std::chrono::sys_seconds now) {
  const OpensslKey key = make_key(kind);
  const OpensslCertificate certificate = self_signed(key.get(), subject, now);
  write_key(files.key, key.get(), ExistingFile::kReplaced);
  write_file(files.certificate, to_pem(certificate.get()), kPublicMode, ExistingFile::kReplaced);
}

}  // namespace sallyport::controlplane
