#include "controlplane/security/tls_peer.hpp"

#include <algorithm>

#include "controlplane/security/certificate_facts.hpp"

namespace sallyport::controlplane {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
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
    const std::string whole = lower(known);
    const std::string_view pattern = without_scheme(whole);
    if (pattern == wanted) return true;
    const std::size_t dot = wanted.find('.');
    return pattern.starts_with("*.") && dot != std::string::npos && dot > 0 &&
           pattern.find('.', 2) != std::string_view::npos && wanted.substr(dot) == pattern.substr(1);
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
