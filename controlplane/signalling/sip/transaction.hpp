// SIP transactions (RFC 3261 17, RFC 6026): one request with its answers, sent again and absorbed as the transport
// needs. Made and driven by TransactionLayer; used by whoever handles the request. Control thread only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controlplane/signalling/sip/flow.hpp"
#include "controlplane/signalling/sip/message.hpp"
#include "controlplane/signalling/sip/timer_queue.hpp"

namespace sallyport::controlplane::sip {

class TransactionLayer;

/// RFC 3261 17.1.1.1; the rest follows from them.
struct TransactionTimes {
  std::chrono::milliseconds t1{500};
  std::chrono::milliseconds t2{4'000};
  std::chrono::milliseconds t4{5'000};
};

/// A request that came in. Lives until its last answer cannot be asked for again; who handles it may keep it longer.
class ServerTransaction : public std::enable_shared_from_this<ServerTransaction> {
 public:
  /// Told to whoever handles an INVITE. `cancelled`: a CANCEL came before a final answer, which is to be 487 now.
  /// `unacknowledged`: no ACK for a final answer came in 64*T1; behind a 2xx the call is to be ended (RFC
  /// 3261 13.3.1.4).
  struct Events {
    std::function<void()> cancelled;
    std::function<void()> unacknowledged;
    /// Its connection is gone before a final answer, which still has to be made, into the void.
    std::function<void()> gone;
  };

  const Message& request() const noexcept { return request_; }
  const Flow& flow() const noexcept { return flow_; }
  bool is_invite() const noexcept { return request_.method() == "INVITE"; }
  void set_events(Events events) { events_ = std::make_shared<const Events>(std::move(events)); }

  /// The To tag of every answer: one that was there, else ours.
  const std::string& to_tag() const noexcept { return to_tag_; }
  /// An answer with what every answer needs; more may be added before it is sent.
  Message reply(int status, std::string reason = {}) const {
    return Message::reply(request_, status, to_tag_, std::move(reason));
  }
  /// Sends an answer; one behind a final one is not sent. A 2xx to INVITE is sent again until acknowledged().
  void respond(Message answer);
  void respond(int status, std::string reason = {}) { respond(reply(status, std::move(reason))); }
  bool answered() const noexcept { return final_; }
  /// The ACK of the 2xx has come; again is no error.
  void acknowledged();

 private:
  friend class TransactionLayer;
  ServerTransaction(TransactionLayer& layer, std::string key, Flow flow, Endpoint reply_to, Message request,
                    std::string to_tag);
  void transmit();
  void repeat(TimerQueue::Duration interval);
  void expect_ack();
  void end_after(TimerQueue::Duration time);
  void again();
  void cancel();
  void got_ack();
  void flow_closed();
  void tell_unacknowledged();
  void forget_timers();

  TransactionLayer& layer_;
  std::string key_;
  Flow flow_;
  Endpoint reply_to_;
  Message request_;
  std::string to_tag_;
  std::shared_ptr<const Events> events_;  ///< shared with a call under way, in which they may be replaced; may be null
  SecretString last_;                     ///< the latest answer as sent, empty before there is one
  bool final_ = false;
  bool success_ = false;  ///< a 2xx to INVITE
  bool confirmed_ = false;
  TimerQueue::Id repeat_timer_;
  TimerQueue::Id end_timer_;
  std::optional<TimerQueue::TimePoint> repeated_;  ///< when a copy of the request was answered last
  TimerQueue::Id trying_timer_;
};

/// A request of ours.
class ClientTransaction : public std::enable_shared_from_this<ClientTransaction> {
 public:
  enum class Failure { kTimeout, kTransport };
  struct Events {
    /// Each provisional answer, the final one, and for INVITE every further 2xx, which is another fork's (or the same
    /// one's again: both are to be acknowledged).
    std::function<void(const Message&)> response;
    /// No final answer will come. Once, and instead of one.
    std::function<void(Failure)> failed;
  };

  const Message& request() const noexcept { return request_; }
  const Flow& flow() const noexcept { return flow_; }
  /// Whether any answer has come.
  bool heard() const noexcept { return provisional_ || final_; }
  /// CANCELs an INVITE, as soon as that is allowed (RFC 3261 9.1), with that Reason header (RFC 3326), if any. Its
  /// final answer still comes, 487 as a rule; where none does, `failed`.
  void cancel(const std::string& reason = {});
  /// Tells someone else, or nobody, from here on; what the other side needs is done all the same.
  void set_events(Events events) { events_ = std::make_shared<const Events>(std::move(events)); }

 private:
  friend class TransactionLayer;
  ClientTransaction(TransactionLayer& layer, std::string key, Flow flow, Endpoint to, Message request, Events events);
  void start();
  void transmit();
  void repeat(TimerQueue::Duration interval);
  void received(const Message& response);
  void tell(const Message& response) const;
  void final_answer(const Message& response);
  void send_ack(const Message& response);
  void send_cancel();
  void fail(Failure failure);
  void end_after(TimerQueue::Duration time);
  bool is_invite() const noexcept { return request_.method() == "INVITE"; }

  TransactionLayer& layer_;
  std::string key_;
  Flow flow_;
  Endpoint to_;
  Message request_;
  std::shared_ptr<const Events> events_;  ///< as above
  SecretString text_;
  SecretString ack_;
  bool provisional_ = false;
  bool final_ = false;
  bool success_ = false;
  bool cancel_wanted_ = false;
  bool cancel_sent_ = false;
  std::string cancel_reason_;
  TimerQueue::Id repeat_timer_;
  TimerQueue::Id end_timer_;
};

}  // namespace sallyport::controlplane::sip
