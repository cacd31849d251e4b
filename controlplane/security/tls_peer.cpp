#include "controlplane/security/tls_peer.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "controlplane/security/openssl_handles.hpp"

namespace sallyport::controlplane {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

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

std::string subject_of(X509* certificate) {
  const OpensslBio out(BIO_new(BIO_s_mem()));
  if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) < 0) return {};
  char* data = nullptr;
  const long length = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(length)};
}

std::string fingerprint_of(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &length) != 1) return {};
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    if (i > 0) text += ':';
    text += kHex[digest[i] >> 4U];
    text += kHex[digest[i] & 15U];
  }
  return text;
}

/// "sip:alice@example.com" and "sip:example.com" count as "example.com" (RFC 5922 7.1).
std::string_view without_scheme(std::string_view name) {
  for (const std::string_view scheme : {"sip:", "sips:"}) {
    if (!name.starts_with(scheme)) continue;
    name.remove_prefix(scheme.size());
    return name.substr(name.find('@') == std::string_view::npos ? 0 : name.find('@') + 1);
  }
  return name;
}

}  // namespace

bool TlsPeer::is(std::string_view name) const {
  const std::string wanted = lower(name);
  const auto matches = [&](const std::string& known) {
    const std::string pattern = lower(without_scheme(known));
    if (pattern == wanted) return true;
    const std::size_t dot = wanted.find('.');
    return pattern.starts_with("*.") && dot != std::string::npos && pattern.find('.', 2) != std::string::npos &&
           wanted.substr(dot) == pattern.substr(1);
  };
  return !wanted.empty() && std::any_of(names.begin(), names.end(), matches);
}

std::shared_ptr<const TlsPeer> tls_peer_of(SSL* connection) {
  auto peer = std::make_shared<TlsPeer>();
  const SSL_CIPHER* cipher = SSL_get_current_cipher(connection);
  peer->version = SSL_get_version(connection);
  peer->cipher = SSL_CIPHER_get_name(cipher);
  peer->encrypted = cipher != nullptr && SSL_CIPHER_get_bits(cipher, nullptr) > 0;
  const OpensslCertificate certificate(SSL_get1_peer_certificate(connection));
  // Without verification (SSL_VERIFY_NONE) a certificate says nothing, however good it looks.
  if (!certificate || SSL_get_verify_result(connection) != X509_V_OK) return peer;
  peer->subject = subject_of(certificate.get());
  peer->names = names_of(certificate.get());
  peer->fingerprint = fingerprint_of(certificate.get());
  return peer;
}

}  // namespace sallyport::controlplane
