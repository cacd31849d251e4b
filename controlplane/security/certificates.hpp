// Makes what the gateway shows of itself: keys, self-signed certificates at first start, requests for an outside CA
// (P1). Used at start and by commands; an RSA key takes up to a second to make, and the disk is waited for.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/security/certificate_files.hpp"

namespace sallyport::controlplane {

enum class KeyKind : std::uint8_t { kRsa2048, kRsa3072, kRsa4096, kEcP256, kEcP384 };

/// "rsa-3072", "ec-p256"; nothing else has a kind. Throws SetupError that names all of them.
KeyKind parse_key_kind(std::string_view name);

/// Whom a certificate is for.
struct CertificateSubject {
  /// Host names and addresses; the first is the common name, too.
  std::vector<std::string> names;
  std::string organisation = {};  ///< may be empty
};

inline constexpr std::chrono::days kSelfSignedLifetime{3650};

OpensslKey make_key(KeyKind kind);

/// Valid from a day before `now`, since clocks of devices are not to be relied on. Throws SetupError where a name is
/// neither a host name nor an address.
OpensslCertificate self_signed(EVP_PKEY* key, const CertificateSubject& subject, std::chrono::sys_seconds now,
                               std::chrono::days lifetime = kSelfSignedLifetime);
/// PKCS#10 (RFC 2986), PEM.
std::string certificate_request(EVP_PKEY* key, const CertificateSubject& subject);

/// Makes key (0600) and certificate where they are missing; a key alone gets a certificate, a certificate alone is an
/// error, both are left as they are. Whether it made any. Throws SetupError.
bool ensure_self_signed(const IdentityFiles& files, KeyKind kind, const CertificateSubject& subject,
                        std::chrono::sys_seconds now);
/// Puts a new key and certificate in the place of what there is. Each file is replaced in one step, one after the
/// other: a reload between the two is refused, since they do not fit. Throws SetupError.
void renew_self_signed(const IdentityFiles& files, KeyKind kind, const CertificateSubject& subject,
                       std::chrono::sys_seconds now);

}  // namespace sallyport::controlplane
