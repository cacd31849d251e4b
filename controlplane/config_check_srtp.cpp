#include <array>
#include <memory>
#include <utility>

#include "controlplane/config_check.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

/// Fewer packets than that are over in a second or two: "|31" for "|2^31" is a known mistake.
constexpr std::uint64_t kStrangeLifetime = 100;

/// What each kind of engine can do here, tried once.
class EngineTrials {
 public:
  /// What is expected instead, empty where the engine runs here. A crypto device cannot be tried before it is opened.
  std::string problem(crypto::EngineKind kind) { return trial(kind).problem; }
  bool has(crypto::EngineKind kind, const crypto::Suite& suite) {
    const Trial& tried = trial(kind);
    return tried.engine == nullptr || tried.engine->supports(suite);
  }

 private:
  struct Trial {
    bool done = false;
    std::unique_ptr<crypto::Engine> engine;
    std::string problem;
  };
  Trial& trial(crypto::EngineKind kind) {
    Trial& tried = trials_[static_cast<std::size_t>(kind)];
    if (std::exchange(tried.done, true) || kind == crypto::EngineKind::kCryptodev) return tried;
    try {
      tried.engine = crypto::make_engine(kind);
    } catch (const SetupError& error) {
      tried.problem = "an engine that runs on this host: " + std::string(error.what());
    }
    return tried;
  }
  std::array<Trial, crypto::kEngineKinds> trials_;
};

/// Checks of [crypto].
class EngineChecks {
 public:
  EngineChecks(const Draft& draft, Faults& faults)
      : config_(draft.config), section_(draft.general.at("crypto")), faults_(faults) {}

  void run() {
    if (config_.engines.preferred) runs("engine", *config_.engines.preferred);
    for (const crypto::Suite& suite : crypto::kSuites) {
      const auto named = config_.engines.by_suite[crypto::suite_index(suite)];
      const std::string key = "engine." + std::string(suite.name);
      if (named && runs(key, *named) && !trials_.has(*named, suite)) {
        section_.fault(faults_, key, "an engine that has this suite");
      }
    }
    device();
  }

 private:
  bool runs(const std::string& key, crypto::EngineKind kind) {
    uses_device_ |= kind == crypto::EngineKind::kCryptodev;
    const std::string problem = trials_.problem(kind);
    if (!problem.empty()) section_.fault(faults_, key, problem);
    return problem.empty();
  }

  void device() {
    const bool named = !config_.crypto_device.device.empty();
    if (uses_device_ && !named && section_.first("device") == nullptr) {
      section_.fault(faults_, "device", "a device, since the engine cryptodev is chosen");
    }
    if (uses_device_) return;
    for (const char* key : {"device", "device_mode", "device_keys"}) {
      if (section_.first(key) != nullptr) section_.fault(faults_, key, "no such key, since nothing uses cryptodev");
    }
  }

  const Config& config_;
  const Section& section_;
  Faults& faults_;
  EngineTrials trials_;
  bool uses_device_ = false;
};

/// Checks of one side, and what has to be said loudly of it.
class SideChecks {
 public:
  SideChecks(const Section& section, const SideDraft& side, Faults& faults, std::vector<std::string>& warnings)
      : section_(section), prefix_(side.prefix), config_(*side.config), faults_(faults), warnings_(warnings) {}

  void plain() {
    for (const char* key :
         {"session_parameters", "accept_unencrypted_srtcp", "replay_window", "receive_roc", "send_with"}) {
      if (section_.first(prefix_ + key) != nullptr) {
        section_.fault(faults_, prefix_ + key, "no such key, since there is no " + prefix_ + "suite");
      }
    }
  }

  void secure() {
    try {
      crypto::check_parameters(*config_.suite, config_.parameters);
    } catch (const SetupError& error) {
      section_.fault(faults_, prefix_ + "session_parameters", "what goes together: " + std::string(error.what()));
    }
    if (config_.parameters.key_derivation_rate != 0) {
      one_key("send_key", config_.send_keys);
      one_key("receive_key", config_.receive_keys);
    }
    if (!config_.send_keys.empty() && config_.send_with > config_.send_keys.size()) {
      section_.fault(faults_, prefix_ + "send_with",
                     "at most " + std::to_string(config_.send_keys.size()) + ", as many as there are send keys");
    }
    exposure();
    lifetimes("send_key", config_.send_keys);
    lifetimes("receive_key", config_.receive_keys);
  }

 private:
  void one_key(const std::string& key, const std::vector<crypto::MasterKeyEntry>& keys) {
    if (keys.size() < 2) return;
    faults_.add(section_.line_of(prefix_ + key), "key '" + section_.name() + '.' + prefix_ + key +
                                                     "': expected one key, since KDR does not go with several");
  }

  /// Requirement M10: what others can read or forge is never passed over in silence.
  void exposure() {
    const crypto::SessionParameters& parameters = config_.parameters;
    if (!config_.suite->encrypts())
      warn("suite", "authenticates without encrypting: who sees the packets hears the call");
    if (parameters.unencrypted_srtp) warn("session_parameters", "leaves RTP unencrypted: who sees it hears the call");
    if (parameters.unencrypted_srtcp) warn("session_parameters", "leaves RTCP unencrypted");
    if (parameters.unauthenticated_srtp) {
      warn("session_parameters", "leaves RTP unauthenticated: anybody can change, forge and repeat packets");
    }
  }
  void warn(const std::string& key, const std::string& what) {
    warnings_.push_back(faults_.place(section_.line_of(prefix_ + key)) + ": [" + section_.name() + "] " + prefix_ +
                        key + " " + what);
  }

  void lifetimes(const std::string& key, const std::vector<crypto::MasterKeyEntry>& keys) {
    for (const crypto::MasterKeyEntry& entry : keys) {
      if (entry.lifetime == 0 || entry.lifetime >= kStrangeLifetime) continue;
      warn(key, "lives for " + std::to_string(entry.lifetime) +
                    " packets only, and the stream stops then; |2^n means 2 to the power of n");
    }
  }

  const Section& section_;
  const std::string& prefix_;
  const StreamSideConfig& config_;
  Faults& faults_;
  std::vector<std::string>& warnings_;
};

}  // namespace

void check_srtp(Draft& draft, Faults& faults) {
  EngineChecks(draft, faults).run();
  for (StreamDraft& stream : draft.streams) {
    for (const SideDraft& side : sides_of(stream)) {
      SideChecks checks(stream.section, side, faults, draft.config.warnings);
      if (side.config->suite != nullptr) {
        checks.secure();
      } else if (stream.section.first(side.prefix + "suite") == nullptr) {
        checks.plain();
      }
    }
  }
}

}  // namespace sallyport::controlplane
