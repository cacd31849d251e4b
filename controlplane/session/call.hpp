// One call: two SIP legs joined, their media negotiated and relayed (a back-to-back user agent). Made by Calls for an
// INVITE that came in. Control thread only.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/negotiation/call_status.hpp"
#include "controlplane/negotiation/media_plan.hpp"
#include "controlplane/session/call_media.hpp"
#include "controlplane/session/directory.hpp"
#include "controlplane/session/trunks.hpp"
#include "controlplane/signalling/sip/call_leg.hpp"

namespace sallyport::controlplane {

class Call;

/// What calls work with, and whom they tell that they are over.
struct CallWorld {
  sip::UserAgent& agent;
  MediaGate& gate;
  Directory& directory;
  Trunks& trunks;
  /// The MediaGate's pool for a party that is signalled with over that address family. Throws SetupError.
  std::function<std::uint16_t(const PartyConfig&, bool v6)> pool_for;
  /// What to connect to a trunk's target with; null without TLS.
  std::function<sip::Connection::TlsContext(const PartyConfig&)> tls_for;
  /// It may be destroyed once this and what called it have returned.
  std::function<void(Call&)> over;
};

/// What of a call is shown.
struct CallView {
  using Clock = std::chrono::system_clock;
  struct Leg {
    std::string party;    ///< "line alice"
    std::string call_id;  ///< SIP's
    SignallingPath path = SignallingPath::kUnprotected;
    const LegMedia* media = nullptr;
    LegCount count;
    bool silent = false;  ///< no media for the configured time, although it is to send some
  };

  std::uint64_t id = 0;
  std::string state;  ///< "setup", "ringing", "up" or "over"
  std::string number;
  std::array<Leg, 2> legs;  ///< caller, callee
  Clock::time_point began;
  std::optional<Clock::time_point> answered;
  std::optional<Clock::time_point> ended;
  CallStatus status;
  std::vector<std::pair<Clock::time_point, CallStatus>> history;
  std::string why;  ///< it ended
};

class Call {
 public:
  static constexpr std::size_t kCaller = 0;
  static constexpr std::size_t kCallee = 1;
  using Clock = CallView::Clock;

  Call(CallWorld& world, std::uint64_t id, Party caller, Target target);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// Serves or refuses the INVITE.
  void start(const std::shared_ptr<sip::ServerTransaction>& invite);
  /// Ends it, both legs.
  void hang_up(const std::string& why);
  void flow_closed(const sip::Flow& flow);
  /// A stream that its worker would not take; it may be none of this call's.
  void refused(StreamHandle handle);
  bool has(StreamHandle handle) const { return media_ && media_->has(handle); }
  /// A key of that stream, one of this call's, is nearly or wholly worn out.
  void key_lifetime(StreamHandle handle, const dataplane::KeyLifetime& told);
  /// No RTP on that stream, one of this call's, for the configured time, or (false) again.
  void media_lost(StreamHandle handle, bool lost);

  std::uint64_t id() const noexcept { return id_; }
  bool over() const noexcept { return over_; }
  /// Its pointers hold until the call changes.
  CallView view() const;

 private:
  /// An offer on its way from one leg to the other.
  struct Offer {
    std::size_t offerer = kCaller;
    SessionDescription received;
    OfferPlan plan;
  };
  /// An offer of our own on its way to a leg, that changes nothing but our keys.
  struct Renewal {
    std::size_t leg = kCaller;
    OfferPlan plan;
  };
  using Text = std::optional<SecretString>;

  static std::size_t other(std::size_t number) noexcept { return 1 - number; }
  sip::CallLeg::Events events_of(std::size_t number);
  void reach_callee();
  void reach_trunk(const std::string& why);
  bool try_next_target(int status, const std::string& why);
  void lose_patience(std::size_t target);
  void invite_callee(const sip::Flow& flow, const Endpoint& to, const std::string& uri);
  bool retry_in_clear(int status);
  Leg negotiating(std::size_t number, bool speaks);
  Text pass_offer(std::size_t from, const SecretString& text, Refused& refused);
  Text pass_answer(const SecretString& text, std::string& refusal);

  bool answer_challenge(std::size_t number, const sip::Message& challenge, sip::Message& request);
  void progress(std::size_t number, int status, const SecretString& description);
  void answered(std::size_t number, const SecretString& description);
  void failed(std::size_t number, int status, const std::string& reason);
  void acknowledged(std::size_t number, const SecretString& description);
  void offered(std::size_t number, const SecretString& description);
  void ended(std::size_t number, const std::string& why);
  void update_status();
  void renew_keys(std::size_t number);
  void renew_later(std::size_t number, std::chrono::milliseconds delay);
  bool renewed(std::size_t number, const SecretString& description);
  bool renewal_failed(std::size_t number, int status);
  void settled();
  void look_for_silence(sip::TimerQueue::Duration delay);
  bool misses_media(std::size_t number) const;
  void miss_media(std::size_t number);
  void end(const std::string& why);

  CallWorld& world_;
  std::uint64_t id_;
  std::array<Party, 2> parties_;
  std::string number_;
  std::array<std::unique_ptr<sip::CallLeg>, 2> legs_;
  std::unique_ptr<CallMedia> media_;
  std::array<LegMedia, 2> agreed_;
  std::array<SdpOrigin, 2> origins_;
  std::array<std::uint64_t, 2> versions_{};
  SecretString first_offer_;  ///< the caller's, while its callee may be tried again
  sip::Invitation invitation_;
  std::vector<TrunkTarget> targets_;  ///< of a callee that is a trunk, in the order to be tried
  std::size_t target_ = 0;            ///< of them, the one that is tried
  std::optional<Offer> offer_;
  std::optional<Renewal> renewal_;
  std::array<bool, 2> worn_{};  ///< by leg: what is agreed next is to have new keys of ours
  SecretString early_answer_;   ///< that the caller was told by a provisional answer
  SecretString early_source_;   ///< the callee's description that it was made of
  bool in_clear_ = false;       ///< the callee refused SRTP
  std::array<DigestAttempts, 2> attempts_;
  sip::TimerQueue::TimePoint settled_;  ///< when the latest offer was answered or refused
  bool ringing_ = false;
  bool over_ = false;
  Clock::time_point began_ = Clock::now();
  std::optional<Clock::time_point> answered_;
  std::optional<Clock::time_point> ended_;
  CallStatus status_;
  std::vector<std::pair<Clock::time_point, CallStatus>> history_;
  std::string why_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< expires before what late timers would touch
};

}  // namespace sallyport::controlplane
