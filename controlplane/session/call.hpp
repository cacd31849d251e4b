// One call: two SIP legs joined, their media negotiated and relayed (a back-to-back user agent). Made by Calls for an
// INVITE that came in. A leg may give its place to another party's (transfer, RFC 3515 and 3891): the call goes on,
// with new keys and another status. Control thread only.
//
// Its parts: call.cpp what SIP tells of it, call_negotiation.cpp offers and answers, call_parties.cpp how parties are
// reached, call_targets.cpp a trunk's targets, call_forks.cpp a line's phones, call_transfer.cpp legs that change,
// call_upkeep.cpp what it looks after.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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
  /// The call of the leg that has that dialog (sip::CallLeg::dialog()), and which of its legs; null: none.
  std::function<std::pair<Call*, std::size_t>(const std::string& dialog)> find;
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
  /// A leg that gave its place to another.
  struct Transfer {
    Clock::time_point time;
    std::string from;
    std::string to;
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
  std::vector<Transfer> transfers;
  std::string why;  ///< it ended
};

class Call {
 public:
  static constexpr std::size_t kCaller = 0;
  static constexpr std::size_t kCallee = 1;
  using Clock = CallView::Clock;
  /// How long an invited party may ring: RFC 3261 16.6's timer C.
  static constexpr std::chrono::minutes kRinging{3};
  /// What phones are told that rang in vain (RFC 3326 3.1).
  static constexpr const char* kElsewhere = "Call completed elsewhere";

  Call(CallWorld& world, std::uint64_t id, Party caller, Target target);
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /// Serves or refuses the INVITE.
  void start(const std::shared_ptr<sip::ServerTransaction>& invite);
  /// Ends it, both legs.
  void hang_up(const std::string& why);
  /// A stream of this call that its worker would not take.
  void refused(StreamHandle handle);
  /// A key of that stream, one of this call's, is nearly or wholly worn out.
  void key_lifetime(StreamHandle handle, const dataplane::KeyLifetime& told);
  /// No RTP on that stream, one of this call's, for the configured time, or (false) again.
  void media_lost(StreamHandle handle, bool lost);
  /// An INVITE with Replaces (RFC 3891): its sender, who may do so, takes the place of that leg. Serves or refuses it.
  void replace_leg(std::size_t number, const std::shared_ptr<sip::ServerTransaction>& invite, Party party);

  std::uint64_t id() const noexcept { return id_; }
  bool over() const noexcept { return over_; }
  /// Both legs are up, and nothing is being changed.
  bool ready() const;
  const Party& party(std::size_t number) const { return sides_[number].party; }
  /// The dialog of a leg, as sip::CallLeg::dialog().
  std::string dialog(std::size_t number) const { return sides_[number].leg->dialog(); }
  /// Its pointers hold until the call changes.
  CallView view() const;

 private:
  /// A party with its leg.
  struct Side {
    Party party;
    std::unique_ptr<sip::CallLeg> leg;
    LegMedia agreed;
    SdpOrigin origin;
    std::uint64_t version = 0;
    std::string identity;   ///< how it is shown to others: "\"Alice\" <sip:100@gw.example>"
    SecretString said;      ///< its latest description that was used
    bool in_clear = false;  ///< it refused SRTP
    bool new_keys = false;  ///< with the next agreement: another party is behind it, or its keys are worn out
  };
  /// Where a phone is invited.
  struct Reached {
    sip::Flow flow;
    Endpoint to;
    std::string uri;
  };
  /// A phone of the invited line that rings beside the call's leg.
  struct Fork {
    std::unique_ptr<sip::CallLeg> leg;
    std::string uri;
  };
  /// What the caller was told by a provisional answer, and the description of a phone that it was made of.
  struct EarlyAnswer {
    SecretString answer;
    SecretString source;
  };
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
  /// A leg that is to give its place, until the one that takes it is up.
  struct Transfer {
    std::size_t number = kCaller;
    Side before;
    std::string called;  ///< the call's number until then
    std::string cseq;    ///< of the REFER; empty where nobody has to be told (INVITE with Replaces)
    bool gone = false;   ///< whoever it was has hung up
    bool ringing = false;
    bool asked = false;        ///< the party that stays was offered the new one
    bool worn = false;         ///< the party that stays was to have new keys in any case
    unsigned tries = 0;        ///< of asking the party that stays
    std::uint64_t serial = 0;  ///< tells it from others of this call
  };
  using Text = std::optional<SecretString>;

  static std::size_t other(std::size_t number) noexcept { return 1 - number; }
  Side make_side(Party party) const;
  sip::CallLeg::Events events_of(std::size_t number, const sip::CallLeg& leg, const std::string& contact);

  // Reaching a party.
  void reach_party(std::size_t number);
  void reach_trunk(const std::string& why);
  bool try_next_target(int status, const std::string& why);
  void lose_patience(std::uint64_t attempt);
  void invite_party(std::size_t number, const sip::Flow& flow, const Endpoint& to, const std::string& uri);
  bool retry_in_clear(std::size_t number, int status);

  // Phones of a line that ring together.
  void invite_forks(std::size_t number, const SecretString& offer);
  sip::CallLeg::Events fork_events(std::size_t number, sip::CallLeg& fork, const std::string& contact);
  void promote(std::size_t number, sip::CallLeg& fork);
  void fork_failed(std::size_t number, sip::CallLeg& fork, int status, const std::string& why);
  bool next_fork(std::size_t number, int status, const std::string& why);
  void note_refusal(const Reached& phone, int status, const std::string& why);
  std::pair<int, std::string> final_refusal(int status, const std::string& why);
  void drop_forks(int status, const std::string& why);

  void prepare_media(std::size_t number);

  // Offers and answers.
  Leg negotiating(std::size_t number, bool speaks);
  Text pass_offer(std::size_t from, const SecretString& text, Refused& refused);
  Text pass_answer(const SecretString& text, std::string& refusal);
  Text plan_answer_of(const SecretString& text, std::string& refusal);
  CallStatus judge() const;
  static void tell(const Side& side, const CallStatus& status);
  void update_status();

  // What legs tell.
  void progress(std::size_t number, const sip::CallLeg& leg, int status, const SecretString& description);
  Text final_answer_of(std::size_t number, const SecretString& description, std::string& refusal);
  void answered(std::size_t number, const SecretString& description);
  void failed(std::size_t number, int status, const std::string& reason);
  void acknowledged(std::size_t number, const SecretString& description);
  void offered(std::size_t number, const SecretString& description);
  void ended(std::size_t number, const std::string& why);
  void deliver(std::size_t number, SecretString answer);
  void end(const std::string& why);

  // What the call looks after by itself.
  void renew_keys(std::size_t number);
  void renew_later(std::size_t number, std::chrono::milliseconds delay);
  bool renewed(std::size_t number, const SecretString& description);
  bool renewal_failed(std::size_t number, int status);
  void settled();
  void look_for_silence(sip::TimerQueue::Duration delay);
  bool misses_media(std::size_t number) const;
  void miss_media(std::size_t number);

  // Transfer.
  void refer(std::size_t number, const std::shared_ptr<sip::ServerTransaction>& transaction);
  void transfer_blind(std::size_t number, const sip::ServerTransaction& refer, Target target);
  void transfer_attended(std::size_t number, const sip::ServerTransaction& refer, Call& consulted,
                         std::size_t consulting);
  static void ask_new_keys(Side& side);
  void begin_transfer(std::size_t number, std::string cseq, Party party);
  void transferee_answered(const SecretString& description);
  void ask_staying(SecretString offer);
  void transfer_done();
  void transfer_failed(int status, const std::string& why);
  void join_legs();
  void join_later();
  void let_leave(sip::CallLeg& leg, const Party& party, std::function<void(const std::string& why)> ended);
  void bury(std::unique_ptr<sip::CallLeg> leg);

  CallWorld& world_;
  std::uint64_t id_;
  std::string number_;
  std::array<Side, 2> sides_;
  std::unique_ptr<CallMedia> media_;
  SecretString first_offer_;  ///< for the party that is invited, while it may be tried again
  sip::Invitation invitation_;
  std::size_t invited_ = kCallee;
  std::vector<TrunkTarget> targets_;  ///< of the invited party where it is a trunk, in the order to be tried
  std::size_t target_ = 0;            ///< of them, the one that is tried
  std::uint64_t attempt_ = 0;         ///< one more with each that is tried
  std::vector<Fork> forks_;
  std::optional<Reached> no_srtp_;                      ///< the first phone that refused SRTP, while others rang
  std::optional<std::pair<int, std::string>> refusal_;  ///< what a phone that rings no more has said
  std::optional<Offer> offer_;
  std::array<LegMedia, 2> planned_;  ///< by an answer that is being passed on
  std::vector<LineRelay> relays_;    ///< with it
  std::optional<Renewal> renewal_;
  std::map<const sip::CallLeg*, EarlyAnswer> early_;  ///< by the leg that it is of
  const sip::CallLeg* early_at_work_ = nullptr;       ///< the one of them that the media are by
  std::optional<Transfer> transfer_;
  bool joining_ = false;  ///< two legs that were up are agreeing
  unsigned join_tries_ = 0;
  std::optional<std::size_t> given_up_;  ///< the leg whose answer to an offer of a failed transfer is still to come
  std::uint64_t last_transfer_ = 0;
  std::vector<std::unique_ptr<sip::CallLeg>> buried_;   ///< legs that are over, until nobody is at work in them
  std::vector<std::unique_ptr<sip::CallLeg>> leaving_;  ///< of parties that transferred the call, until they hang up
  sip::TimerQueue::TimePoint settled_;                  ///< when the latest offer was answered or refused
  bool ringing_ = false;
  bool over_ = false;
  Clock::time_point began_ = Clock::now();
  std::optional<Clock::time_point> answered_;
  std::optional<Clock::time_point> ended_;
  CallStatus status_;
  std::vector<std::pair<Clock::time_point, CallStatus>> history_;
  std::vector<CallView::Transfer> transfers_;
  std::string why_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< expires before what late timers would touch
};

}  // namespace sallyport::controlplane
