#include "controlplane/crypto_engines.hpp"

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using crypto::EngineKind;

/// Why this host cannot run the fastest engine, empty where it can.
const std::string& lanes_problem() {
  static const std::string problem = [] {
    try {
      crypto::make_engine(EngineKind::kLanes);
      return std::string();
    } catch (const SetupError& error) {
      return std::string(error.what());
    }
  }();
  return problem;
}

}  // namespace

CryptoEngines::CryptoEngines(const Config& config) : choice_(config.engines) {
  if (config.crypto_device.device.empty()) return;
  drivers::CryptoDeviceOptions options = config.crypto_device;
  options.workers = static_cast<std::uint16_t>(config.workers.cores.size());
  try {
    device_ = std::make_unique<drivers::CryptoDevice>(options);
  } catch (const SetupError& error) {
    throw SetupError(config.crypto_device_position + ": " + error.what());
  }
}

std::unique_ptr<crypto::Engine> CryptoEngines::make(EngineKind kind, std::optional<std::uint16_t> queue_pair) const {
  if (kind != EngineKind::kCryptodev) return crypto::make_engine(kind);
  if (device_ == nullptr) throw SetupError("crypto engine cryptodev: no device, expected crypto.device");
  const crypto::CryptodevOptions& options = device_->engine_options();
  return queue_pair ? crypto::make_cryptodev_engine(options, *queue_pair) : crypto::make_cryptodev_key_engine(options);
}

std::unique_ptr<crypto::Engine> CryptoEngines::for_control() const {
  return std::make_unique<crypto::EngineSet>(choice_, [this](EngineKind kind) { return make(kind, std::nullopt); });
}

std::unique_ptr<crypto::Engine> CryptoEngines::for_worker(std::uint16_t worker) const {
  return std::make_unique<crypto::EngineSet>(choice_, [this, worker](EngineKind kind) { return make(kind, worker); });
}

std::string engine_detour(const crypto::EngineChoice& choice, const crypto::Suite& suite, EngineKind serving) {
  if (choice.by_suite[crypto::suite_index(suite)]) return {};
  if (choice.preferred) {
    if (*choice.preferred == serving) return {};
    return std::string(crypto::to_string(*choice.preferred)) + " does not have " + std::string(suite.name);
  }
  if (serving == EngineKind::kLanes) return {};
  std::string reason = lanes_problem().empty() ? "lanes does not have " + std::string(suite.name) : lanes_problem();
  if (serving == EngineKind::kOpenSsl) reason += "; ipsec_mb does not have " + std::string(suite.name);
  return reason;
}

}  // namespace sallyport::controlplane
