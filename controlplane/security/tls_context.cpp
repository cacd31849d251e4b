#include "controlplane/security/tls_context.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>

#include "controlplane/random_bytes.hpp"
#include "crypto/bytes.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

namespace ssl = boost::asio::ssl;

constexpr const char* kGroups = "X25519:P-256:P-384:P-521";
constexpr long kTicketLifetime = 3600;  // seconds
/// A server that names more CAs than this makes its handshake long for nothing: it names none, which means any.
constexpr std::size_t kMostNamedCas = 64;

void check(bool done, const char* what) {
  if (!done) throw SetupError(std::string("TLS: ") + what + ": " + take_openssl_error());
}

void set_offer(SSL_CTX* context, const TlsOffer& offer, std::string_view signatures) {
  check(SSL_CTX_set_min_proto_version(context, offer.min_version) == 1, "lowest version");
  check(SSL_CTX_set_max_proto_version(context, offer.max_version) == 1, "highest version");
  check(SSL_CTX_set_cipher_list(context, offer.ciphers.c_str()) == 1, "ciphers");
  // An empty list would still leave TLS 1.3 its own defaults: authenticated_offer() excludes it by version.
  if (!offer.suites.empty()) check(SSL_CTX_set_ciphersuites(context, offer.suites.c_str()) == 1, "TLS 1.3 suites");
  check(SSL_CTX_set1_sigalgs_list(context, std::string(signatures).c_str()) == 1, "signatures");
  check(SSL_CTX_set1_groups_list(context, kGroups) == 1, "groups");
  // After the cipher list, which may have said @SECLEVEL.
  SSL_CTX_set_security_level(context, offer.security_level);
  // Level 0 is for old versions and ciphers, not for short keys in the peers' certificates: those stay at level 1 at
  // least (RSA 1024, no SHA-1 below the trust store's own).
  X509_VERIFY_PARAM_set_auth_level(SSL_CTX_get0_param(context), std::max(offer.security_level, 1));
}

void set_common(SSL_CTX* context) {
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

void show_identities(SSL_CTX* context, const std::vector<Identity>& identities) {
  for (const Identity& identity : identities) {
    check(SSL_CTX_use_certificate(context, identity.chain.front().get()) == 1, "certificate");
    check(SSL_CTX_use_PrivateKey(context, identity.key.get()) == 1, "private key");
    for (std::size_t i = 1; i < identity.chain.size(); ++i) {
      check(SSL_CTX_add1_chain_cert(context, identity.chain[i].get()) == 1, "certificate chain");
    }
  }
}

void trust(SSL_CTX* context, const std::vector<OpensslCertificate>& trusted) {
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  for (const OpensslCertificate& certificate : trusted) {
    check(X509_STORE_add_cert(store, certificate.get()) == 1, "trust store");
  }
  // What the administrator put there is trusted as it is, also a device's own certificate without its CA's.
  check(X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN) == 1, "trust store");
}

/// tls_peer_of() looks at the result: a certificate that did not verify counts as none.
int let_in(int, X509_STORE_CTX*) { return 1; }

void ask_clients(SSL_CTX* context, const TlsSettings& settings, const TlsMaterial& material) {
  switch (settings.clients) {
    case ClientCertificates::kIgnored:
      SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
      return;
    case ClientCertificates::kRequested:
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER, let_in);
      break;
    case ClientCertificates::kRequired:
      if (material.trusted.empty()) {
        throw SetupError(
            "client certificates are required and no trust store is given: expected a file or folder of "
            "CA certificates");
      }
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
      break;
  }
  if (material.trusted.size() > kMostNamedCas) return;
  for (const OpensslCertificate& certificate : material.trusted) {
    check(SSL_CTX_add_client_CA(context, certificate.get()) == 1, "names of CAs");
  }
}

TlsContext make_server(const TlsSettings& settings, const TlsMaterial& material, const TlsOffer& offer) {
  auto made = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const context = made->native_handle();
  set_common(context);
  set_offer(context, offer, row_of(settings.rules.policy).signatures);
  trust(context, material.trusted);
  ask_clients(context, settings, material);
  // A context's sessions are its own: after a reload, who is no longer trusted cannot come back with an old one.
  std::array<unsigned char, SSL_MAX_SID_CTX_LENGTH> id{};
  fill_random(id);
  check(SSL_CTX_set_session_id_context(context, id.data(), id.size()) == 1, "session id context");
  // Sessions live in the peers' tickets, not in memory here.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_timeout(context, kTicketLifetime);
  check(SSL_CTX_set_num_tickets(context, 1) == 1, "session tickets");
  return made;
}

bool is_rsa(const Identity& identity) { return EVP_PKEY_get_base_id(identity.key.get()) == EVP_PKEY_RSA; }

}  // namespace

TlsMaterial read_tls_material(const TlsSettings& settings) {
  TlsMaterial material;
  for (const IdentityFiles& files : settings.identities) {
    Identity identity = read_identity(files);
    for (const Identity& other : material.identities) {
      if (is_rsa(other) != is_rsa(identity)) continue;
      throw SetupError("'" + files.certificate + "' is a second " + (is_rsa(identity) ? "RSA" : "ECDSA") +
                       " certificate: expected at most one of each kind");
    }
    material.identities.push_back(std::move(identity));
  }
  if (!settings.trust.empty()) material.trusted = read_trust_store(settings.trust);
  return material;
}

TlsContext make_encrypted_server(const TlsSettings& settings, const TlsMaterial& material) {
  if (material.identities.empty()) throw SetupError("TLS needs a certificate to show: expected RSA, ECDSA or both");
  TlsContext made = make_server(settings, material, encrypted_offer(settings.rules));
  show_identities(made->native_handle(), material.identities);
  return made;
}

TlsContext make_authenticated_server(const TlsSettings& settings, const TlsMaterial& material) {
  TlsContext made = make_server(settings, material, authenticated_offer(settings.rules));
  SSL_CTX* const context = made->native_handle();
  bool shown = false;
  for (const Identity& identity : material.identities) shown = shown || is_rsa(identity);
  if (!shown) throw SetupError("security mode 'authenticated' (NULL-SHA) needs an RSA certificate, and there is none");
  show_identities(context, material.identities);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  return made;
}

TlsContext make_client(const TlsSettings& settings, const TlsMaterial& material) {
  auto made = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX* const context = made->native_handle();
  set_common(context);
  set_offer(context, encrypted_offer(settings.rules), row_of(settings.rules.policy).signatures);
  trust(context, material.trusted);
  show_identities(context, material.identities);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return made;
}

void renew_ticket_keys(ssl::context& server) {
  SSL_CTX* const context = server.native_handle();
  constexpr std::size_t kMost = 256;
  crypto::SecretBytes<kMost> keys;
  const long size = SSL_CTX_get_tlsext_ticket_keys(context, nullptr, 0);
  check(size > 0 && size <= static_cast<long>(kMost), "size of the ticket keys");
  fill_random({keys.data(), static_cast<std::size_t>(size)});
  check(SSL_CTX_set_tlsext_ticket_keys(context, keys.data(), size) == 1, "ticket keys");
}

}  // namespace sallyport::controlplane
