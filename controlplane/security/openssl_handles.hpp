// Owners of OpenSSL's objects, and what OpenSSL says went wrong. Used by everything under controlplane/security; any
// thread.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace sallyport::controlplane {

template <auto Free>
struct OpensslFreer {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using OpensslBio = std::unique_ptr<BIO, OpensslFreer<BIO_free_all>>;
using OpensslKey = std::unique_ptr<EVP_PKEY, OpensslFreer<EVP_PKEY_free>>;
using OpensslCertificate = std::unique_ptr<X509, OpensslFreer<X509_free>>;
using OpensslNames = std::unique_ptr<GENERAL_NAMES, OpensslFreer<GENERAL_NAMES_free>>;

/// The newest entry of this thread's error queue in words ("key values mismatch"); the queue is empty afterwards.
inline std::string take_openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "OpenSSL gives no reason" : reason;
}

}  // namespace sallyport::controlplane
