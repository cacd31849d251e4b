// The registrations of all trunks that want one, as the configuration comes and goes: what is no more is taken back at
// its provider, and what replaces it waits for that. Part of Trunks; control thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/session/trunk_registration.hpp"

namespace sallyport::controlplane {

class TrunkRegistrations {
 public:
  /// How to reach a trunk's targets; what it gives outlives the trunk's configuration.
  using WaysOf = std::function<TrunkRegistration::Ways(const TrunkConfig&)>;

  TrunkRegistrations(sip::UserAgent& agent, WaysOf ways) : agent_(agent), ways_(std::move(ways)) {}

  /// Those that stay as they were stay registered.
  void set_trunks(const std::vector<TrunkConfig>& trunks);
  /// Takes all back, and says when that is done or has taken too long; never before it returns.
  void leave(std::function<void()> done);
  void flow_closed(const sip::Flow& flow);

  /// Null where that trunk does not register.
  const TrunkRegistration* of(const std::string& trunk) const;

 private:
  /// What makes a registration another one.
  struct Wanted {
    TrunkRegistration::Settings settings;
    std::vector<TrunkTarget> targets;
    bool operator==(const Wanted&) const = default;
  };
  struct Entry {
    Wanted wanted;
    std::unique_ptr<TrunkRegistration> registration;
  };

  void retire(const std::string& trunk, Entry entry);
  void start(const std::string& trunk);
  void gone(const std::string& trunk);
  void finish();

  sip::UserAgent& agent_;
  WaysOf ways_;
  std::map<std::string, Entry> entries_;                        ///< by the trunk's name
  std::multimap<std::string, Entry> leaving_;                   ///< until the provider has said so
  std::function<void()> done_;                                  ///< of leave(), while it waits
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< expires before what late timers would touch
};

}  // namespace sallyport::controlplane
