// Who is at the other end of a TLS connection and how well the connection is protected, as a value that outlives it.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::controlplane {

struct TlsPeer {
  std::string version;    ///< "TLSv1.3"
  std::string cipher;     ///< OpenSSL's name, "ECDHE-RSA-AES256-GCM-SHA384"
  bool encrypted = true;  ///< false: a NULL cipher, integrity only
  /// Of the peer's certificate, which was verified; all empty where it showed none.
  std::string subject;             ///< "CN=alice,O=Example"
  std::vector<std::string> names;  ///< subjectAltName (DNS, URI, IP); the common name where there is none
  std::string fingerprint;         ///< SHA-256, hex in pairs

  /// Whether the certificate says that the peer is `name`, a host or device name; "*.example.com" counts for one label.
  /// Case is ignored.
  bool is(std::string_view name) const;
};

/// After the handshake.
std::shared_ptr<const TlsPeer> tls_peer_of(SSL* connection);

}  // namespace sallyport::controlplane
