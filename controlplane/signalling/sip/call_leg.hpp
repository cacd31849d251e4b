// One party of a call as SIP sees it: an INVITE that came in or goes out, the dialog that it makes, and what happens
// in it until BYE (RFC 3261 13 to 15). Knows one leg only; a call joins two. Control thread only.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/signalling/sip/user_agent.hpp"

namespace sallyport::controlplane::sip {

/// Who a leg's INVITE is from and to.
struct Invitation {
  std::string uri;      ///< request URI
  std::string from;     ///< From's address, without a tag: "\"Alice\" <sip:100@gw.example>"
  std::string to;       ///< To's address
  std::string contact;  ///< the user of our Contact
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
    /// Our INVITE was challenged (401, 407): adds credentials to the same request. False: there are none, it failed.
    std::function<bool(const Message& challenge, Message& request)> challenged;
    /// The ACK of our 2xx.
    std::function<void(const SecretString& description)> acknowledged;
    /// A re-INVITE or UPDATE: accept() or refuse() has to follow.
    std::function<void(const SecretString& description)> offered;
    /// INFO: relay it, and answer the transaction.
    std::function<void(const std::shared_ptr<ServerTransaction>&)> info;
    /// The party ended it: BYE, CANCEL, or it is gone.
    std::function<void(const std::string& why)> ended;
  };

  explicit CallLeg(UserAgent& agent) : agent_(agent) {}
  ~CallLeg() override;
  CallLeg(const CallLeg&) = delete;
  CallLeg& operator=(const CallLeg&) = delete;

  /// Takes an INVITE outside of dialogs. False: it makes no dialog (no From tag, no Contact), and was answered 400.
  bool take(const std::shared_ptr<ServerTransaction>& invite, std::string contact_user, Events events);
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
  /// Ends it by whatever ends it now: CANCEL, a final answer, BYE. No event comes any more.
  void hang_up(int status, const std::string& why);

  bool up() const noexcept { return up_; }
  bool over() const noexcept { return over_; }
  const Flow& flow() const noexcept { return flow_; }
  const Endpoint& to() const noexcept { return to_; }
  const std::string& call_id() const noexcept { return call_id_; }
  /// Whether our INVITE that is under way has been answered at all, 100 included.
  bool heard() const noexcept { return client_ != nullptr && client_->heard(); }
  bool busy() const noexcept { return client_ != nullptr || server_ != nullptr; }
  /// What the agent says of a flow that is gone: a leg that is up goes on, and is reached anew.
  void flow_closed();

  void request(const std::shared_ptr<ServerTransaction>& transaction) override;
  void ack(const Message& ack) override;

 private:
  void send_invite(Message invite);
  ClientTransaction::Events client_events();
  void response(const Message& answer);
  bool answer_challenge(const Message& challenge);
  void final_failure(int status, const std::string& reason);
  void provisional(const Message& answer);
  void success(const Message& answer);
  void leave_answered();
  void abandon();
  void confirm(Dialog dialog);
  void offered(const std::shared_ptr<ServerTransaction>& transaction);
  void watch_server();
  void refuse_server(Message answer);
  void refuse_server(int status);
  void send_bye(const std::string& why);
  void end(const std::string& why);

  UserAgent& agent_;
  Events events_;
  Flow flow_;
  /// Where its datagrams go: where its party was heard from. What its Contact says would be another place only behind
  /// a NAT, which we would not get through; a proxy that recorded a route is who we hear from.
  Endpoint to_;
  std::string call_id_;
  std::string contact_;
  std::optional<Dialog> dialog_;
  std::vector<std::string> early_;                     ///< ids of dialogs that provisional answers made
  std::shared_ptr<ServerTransaction> server_;          ///< an INVITE or UPDATE of theirs without a final answer
  std::shared_ptr<ServerTransaction> unacknowledged_;  ///< an INVITE of theirs whose 2xx waits for its ACK
  std::shared_ptr<ClientTransaction> client_;          ///< an INVITE of ours without a final answer
  std::shared_ptr<ClientTransaction> answered_;        ///< our latest INVITE, when its 2xx has come; further ones may
  std::optional<Message> last_ack_;
  std::uint32_t invite_cseq_ = 0;  ///< of our latest INVITE
  std::string answered_tag_;       ///< To tag of the first 2xx to it
  bool up_ = false;
  bool over_ = false;
};

}  // namespace sallyport::controlplane::sip
