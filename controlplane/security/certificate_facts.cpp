#include "controlplane/security/certificate_facts.hpp"

#include <arpa/inet.h>
#include <openssl/bn.h>

#include <array>
#include <ctime>
#include <span>
#include <string_view>

namespace sallyport::controlplane {
namespace {

using BigNumber = std::unique_ptr<BIGNUM, OpensslFreer<BN_free>>;

/// Empty where the text holds a NUL: a certificate for "gw.example.com\0.evil.net" is for nobody.
std::string text_of(const ASN1_STRING* text) {
  const std::string value(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                          static_cast<std::size_t>(ASN1_STRING_length(text)));
  return value.find('\0') == std::string::npos ? value : std::string();
}

std::string address_of(const ASN1_OCTET_STRING* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int length = ASN1_STRING_length(bytes);
  if (length != 4 && length != 16) return {};
  const int family = length == 4 ? AF_INET : AF_INET6;
  return ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text.data(), text.size()) == nullptr ? "" : text.data();
}

std::string distinguished_name(const X509_NAME* name) {
  const OpensslBio out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) return {};
  char* data = nullptr;
  const long length = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

constexpr std::string_view kHex = "0123456789ABCDEF";

std::string hex_pairs(std::span<const unsigned char> bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    if (!text.empty()) text += ':';
    text += kHex[byte >> 4U];
    text += kHex[byte & 15U];
  }
  return text;
}

std::chrono::sys_seconds time_of(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&fields)));
}

std::string key_of(X509* certificate) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return "unknown";
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return "RSA " + std::to_string(EVP_PKEY_get_bits(key));
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) return "EC P-" + std::to_string(EVP_PKEY_get_bits(key));
  const char* name = EVP_PKEY_get0_type_name(key);
  return name == nullptr ? "unknown" : name;
}

std::string serial_of(X509* certificate) {
  const BigNumber number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
  if (!number) return {};
  char* const text = BN_bn2hex(number.get());
  std::string result = text == nullptr ? "" : text;
  OPENSSL_free(text);
  return result;
}

std::string date_of(std::chrono::sys_seconds time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm fields{};
  std::array<char, 32> text{};
  ::gmtime_r(&seconds, &fields);
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d", &fields)};
}

}  // namespace

std::string subject_of(X509* certificate) { return distinguished_name(X509_get_subject_name(certificate)); }

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  const OpensslNames alternatives(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; alternatives && i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    std::string text;
    if (name->type == GEN_DNS) text = text_of(name->d.dNSName);
    if (name->type == GEN_URI) text = text_of(name->d.uniformResourceIdentifier);
    if (name->type == GEN_IPADD) text = address_of(name->d.iPAddress);
    if (!text.empty()) names.push_back(std::move(text));
  }
  if (!names.empty()) return names;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at >= 0) names.push_back(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at))));
  std::erase(names, std::string());
  return names;
}

std::string fingerprint_of(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &length) != 1) return {};
  return hex_pairs(std::span(digest).first(length));
}

CertificateFacts facts_of(X509* certificate) {
  CertificateFacts facts;
  facts.subject = subject_of(certificate);
  facts.issuer = distinguished_name(X509_get_issuer_name(certificate));
  facts.serial = serial_of(certificate);
  facts.names = names_of(certificate);
  facts.not_before = time_of(X509_get0_notBefore(certificate));
  facts.not_after = time_of(X509_get0_notAfter(certificate));
  facts.key = key_of(certificate);
  facts.fingerprint = fingerprint_of(certificate);
  facts.self_signed = X509_self_signed(certificate, 1) == 1;
  ERR_clear_error();
  return facts;
}

std::string expiry_warning(const CertificateFacts& facts, const std::string& what, std::chrono::sys_seconds now) {
  if (now < facts.not_before) return what + " is not valid before " + date_of(facts.not_before);
  if (now > facts.not_after) return what + " expired on " + date_of(facts.not_after);
  const auto left = std::chrono::floor<std::chrono::days>(facts.not_after - now);
  if (left >= kExpiryWarning) return {};
  return what + " expires on " + date_of(facts.not_after) + ", in " + std::to_string(left.count()) +
         (left.count() == 1 ? " day" : " days");
}

}  // namespace sallyport::controlplane
