// A TLS client and a server that talk to each other in memory.
#pragma once

#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>

#include "controlplane/security/openssl_handles.hpp"
#include "controlplane/security/tls_context.hpp"
#include "controlplane/security/tls_peer.hpp"

namespace sallyport::controlplane {

using SslContext = std::unique_ptr<SSL_CTX, OpensslFreer<SSL_CTX_free>>;
using SslSession = std::unique_ptr<SSL_SESSION, OpensslFreer<SSL_SESSION_free>>;

/// A client that verifies nobody and speaks anything, narrowed down by `ciphers` and versions.
struct ClientOptions {
  std::string ciphers = "ALL:eNULL:@SECLEVEL=0";
  int min_version = TLS1_VERSION;
  int max_version = TLS1_3_VERSION;
  const IdentityFiles* identity = nullptr;
  SSL_SESSION* session = nullptr;  ///< to come back with
};
SslContext client_context(const ClientOptions& options);

struct Handshake {
  bool done = false;
  std::string error;  ///< of the side that failed first
  std::shared_ptr<const TlsPeer> at_server;
  std::shared_ptr<const TlsPeer> at_client;
  std::string shown;  ///< kind of key of the server's certificate: "RSA", "EC"
  bool resumed = false;
  SslSession session;  ///< as the client would come back with it
  std::string heard;   ///< what the server sent after the handshake
  std::string wire;    ///< all bytes that the server put on the wire
};
/// Handshake and one text from the server. `prepare`: what is set on the client's connection before it.
Handshake shake_hands(SSL_CTX* server, SSL_CTX* client, const std::function<void(SSL*)>& prepare = {});
Handshake shake_hands(const TlsContext& server, const ClientOptions& options);

}  // namespace sallyport::controlplane
