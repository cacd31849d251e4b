// The TLS contexts in force. Connections hold the one that they began with, so that a reload never drops any. Owned by
// the SIP user agent; control thread only.
#pragma once

#include "controlplane/security/certificate_facts.hpp"
#include "controlplane/security/tls_context.hpp"

namespace sallyport::controlplane {

class TlsContexts {
 public:
  /// Throws SetupError.
  explicit TlsContexts(const TlsSettings& settings) : current_(make(settings)) {}

  /// Reads all files anew. Throws SetupError where anything is wrong; what was in force then stays so, all of it.
  void reload(const TlsSettings& settings) { current_ = make(settings); }

  /// For those who connect to us.
  const TlsContext& encrypted() const noexcept { return current_.encrypted; }
  /// Null unless the settings ask for it.
  const TlsContext& authenticated() const noexcept { return current_.authenticated; }
  /// For those whom we connect to.
  const TlsContext& client() const noexcept { return current_.client; }
  /// Of the certificates that we show, in the order of the settings.
  const std::vector<CertificateFacts>& shown() const noexcept { return current_.shown; }

  /// To be called every few hours: see renew_ticket_keys().
  void renew_tickets() { renew_ticket_keys(*current_.encrypted); }

 private:
  struct Set {
    TlsContext encrypted;
    TlsContext authenticated;
    TlsContext client;
    std::vector<CertificateFacts> shown;
  };
  static Set make(const TlsSettings& settings);

  Set current_;
};

}  // namespace sallyport::controlplane
