// Registers the gateway at a trunk's provider (RFC 3261 10.2), so that the provider's calls find it: with digest where
// it is asked for, again before the registration ends, and off when the trunk goes. Made by Trunks; control thread
// only. Tries one target after the other; which one first is not its affair.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/security/digest_client.hpp"
#include "controlplane/signalling/sip/user_agent.hpp"
#include "controlplane/sip_config.hpp"

namespace sallyport::controlplane {

struct RegistrationTimes {
  std::chrono::milliseconds retry{5'000};  ///< after a failure, doubled up to `most`
  std::chrono::milliseconds most{600'000};
  std::chrono::milliseconds patience{8'000};  ///< for an answer
};

class TrunkRegistration {
 public:
  struct Settings {
    std::string name;  ///< for the log: "trunk berlin"
    std::string user;
    SecretString password;
    std::string domain;  ///< empty: the target's address
    std::chrono::seconds expires{3600};
    bool operator==(const Settings&) const = default;
  };
  struct Ways {
    std::function<std::vector<TrunkTarget>()> targets;  ///< in the order to be tried now
    std::function<sip::Destination(const TrunkTarget&)> destination;
  };
  enum class State : std::uint8_t { kTrying, kRegistered, kFailed };
  struct Seen {
    State state = State::kTrying;
    std::optional<TrunkTarget> target;                ///< that was asked last
    std::string answer;                               ///< the latest: "200 OK", or why there was none
    std::optional<sip::TimerQueue::TimePoint> until;  ///< the registration ends
  };

  TrunkRegistration(sip::UserAgent& agent, Settings settings, Ways ways, RegistrationTimes times = {});
  /// Says nothing to the provider: see leave().
  ~TrunkRegistration();
  TrunkRegistration(const TrunkRegistration&) = delete;
  TrunkRegistration& operator=(const TrunkRegistration&) = delete;

  void start();
  /// Takes the registration back, and says when that is done, refused or not answered: never before it returns.
  void leave(std::function<void()> done);
  /// A connection is gone: the provider may know no other way to us.
  void flow_closed(const sip::Flow& flow);

  const Settings& settings() const noexcept { return settings_; }
  const Seen& seen() const noexcept { return seen_; }

 private:
  void try_in(sip::TimerQueue::Duration delay);
  void try_now();
  const TrunkTarget& next_of(const std::vector<TrunkTarget>& targets) const;
  void reach(const TrunkTarget& target);
  sip::Message request(const sip::Flow& flow, const TrunkTarget& target) const;
  void send(const sip::Flow& flow, const Endpoint& to, sip::Message message);
  void response(const sip::Message& answer);
  bool prove(const sip::Message& challenge, std::string& why);
  bool ask_for_longer(const sip::Message& answer);
  void registered(const sip::Message& answer);
  void failed(const std::string& why, std::optional<std::chrono::seconds> wait = {});
  void left();
  void forget_request();

  sip::UserAgent& agent_;
  Settings settings_;
  Ways ways_;
  RegistrationTimes times_;
  DigestClient client_;
  DigestAttempts attempts_;
  Seen seen_;
  std::optional<TrunkTarget> home_;  ///< that has registered us
  std::string call_id_;
  std::string tag_;
  std::uint32_t cseq_ = 0;
  std::chrono::seconds expires_;   ///< that is asked for; longer than configured where the provider wants that
  unsigned failures_ = 0;          ///< in a row
  std::uint64_t attempt_ = 0;      ///< the one that is under way, so that late news of others are known
  std::optional<sip::Flow> flow_;  ///< of the latest request
  Endpoint to_;
  std::shared_ptr<sip::ClientTransaction> request_;
  std::function<void()> done_;  ///< of leave(), while it waits
  sip::TimerQueue::Id next_;
  sip::TimerQueue::Id patience_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< expires before what late events would touch
};

/// "trying", "registered", "failed".
std::string_view to_string(TrunkRegistration::State state) noexcept;

}  // namespace sallyport::controlplane
