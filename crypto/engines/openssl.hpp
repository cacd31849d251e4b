// The portable engine and in-house reference: OpenSSL's EVP interface, packet by packet, on any processor. Not built
// for speed. Each key holds OpenSSL contexts, which OpenSSL keeps in its own memory and wipes when they are
// freed.
#pragma once

#include "crypto/engine.hpp"

namespace sallyport::crypto {

class OpenSslEngine final : public Engine {
 public:
  EngineKind kind_for(const Suite&) const noexcept override { return EngineKind::kOpenSsl; }
  std::string_view description() const noexcept override { return "openssl (one packet at a time)"; }
  bool supports(const Suite&) const noexcept override { return true; }
  KeyRelease expand(const Suite& suite, const SessionKeys& keys, KeyRecord& record) override;
  void seal(std::span<Job> jobs) noexcept override;
  void open(std::span<Job> jobs) noexcept override;
};

}  // namespace sallyport::crypto
