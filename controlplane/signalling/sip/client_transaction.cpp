#include <algorithm>

#include "controlplane/signalling/sip/transaction_layer.hpp"

namespace sallyport::controlplane::sip {
namespace {

/// Timer D: how long copies of a final answer may still come by UDP.
constexpr std::chrono::seconds kTimerD{32};

/// A request within the INVITE's transaction: the same Via, URI, Call-ID, From and CSeq number (RFC
/// 3261 9.1, 17.1.1.3).
Message beside(const Message& invite, const std::string& method) {
  Message message = Message::request(method, invite.uri());
  message.add("Via", std::string(invite.value("Via")));
  for (const std::string_view route : invite.all("Route")) message.add("Route", std::string(route));
  for (const char* name : {"From", "To", "Call-ID", "Max-Forwards"}) message.add(name, std::string(invite.value(name)));
  const std::string_view cseq = invite.value("CSeq");
  message.add("CSeq", std::string(cseq.substr(0, cseq.find(' '))) + " " + method);
  return message;
}

}  // namespace

ClientTransaction::ClientTransaction(TransactionLayer& layer, std::string key, Flow flow, Endpoint to, Message request,
                                     Events events)
    : layer_(layer),
      key_(std::move(key)),
      flow_(std::move(flow)),
      to_(to),
      request_(std::move(request)),
      events_(std::make_shared<const Events>(std::move(events))),
      text_(request_.to_text()) {}

void ClientTransaction::start() {
  if (!flow_.reliable()) repeat(layer_.times_.t1);  // timers A and E
  // Timers B and F. A fault at once is told later too, so that whoever asked has the transaction in hand by then.
  const bool sent = layer_.send_(flow_, to_, text_);
  const TimerQueue::Duration patience = sent ? 64 * layer_.times_.t1 : std::chrono::milliseconds(0);
  end_timer_ = layer_.timers_.schedule(patience, [this, sent] {
    if (sent) ++layer_.counters_.timeouts;
    fail(sent ? Failure::kTimeout : Failure::kTransport);
  });
}

void ClientTransaction::transmit() { layer_.send_(flow_, to_, text_); }

void ClientTransaction::repeat(TimerQueue::Duration interval) {
  repeat_timer_ = layer_.timers_.schedule(interval, [this, interval] {
    transmit();
    // INVITE: doubled without bound, the others up to T2, at which they stay once something was heard (17.1.2.2).
    const TimerQueue::Duration t2 = layer_.times_.t2;
    repeat(is_invite() ? 2 * interval : provisional_ ? t2 : std::min(2 * interval, t2));
  });
}

void ClientTransaction::received(const Message& response) {
  const auto self = shared_from_this();
  if (response.status() >= 200) return final_answer(response);
  if (final_) return;
  const bool first = !provisional_;
  provisional_ = true;
  if (is_invite() && first) {
    layer_.timers_.cancel(repeat_timer_);
    layer_.timers_.cancel(end_timer_);  // it may ring as long as whoever asked likes
    if (cancel_wanted_) send_cancel();
  }
  tell(response);
}

void ClientTransaction::tell(const Message& response) const {
  const auto events = events_;
  if (events && events->response) events->response(response);
}

void ClientTransaction::final_answer(const Message& response) {
  const bool success = is_invite() && response.status() < 300;
  if (final_) {
    ++layer_.counters_.retransmissions;
    if (is_invite() && !success_ && !success) layer_.send_(flow_, to_, ack_);
    if (success_ && success) tell(response);
    return;
  }
  final_ = true;
  success_ = success;
  layer_.timers_.cancel(repeat_timer_);
  layer_.timers_.cancel(end_timer_);
  if (is_invite() && !success) send_ack(response);
  const TimerQueue::Duration none{0};
  const TimerQueue::Duration linger = success            ? TimerQueue::Duration(64 * layer_.times_.t1)  // timer M
                                      : flow_.reliable() ? none                                         // timers D, K
                                      : is_invite()      ? TimerQueue::Duration(kTimerD)
                                                         : TimerQueue::Duration(layer_.times_.t4);
  end_after(linger);
  tell(response);
}

/// Of an answer that is no 2xx: part of this transaction (RFC 3261 17.1.1.3).
void ClientTransaction::send_ack(const Message& response) {
  Message ack = beside(request_, "ACK");
  ack.set("To", std::string(response.value("To")));
  ack_ = ack.to_text();
  layer_.send_(flow_, to_, ack_);
}

void ClientTransaction::cancel(const std::string& reason) {
  if (final_ || cancel_wanted_ || !is_invite()) return;
  cancel_wanted_ = true;
  cancel_reason_ = reason;
  if (provisional_) send_cancel();
}

void ClientTransaction::send_cancel() {
  if (cancel_sent_) return;
  cancel_sent_ = true;
  Message cancel = beside(request_, "CANCEL");
  if (!cancel_reason_.empty()) cancel.add("Reason", cancel_reason_);
  std::shared_ptr<ClientTransaction> transaction(
      new ClientTransaction(layer_, key_ + " CANCEL", flow_, to_, cancel, Events{}));
  layer_.add(transaction);
  transaction->start();
  // RFC 3261 9.1: a peer that answers the INVITE no more is given up in 64*T1.
  end_timer_ = layer_.timers_.schedule(64 * layer_.times_.t1, [this] { fail(Failure::kTimeout); });
}

void ClientTransaction::fail(Failure failure) {
  const auto self = shared_from_this();
  layer_.timers_.cancel(repeat_timer_);
  layer_.timers_.cancel(end_timer_);
  layer_.remove(*this);
  const bool told = std::exchange(final_, true);
  const auto events = std::exchange(events_, nullptr);
  if (!told && events && events->failed) events->failed(failure);
}

void ClientTransaction::end_after(TimerQueue::Duration time) {
  end_timer_ = layer_.timers_.schedule(time, [this] {
    const auto self = shared_from_this();
    layer_.remove(*this);
  });
}

}  // namespace sallyport::controlplane::sip
