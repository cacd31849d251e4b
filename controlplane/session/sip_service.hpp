// SIP as a whole: brings its parts up from the configuration, joins them, and takes them down. Made by the gateway
// where [sip] has a listen; control thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controlplane/config.hpp"
#include "controlplane/security/tls_contexts.hpp"
#include "controlplane/session/call_media.hpp"
#include "controlplane/session/calls.hpp"
#include "controlplane/session/device_notice.hpp"
#include "controlplane/session/directory.hpp"
#include "controlplane/session/fixed_ports.hpp"
#include "controlplane/session/target_names.hpp"
#include "controlplane/session/trunks.hpp"
#include "controlplane/signalling/dns/resolver.hpp"
#include "controlplane/signalling/sip/user_agent.hpp"

namespace sallyport::controlplane {

class SipService {
 public:
  /// Listens at once. `config`: all of it, for its ports and streams. Throws SetupError.
  SipService(boost::asio::io_context& io, const Config& config, DataplaneClient& dataplane, crypto::Engine& engine,
             WatchNextHop watch);
  ~SipService();
  SipService(const SipService&) = delete;
  SipService& operator=(const SipService&) = delete;

  /// Lines, trunks, routes, policy and certificates of a new configuration. Calls that are up go on as they were made.
  /// Throws SetupError with nothing changed.
  void reload(const SipConfig& config);

  /// Takes our registrations at providers back, and says when that is done; never before it returns.
  void leave(std::function<void()> done) { trunks_.leave(std::move(done)); }

  MediaGate& gate() noexcept { return gate_; }
  /// Ports of configured streams, which calls do not get.
  FixedPorts& fixed_ports() noexcept { return fixed_; }
  Calls& calls() noexcept { return calls_; }
  const Trunks& trunks() const noexcept { return trunks_; }
  DeviceNotice& notice() noexcept { return notice_; }
  /// Lines and trunks with other security profiles, and nothing else that is new.
  void profiles_changed(const SipConfig& config);

  /// For `sallyport status`.
  nlohmann::json status() const;
  /// For `sallyport stats`.
  nlohmann::json stats() const;

 private:
  struct PoolOfPort {
    std::string port;
    bool v6 = false;
  };

  static std::vector<MediaPool> make_pools(const std::vector<PortConfig>& ports, std::vector<PoolOfPort>& which);
  static std::shared_ptr<TlsContexts> make_tls(const SipConfig& config);
  sip::Connection::TlsContext client_tls() const { return tls_ ? tls_->client() : nullptr; }
  std::uint16_t pool_for(const PartyConfig& party, bool v6) const;
  void renew_tickets();

  std::vector<PoolOfPort> pools_;  ///< by the number of the pool
  std::vector<SipListenConfig> listening_;
  std::shared_ptr<TlsContexts> tls_;  ///< null where nothing is served with TLS
  MediaGate gate_;
  FixedPorts fixed_;
  std::size_t open_files_;  ///< that the process may have
  sip::UserAgent agent_;
  dns::Resolver dns_;
  TargetNames names_;
  Directory directory_;
  Trunks trunks_;
  Calls calls_;
  DeviceNotice notice_;
  boost::asio::steady_timer ticket_timer_;
};

}  // namespace sallyport::controlplane
