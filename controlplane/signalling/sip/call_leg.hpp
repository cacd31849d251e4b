// One party of a call as SIP sees it: an INVITE that came in or goes out, the dialog that it makes, and what happens
// in it until BYE (RFC 3261 13 to 15). Knows one leg only; a call joins two. Control thread only.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/signalling/sip/reliable_answers.hpp"
#include "controlplane/signalling/sip/session_timer.hpp"
#include "controlplane/signalling/sip/user_agent.hpp"

namespace sallyport::controlplane::sip {

/// Who a leg's INVITE is from and to.
struct Invitation {
  std::string uri;          ///< request URI
  std::string from;         ///< From's address, without a tag: "\"Alice\" <sip:100@gw.example>"
  std::string to;           ///< To's address
  std::string contact;      ///< the user of our Contact
  std::string referred_by;  ///< who transferred the call here (RFC 3892); empty: nobody
  std::uint32_t max_forwards = 70;
};

class CallLeg : public DialogUser {
 public:
  /// Where a description is empty there was none. Any of them may end the leg.
  struct Events {
    /// Of an INVITE of ours: 101 to 199, with the description that came with it.
    std::function<void(int status, const SecretString& description)> progress;
    /// A 2xx to our INVITE, the first or a further one; acknowledge() has to follow.
    std::function<void(const SecretString& description)> answered;
    /// Our INVITE came to nothing: a final status, 408 where nobody answered, 503 where nobody was reached. For the
    /// first one the leg is over then; a further one leaves it as it was.
    std::function<void(int status, const std::string& reason)> failed;
    /// A request of ours was challenged (401, 407) after `earlier` times: adds credentials to the same request. False:
    /// there are none, it failed. Outlives the leg, with `reach`: a BYE may be under way.
    std::function<bool(const Message& challenge, Message& request, unsigned earlier)> challenged;
    /// The party's connection is gone: finds another one.
    std::function<void(UserAgent::Reached)> reach;
    /// Whether a flow that the leg was not known by may be its party's; null: any that is as well protected.
    std::function<bool(const Flow& flow)> fits;
    /// The ACK of our 2xx.
    std::function<void(const SecretString& description)> acknowledged;
    /// A re-INVITE or UPDATE: accept() or refuse() has to follow.
    std::function<void(const SecretString& description)> offered;
    /// INFO: relay it, and answer the transaction.
    std::function<void(const std::shared_ptr<ServerTransaction>&)> info;
    /// REFER (RFC 3515): to be answered.
    std::function<void(const std::shared_ptr<ServerTransaction>&)> refer;
    /// The party ended it: BYE, CANCEL, or it is gone.
    std::function<void(const std::string& why)> ended;
  };

  explicit CallLeg(UserAgent& agent) : agent_(agent) {}
  /// Tells someone else from here on.
  void set_events(Events events) { events_ = std::make_shared<const Events>(std::move(events)); }
  ~CallLeg() override;
  CallLeg(const CallLeg&) = delete;
  CallLeg& operator=(const CallLeg&) = delete;

  /// Takes an INVITE outside of dialogs. Not empty: why it was refused (no From tag, no Contact, too brief a session).
  std::string take(const std::shared_ptr<ServerTransaction>& invite, std::string contact_user, Events events);
  /// Says what flow invite() will use, so that what the leg is like is known before its description is made.
  void use(const Flow& flow) { flow_ = flow; }
  /// Sends one; `description` empty: the other side is to make the offer.
  void invite(const Flow& flow, const Endpoint& to, const Invitation& invitation, SecretString description,
              Events events);

  // For an INVITE that came in, the first or a further one.
  void progress(int status, SecretString description);
  void accept(SecretString description);
  void refuse(int status, const std::string& why);

  /// A further INVITE. False: one is under way, in either direction.
  bool reinvite(SecretString description);
  /// Of the 2xx that was told last.
  void acknowledge(SecretString description);
  /// Sends a request within the dialog, as INFO is relayed. `done`: its final status.
  void relay(const Message& request, std::function<void(int status)> done);
  /// Tells a party that sent REFER what became of it (RFC 3515 2.4.4). `cseq`: of its REFER; `status`: of the call that
  /// was made for it, a final one ends the subscription.
  void notify_refer(std::string_view cseq, int status);
  /// What Call-Info says to the party from here on; empty: nothing.
  void set_call_info(std::string value) { call_info_ = std::move(value); }
  /// Ends it by whatever ends it now: CANCEL, which gives status and `why` as the reason (RFC 3326; with 200 a phone
  /// notes no missed call), a final answer of that status, BYE. No event comes any more.
  void hang_up(int status, const std::string& why);

  const std::string& call_info() const noexcept { return call_info_; }
  bool up() const noexcept { return up_; }
  bool over() const noexcept { return over_; }
  const Flow& flow() const noexcept { return flow_; }
  const Endpoint& to() const noexcept { return to_; }
  const std::string& call_id() const noexcept { return call_id_; }
  /// Where we invited the party; empty: it called.
  const std::string& uri() const noexcept { return uri_; }
  /// Whether our INVITE that is under way has been answered at all, 100 included.
  bool heard() const noexcept { return client_ != nullptr && client_->heard(); }
  /// Whether an INVITE or UPDATE of the party waits for accept() or refuse().
  bool asks() const noexcept { return server_ != nullptr; }
  bool busy() const noexcept { return client_ != nullptr || server_ != nullptr || reaching_; }
  /// As dialog_id() of requests within its dialog; empty before there is one.
  std::string dialog() const { return dialog_ ? dialog_->id() : std::string(); }

  void request(const std::shared_ptr<ServerTransaction>& transaction) override;
  void ack(const Flow& flow, const Message& ack) override;

 private:
  /// A dialog that a provisional answer made, one per fork.
  struct Early {
    std::shared_ptr<Dialog> dialog;
    std::uint32_t reliable = 0;  ///< RSeq of the latest answer that had one
  };

  /// Lives as long as what is told by it.
  std::shared_ptr<const Events> events() const { return events_; }
  /// Early dialogs by id, whose CSeq numbers count on.
  using Forks = std::map<std::string, std::shared_ptr<Dialog>>;
  Forks forks() const;
  static void let_go(UserAgent& agent, const Flow& flow, const Endpoint& to, const Message& invite,
                     const Message& answer, const Forks& forks);
  void send_invite(Message invite);
  ClientTransaction::Events client_events();
  void response(const Message& answer);
  bool answer_challenge(const Message& challenge);
  bool answer_too_brief(const Message& answer);
  void final_failure(int status, const std::string& reason);
  void provisional(const Message& answer);
  bool acknowledge_reliable(Early& early, const Message& answer);
  void success(const Message& answer);
  void leave_answered();
  void leave_client(const std::string& reason);
  bool fits(const Flow& flow) const;
  void abandon(const std::string& reason);
  void confirm(Dialog dialog);
  void offered(const std::shared_ptr<ServerTransaction>& transaction);
  void watch_server();
  void finish_accept(SecretString description);
  void refuse_server(Message answer);
  void refuse_server(int status);
  void use_flow(const Flow& flow);
  void send_within(Message request, ClientTransaction::Events events);
  void send_bye(const std::string& why);
  void end(const std::string& why);
  void say_status(Message& message) const;
  void keep_time(std::optional<SessionTimer> timer);
  void refresh_session();

  UserAgent& agent_;
  std::shared_ptr<const Events> events_;  ///< shared with a call under way, in which they may be replaced
  Flow flow_;
  /// Where its datagrams go: where its party was heard from. What its Contact says would be another place only behind
  /// a NAT, which we would not get through; a proxy that recorded a route is who we hear from.
  Endpoint to_;
  std::string call_id_;
  std::string contact_;
  std::string uri_;
  std::string call_info_;
  std::shared_ptr<Dialog> dialog_;  ///< shared with requests that outlive the leg
  std::map<std::string, Early> early_;
  Forks forks_;                                        ///< of the INVITE that was answered
  std::shared_ptr<ServerTransaction> server_;          ///< an INVITE or UPDATE of theirs without a final answer
  std::shared_ptr<ServerTransaction> unacknowledged_;  ///< an INVITE of theirs whose 2xx waits for its ACK
  std::unique_ptr<ReliableAnswers> reliable_;          ///< provisional answers to their INVITE that requires it
  std::shared_ptr<ClientTransaction> client_;          ///< an INVITE of ours without a final answer
  std::shared_ptr<ClientTransaction> answered_;        ///< our latest INVITE, when its 2xx has come; further ones may
  std::optional<Message> last_ack_;
  std::uint32_t invite_cseq_ = 0;   ///< of our latest INVITE
  unsigned challenges_ = 0;         ///< of it
  std::string answered_tag_;        ///< To tag of the first 2xx to it
  std::chrono::seconds longer_{0};  ///< session interval that the party insists on
  unsigned too_brief_ = 0;          ///< how often it did
  unsigned timer_serial_ = 0;       ///< one more whenever the session's time is set anew
  std::optional<SessionTimer> session_;
  TimerQueue::Id session_timer_;
  TimerQueue::TimePoint session_end_;
  TimerQueue::Id patience_;  ///< with a re-INVITE of ours that was answered provisionally
  bool reaching_ = false;    ///< a re-INVITE waits for a connection
  bool up_ = false;
  bool over_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< expires before what late answers would touch
};

}  // namespace sallyport::controlplane::sip
