// What a certificate says, for people: who, by whom, for which names, until when, with which key. Used by displays,
// health warnings and tls_peer; verifies nothing. Any thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "controlplane/security/openssl_handles.hpp"

namespace sallyport::controlplane {

struct CertificateFacts {
  std::string subject;  ///< "CN=gw.example.com,O=Example" (RFC 2253)
  std::string issuer;
  std::string serial;              ///< hex
  std::vector<std::string> names;  ///< subjectAltName (DNS, URI, IP); the common name where there is none
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;
  std::string key;          ///< "RSA 3072", "EC P-256"
  std::string fingerprint;  ///< SHA-256, hex in pairs
  bool self_signed = false;
};

CertificateFacts facts_of(X509* certificate);

/// Distinguished name of the subject (RFC 2253).
std::string subject_of(X509* certificate);
/// subjectAltName's DNS names, URIs and addresses; the common name where there is none of them. A name that holds a NUL
/// is left out.
std::vector<std::string> names_of(X509* certificate);
/// SHA-256, "A1:B2:...".
std::string fingerprint_of(X509* certificate);

inline constexpr std::chrono::days kExpiryWarning{30};

/// A sentence that starts with `what` where the certificate is not valid at `now` or will not be in 30 days; else
/// empty.
std::string expiry_warning(const CertificateFacts& facts, const std::string& what, std::chrono::sys_seconds now);

}  // namespace sallyport::controlplane
