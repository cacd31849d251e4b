// Who is who: finds the line or trunk that a request comes from and the one that a number leads to, and remembers where
// lines have registered (RFC 3261 10). Control thread only; sends nothing but answers to REGISTER.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/security/digest_challenger.hpp"
#include "controlplane/security/digest_client.hpp"
#include "controlplane/session/target_names.hpp"
#include "controlplane/signalling/sip/user_agent.hpp"
#include "controlplane/sip_config.hpp"

namespace sallyport::controlplane {

/// A party of a call as the configuration knows it. Exactly one of line and trunk is set; all live as long as the
/// configuration that they are of, which a call keeps alive.
struct Party {
  std::shared_ptr<const SipConfig> config;
  const LineConfig* line = nullptr;
  const TrunkConfig* trunk = nullptr;
  const UserConfig* user = nullptr;  ///< the application that it has proved to be, on a trunk; null: none

  const PartyConfig& settings() const { return line != nullptr ? static_cast<const PartyConfig&>(*line) : *trunk; }
  /// "line alice", "trunk berlin".
  std::string to_string() const;
  bool same(const Party& other) const { return to_string() == other.to_string(); }
};

/// What a party may use of media by the site's policy and its own.
MediaPolicy media_policy(const SipConfig& config, const PartyConfig& party);
/// How well signalling on a flow is protected.
SignallingPath signalling_path(const sip::Flow& flow);

/// Where a line can be reached.
struct Binding {
  std::string contact;  ///< URI as it was registered
  sip::Flow flow;
  Endpoint to;  ///< where its datagrams go
  std::string call_id;
  std::uint32_t cseq = 0;
  sip::TimerQueue::TimePoint expires;
  std::string user_agent;
  bool unfit = false;  ///< it came by a path that its line may not use any more: it gets no calls
};

/// Why a request is not served.
struct Refused {
  int status = 403;
  std::string why;
};

/// Who sent a request. Where it is refused, `party` is nobody.
struct Sender {
  Party party;
  std::optional<Refused> refused;
};

/// Where a call goes.
struct Target {
  Party party;
  std::string number;  ///< after strip and prepend
  std::optional<Refused> refused;
};

class Directory {
 public:
  /// `names`: what trunks' targets lead to.
  Directory(sip::UserAgent& agent, const TargetNames& names, std::shared_ptr<const SipConfig> config);

  void set_config(std::shared_ptr<const SipConfig> config);
  /// Whether a flow that a party of a call comes by may be its own (S2, S8).
  bool fits(const Party& party, const sip::Flow& flow) const {
    return party.line != nullptr ? !unfit(*party.line, flow) : !unfit(*party.trunk, flow);
  }
  const std::shared_ptr<const SipConfig>& config() const noexcept { return config_; }

  /// The party that an out-of-dialog request is from: a trunk by the address that it comes from, or a line by the user
  /// of its From, which has to be what its security mode asks for (S2, S8).
  Sender sender(const sip::Message& request, const sip::Flow& flow) const;
  /// Where a dialled number leads: a route, else a line of that name or number.
  Target route(std::string_view number) const;

  /// Whether a request proves that it is from that party, where it is challenged (S4, S6), or from a user on that
  /// trunk, which becomes the party's. If not it was answered: 401 with challenges, or 400.
  bool authenticated(const std::shared_ptr<sip::ServerTransaction>& transaction, Party& party);
  /// Whether the party, and the user that it has proved to be, may ask for that (S7). If not it was answered: 403.
  bool authorised(sip::ServerTransaction& transaction, const Party& party, Privilege privilege) const;
  /// What answers challenges of that party, as sip::CallLeg::Events wants it (S6); lives as long as this.
  std::function<bool(const sip::Message& challenge, sip::Message& request, unsigned earlier)> answers_challenges(
      const Party& party);

  /// Answers a REGISTER of a line that was authenticated.
  void registered(const std::shared_ptr<sip::ServerTransaction>& transaction, const Party& party);
  /// Where a line can be reached now, the latest first; without what has expired or lost its connection.
  std::vector<Binding> bindings(const std::string& line);
  /// The same, with those that are unfit for calls: for what tells them to register again.
  std::vector<Binding> reachable(const std::string& line);
  /// Has a device register again before it gets another call.
  void forget(const std::string& line, const Binding& binding);
  /// Registrations of a connection that is gone are gone with it.
  void closed(const sip::Flow& flow);

  const std::map<std::string, std::vector<Binding>>& all_bindings() const noexcept { return bindings_; }

 private:
  DigestClient* credentials_for(const Party& party);
  bool answer_challenge(const Party& party, const sip::Message& challenge, sip::Message& request,
                        DigestAttempts& attempts);
  const LineConfig* line_of(std::string_view user) const;
  bool challenged(const Party& party) const;
  const UserConfig* user_of(const Party& party, std::string_view name) const;
  void find(const RouteConfig& route, Party& party) const;
  std::optional<Refused> unfit(const LineConfig& line, const sip::Flow& flow) const;
  std::optional<Refused> unfit(const TrunkConfig& trunk, const sip::Flow& flow) const;
  std::optional<Refused> unnamed(const TrunkConfig& trunk, const sip::Flow& flow) const;
  bool comes_from(const TrunkConfig& trunk, const sip::Flow& flow) const;
  void clean(std::vector<Binding>& bindings) const;

  sip::UserAgent& agent_;
  const TargetNames& names_;
  std::shared_ptr<const SipConfig> config_;
  DigestChallenger challenger_;
  std::map<std::string, DigestClient> clients_;  ///< of trunks
  std::map<std::string, std::vector<Binding>> bindings_;
};

}  // namespace sallyport::controlplane
