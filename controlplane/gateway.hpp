// The running gateway: everything that main() brings up from a checked configuration, in order, and takes down in
// reverse. Lives on the control thread, whose io_context it runs.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/admin/control_server.hpp"
#include "controlplane/config.hpp"
#include "controlplane/crypto_engines.hpp"
#include "controlplane/dataplane_client.hpp"
#include "controlplane/health/health.hpp"
#include "controlplane/neighbour.hpp"
#include "controlplane/observe/packet_capture.hpp"
#include "controlplane/observe/packet_trace.hpp"
#include "controlplane/security/profiles.hpp"
#include "controlplane/session/profile_commands.hpp"
#include "controlplane/session/sip_service.hpp"
#include "controlplane/session/static_streams.hpp"
#include "controlplane/status.hpp"
#include "drivers/eal.hpp"
#include "drivers/kernel_path.hpp"
#include "drivers/mbuf_pool.hpp"

namespace sallyport::controlplane {

class Gateway {
 public:
  /// Brings everything up, workers running. `overrides` are kept for reloads. Throws SetupError; then nothing is left.
  Gateway(Config config, std::vector<std::string> overrides);
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  /// Until SIGTERM or SIGINT. SIGHUP reloads.
  void run();

 private:
  /// One port of the configuration with its device and its way to Linux; destroyed in reverse order.
  struct Port {
    const PortConfig* config = nullptr;
    std::unique_ptr<drivers::EthPort> device;
    std::unique_ptr<drivers::KernelPath> kernel_path;
  };

  void open_ports();
  drivers::MbufPool& pool_for(int numa_node);
  std::unique_ptr<DataplaneClient> make_dataplane() const;
  std::unique_ptr<Health> make_health() const;
  void settle_on_cores();
  std::vector<std::string> numa_warnings() const;
  void media_lost(StreamHandle handle, bool lost);
  void log_crypto_device(dataplane::WorkerId worker, bool silent) const;
  NextHopWatch watch_next_hop(std::size_t port, const drivers::IpAddress& remote,
                              std::function<void(std::optional<drivers::MacAddress>)> told);
  GatewayFacts facts() const;
  void add_commands();
  void add_call_commands();
  void add_profile_commands();
  SipService& sip() const;
  void wait_for_signal();
  void wait_for_second_signal();
  void poll_dataplane();
  void watch_health();
  /// Reads the configuration again and applies it; a wrong one changes nothing. Returns the faults, empty if applied.
  StreamChanges take_over(Config& wanted);
  std::vector<std::string> reload();

  // Destroyed from the last to the first: watches before the resolver, workers before the ports that they poll, ports
  // before their pools, everything before the EAL.
  Config config_;
  std::vector<std::string> overrides_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  boost::asio::io_context io_{1};
  boost::asio::signal_set signals_;
  boost::asio::steady_timer poll_timer_;
  boost::asio::steady_timer health_timer_;
  ControlServer control_;
  drivers::Eal eal_;
  std::vector<std::pair<int, std::unique_ptr<drivers::MbufPool>>> pools_;
  std::vector<Port> ports_;
  NeighbourResolver neighbours_;
  CryptoEngines engines_;
  std::unique_ptr<crypto::Engine> engine_;  ///< expands keys
  std::unique_ptr<DataplaneClient> dataplane_;
  std::unique_ptr<Health> health_;
  std::unique_ptr<StaticStreams> streams_;
  Profiles profiles_;
  std::unique_ptr<SipService> sip_;  ///< null where SIP is off
  std::unique_ptr<ProfileCommands> profile_commands_;
  std::unique_ptr<StatusReporter> reporter_;
  std::unique_ptr<PacketTrace> trace_;
  std::unique_ptr<PacketCapture> capture_;
};

}  // namespace sallyport::controlplane
