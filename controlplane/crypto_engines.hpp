// The engines of a running gateway, as its configuration chose them: control's own, which expands keys, and one for
// each worker, all with the same engine behind each suite. Owns the crypto device where there is one. Control thread.
#pragma once

#include <memory>
#include <string>

#include "controlplane/config.hpp"
#include "crypto/engine_set.hpp"
#include "drivers/crypto_device.hpp"

namespace sallyport::controlplane {

class CryptoEngines {
 public:
  /// Opens the crypto device if the configuration names one; after the EAL. Throws SetupError that names the place in
  /// the configuration.
  explicit CryptoEngines(const Config& config);

  /// Both throw SetupError where a chosen engine is not on this host or has not a suite. What they return, and all keys
  /// that it expanded, dies before this.
  std::unique_ptr<crypto::Engine> for_control() const;
  std::unique_ptr<crypto::Engine> for_worker(std::uint16_t worker) const;

 private:
  std::unique_ptr<crypto::Engine> make(crypto::EngineKind kind, std::optional<std::uint16_t> queue_pair) const;

  crypto::EngineChoice choice_;
  std::unique_ptr<drivers::CryptoDevice> device_;
};

/// Why a suite is served by another engine than the one that was asked for (or that is fastest, where none was); empty
/// where it is not.
std::string engine_detour(const crypto::EngineChoice& choice, const crypto::Suite& suite, crypto::EngineKind serving);

}  // namespace sallyport::controlplane
