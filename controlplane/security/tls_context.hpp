// Makes the TLS contexts of signalling from policy and files: for devices that must encrypt, for `authenticated`
// devices (integrity without secrecy), and for our own connections to trunks. Used at start and on reload, on the
// control thread; blocks for the disk. Opens no connection.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/security/certificate_files.hpp"
#include "controlplane/security/tls_policy.hpp"

namespace sallyport::controlplane {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

/// What a server does about certificates of its clients.
enum class ClientCertificates : std::uint8_t {
  kIgnored,    ///< not asked for
  kRequested,  ///< asked for; a peer whose certificate does not verify is let in as one that showed none
  kRequired,   ///< without a certificate that verifies there is no connection
};

struct TlsSettings {
  TlsRules rules = {};
  /// At most one RSA and one ECDSA certificate; which one is shown follows from the policy and what the peer can.
  std::vector<IdentityFiles> identities = {};
  std::string trust = {};  ///< file or folder of CA certificates; empty: nobody is trusted
  ClientCertificates clients = ClientCertificates::kRequested;
  bool authenticated = false;  ///< whether there are `authenticated` devices
};

/// What settings name, read once for all contexts.
struct TlsMaterial {
  std::vector<Identity> identities;
  std::vector<OpensslCertificate> trusted;
};
/// Throws SetupError.
TlsMaterial read_tls_material(const TlsSettings& settings);

/// For devices and trunks that connect to us and must encrypt. Throws SetupError.
TlsContext make_encrypted_server(const TlsSettings& settings, const TlsMaterial& material);
/// NULL-SHA only, never TLS 1.3. Needs an RSA certificate. Throws SetupError.
TlsContext make_authenticated_server(const TlsSettings& settings, const TlsMaterial& material);
/// For connections that we make. Servers must show a certificate that the trust store verifies; the name that it must
/// have is set per connection (SSL_set1_host). Our own certificate is shown where the server asks. Throws SetupError.
TlsContext make_client(const TlsSettings& settings, const TlsMaterial& material);

/// Makes a server's session tickets so far worthless: their peers shake hands in full again. What a ticket key protects
/// is only as secret as that key: to be called every few hours.
void renew_ticket_keys(boost::asio::ssl::context& server);

}  // namespace sallyport::controlplane
