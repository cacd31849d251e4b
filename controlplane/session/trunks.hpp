// The trunks as they are now: targets watched, and in the order in which a call tries them; the gateway registered
// where a provider wants that. Made by SipService; control thread only. Sends what TargetWatch and TrunkRegistration
// send, and no calls.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controlplane/session/target_names.hpp"
#include "controlplane/session/target_watch.hpp"
#include "controlplane/session/trunk_registration.hpp"
#include "controlplane/session/trunk_registrations.hpp"
#include "controlplane/signalling/sip/user_agent.hpp"
#include "controlplane/sip_config.hpp"

namespace sallyport::controlplane {

class Trunks {
 public:
  /// What to connect to a TLS target with now; null without TLS.
  using TlsSource = std::function<sip::Connection::TlsContext()>;

  /// `names`: is given the targets of each configuration.
  Trunks(sip::UserAgent& agent, TargetNames& names, TlsSource tls, std::shared_ptr<const SipConfig> config);

  /// Targets that stay as they were keep what is known of them, registrations stay; one that is no more, or has become
  /// another, is taken back at its provider.
  void set_config(std::shared_ptr<const SipConfig> config);

  /// In the order to be tried: as configured, those of a name by priority and weight, but those that are down last.
  std::vector<TrunkTarget> targets(const TrunkConfig& trunk) const;
  /// Why a trunk has no target now.
  std::string problem(const TrunkConfig& trunk) const;
  /// A call could not be made over that target.
  void doubt(const TrunkConfig& trunk, const TrunkTarget& target);
  void flow_closed(const sip::Flow& flow);
  /// Takes all registrations back, and says when that is done, as far as providers let it.
  void leave(std::function<void()> done) { registrations_.leave(std::move(done)); }

  /// For `sallyport trunks`.
  nlohmann::json list() const;
  /// For `sallyport status`: how many targets each trunk has and how many of them are down. A name that leads nowhere
  /// is one that is down.
  nlohmann::json summary() const;

 private:
  /// What a watch depends on.
  struct Watched {
    TrunkTarget target;
    std::string server_name;
    std::string from;
    std::chrono::seconds keep_alive{0};
    bool operator==(const Watched&) const = default;
  };
  struct Entry {
    Watched watched;
    std::unique_ptr<TargetWatch> watch;  ///< null where keep_alive is off
  };

  TrunkRegistration::Ways ways_of(const TrunkConfig& trunk);
  std::function<sip::Destination(const TrunkTarget&)> destinations_of(const TrunkConfig& trunk) const;
  nlohmann::json registration_json(const std::string& trunk) const;
  nlohmann::json target_json(const Entry& entry) const;
  std::vector<const TrunkTarget*> unresolved(const TrunkConfig& trunk) const;
  void watch_all();
  Entry make(const TrunkConfig& trunk, Watched watched);
  static TargetState state_of(const Entry& entry);

  sip::UserAgent& agent_;
  TargetNames& names_;
  TlsSource tls_;
  std::shared_ptr<const SipConfig> config_;
  std::map<std::string, std::vector<Entry>> entries_;  ///< by the trunk's name; names' addresses in their place
  TrunkRegistrations registrations_;
};

}  // namespace sallyport::controlplane
