// The gateway's state as JSON, for the control socket. Reads counters of running workers; changes nothing.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controlplane/dataplane_client.hpp"
#include "controlplane/health/health.hpp"
#include "controlplane/session/static_streams.hpp"
#include "crypto/engine_set.hpp"

namespace sallyport::controlplane {

/// A port as `status` shows it, beside what the device says.
struct PortStatus {
  const drivers::EthPort* port = nullptr;
  std::string kernel_path;
};

/// What does not change while the gateway runs.
struct GatewayFacts {
  std::string config_file;
  std::string engine;
  crypto::EngineChoice engines;
  std::string crypto_device;  ///< empty: there is none
  bool huge_pages = false;
  std::vector<std::string> warnings;
  std::vector<PortStatus> ports;
  std::chrono::steady_clock::time_point started;
};

/// Produces the replies of `sallyport status`, `stats`, `pauses` and `streams`. Control thread only.
class StatusReporter {
 public:
  StatusReporter(GatewayFacts facts, const DataplaneClient& dataplane, const StaticStreams& streams,
                 const Health& health);

  nlohmann::json status();
  nlohmann::json stats() const;
  nlohmann::json pauses() const;
  nlohmann::json streams() const;
  void set_warnings(std::vector<std::string> warnings) { facts_.warnings = std::move(warnings); }

 private:
  /// A worker's counters at the previous status, for load and rates since then.
  struct Sample {
    std::chrono::steady_clock::time_point at;
    std::uint64_t busy = 0;
    std::uint64_t total = 0;
    std::uint64_t rx = 0;
    std::uint64_t tx = 0;
  };
  Sample sample(const dataplane::WorkerStats& stats) const;
  nlohmann::json worker_status(std::size_t id);
  nlohmann::json warnings() const;
  nlohmann::json port_status(std::size_t index) const;
  nlohmann::json buffers() const;
  nlohmann::json worker_stats(std::size_t id) const;
  nlohmann::json side(const StreamConfig& config, const StreamSideConfig& side, const StreamSide& state,
                      const char* name) const;

  GatewayFacts facts_;
  const DataplaneClient& dataplane_;
  const StaticStreams& streams_;
  const Health& health_;
  std::vector<Sample> previous_;
};

}  // namespace sallyport::controlplane
