#include "controlplane/security/tls_contexts.hpp"

namespace sallyport::controlplane {

TlsContexts::Set TlsContexts::make(const TlsSettings& settings) {
  const TlsMaterial material = read_tls_material(settings);
  Set set;
  set.encrypted = make_encrypted_server(settings, material);
  if (settings.authenticated) set.authenticated = make_authenticated_server(settings, material);
  set.client = make_client(settings, material);
  for (const Identity& identity : material.identities) set.shown.push_back(facts_of(identity.chain.front().get()));
  return set;
}

}  // namespace sallyport::controlplane
