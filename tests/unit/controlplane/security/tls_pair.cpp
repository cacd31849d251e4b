#include "tests/unit/controlplane/security/tls_pair.hpp"

#include <array>
#include <stdexcept>
#include <string_view>

namespace sallyport::controlplane {
namespace {

using Ssl = std::unique_ptr<SSL, OpensslFreer<SSL_free>>;
constexpr std::string_view kText = "SIP/2.0 200 OK";

Ssl connection(SSL_CTX* context) {
  Ssl made(SSL_new(context));
  SSL_set_bio(made.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  return made;
}

/// Moves what one side wrote to the other, and keeps it in `seen`.
void carry(SSL* from, SSL* to, std::string* seen) {
  std::array<char, 4096> bytes;
  for (int count; (count = BIO_read(SSL_get_wbio(from), bytes.data(), bytes.size())) > 0;) {
    BIO_write(SSL_get_rbio(to), bytes.data(), count);
    if (seen != nullptr) seen->append(bytes.data(), static_cast<std::size_t>(count));
  }
}

/// False where the side failed for good.
bool step(SSL* side, std::string& error) {
  const int result = SSL_do_handshake(side);
  if (result == 1) return true;
  const int why = SSL_get_error(side, result);
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return true;
  error = take_openssl_error();
  return false;
}

}  // namespace

SslContext client_context(const ClientOptions& options) {
  SslContext context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), options.min_version);
  SSL_CTX_set_max_proto_version(context.get(), options.max_version);
  if (SSL_CTX_set_cipher_list(context.get(), options.ciphers.c_str()) != 1) throw std::logic_error("test's ciphers");
  SSL_CTX_set_security_level(context.get(), 0);
  if (options.identity != nullptr) {
    const Identity identity = read_identity(*options.identity);
    SSL_CTX_use_certificate(context.get(), identity.chain.front().get());
    SSL_CTX_use_PrivateKey(context.get(), identity.key.get());
  }
  return context;
}

Handshake shake_hands(SSL_CTX* server_context, SSL_CTX* client_context, const std::function<void(SSL*)>& prepare) {
  Handshake result;
  const Ssl server = connection(server_context);
  const Ssl client = connection(client_context);
  SSL_set_accept_state(server.get());
  SSL_set_connect_state(client.get());
  if (prepare) prepare(client.get());
  for (int round = 0; round < 10; ++round) {
    if (!step(client.get(), result.error)) return result;
    carry(client.get(), server.get(), nullptr);
    if (!step(server.get(), result.error)) return result;
    carry(server.get(), client.get(), &result.wire);
  }
  if (!SSL_is_init_finished(server.get()) || !SSL_is_init_finished(client.get())) return result;
  SSL_write(server.get(), kText.data(), static_cast<int>(kText.size()));
  carry(server.get(), client.get(), &result.wire);
  std::array<char, 64> heard;
  const int count = SSL_read(client.get(), heard.data(), heard.size());
  if (count > 0) result.heard.assign(heard.data(), static_cast<std::size_t>(count));
  result.done = result.heard == kText;
  result.at_server = tls_peer_of(server.get());
  result.at_client = tls_peer_of(client.get());
  const OpensslCertificate shown(SSL_get1_peer_certificate(client.get()));
  if (shown) result.shown = EVP_PKEY_get0_type_name(X509_get0_pubkey(shown.get()));
  result.resumed = SSL_session_reused(client.get()) == 1;
  result.session.reset(SSL_get1_session(client.get()));
  // A session whose connection ends without a goodbye is not to be resumed.
  SSL_shutdown(client.get());
  return result;
}

Handshake shake_hands(const TlsContext& server, const ClientOptions& options) {
  const SslContext client = client_context(options);
  return shake_hands(server->native_handle(), client.get(), [&](SSL* connection) {
    if (options.session != nullptr) SSL_set_session(connection, options.session);
  });
}

}  // namespace sallyport::controlplane
