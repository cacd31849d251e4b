#include <algorithm>

#include "controlplane/signalling/sip/transaction_layer.hpp"

namespace sallyport::controlplane::sip {
namespace {

/// RFC 3261 17.2.1: a 100 after this, so that the INVITE is not sent again.
constexpr std::chrono::milliseconds kTrying{200};

}  // namespace

ServerTransaction::ServerTransaction(TransactionLayer& layer, std::string key, Flow flow, Endpoint reply_to,
                                     Message request, std::string to_tag)
    : layer_(layer),
      key_(std::move(key)),
      flow_(std::move(flow)),
      reply_to_(reply_to),
      request_(std::move(request)),
      to_tag_(std::move(to_tag)) {
  if (!is_invite()) return;
  trying_timer_ = layer_.timers_.schedule(kTrying, [this] {
    if (last_.empty()) respond(100);
  });
}

void ServerTransaction::transmit() { layer_.send_(flow_, reply_to_, last_); }

void ServerTransaction::respond(Message answer) {
  if (final_) return;
  layer_.timers_.cancel(trying_timer_);
  final_ = answer.status() >= 200;
  last_ = answer.to_text();
  transmit();
  if (!final_) return;
  const auto t1 = layer_.times_.t1;
  success_ = is_invite() && answer.status() < 300;
  if (!is_invite()) {
    // Timer J: copies of the request may still come.
    end_after(flow_.reliable() ? std::chrono::milliseconds(0) : 64 * t1);
  } else {
    // A 2xx is sent again on every transport (13.3.1.4), others where messages get lost (timer G).
    if (success_ || !flow_.reliable()) repeat(t1);
    expect_ack();
  }
}

void ServerTransaction::repeat(TimerQueue::Duration interval) {
  repeat_timer_ = layer_.timers_.schedule(interval, [this, interval] {
    transmit();
    repeat(std::min<TimerQueue::Duration>(2 * interval, layer_.times_.t2));
  });
}

/// Timers H and L.
void ServerTransaction::expect_ack() {
  end_timer_ = layer_.timers_.schedule(64 * layer_.times_.t1, [this] {
    const auto self = shared_from_this();
    forget_timers();
    layer_.remove(*this);
    if (!confirmed_) tell_unacknowledged();
  });
}

void ServerTransaction::end_after(TimerQueue::Duration time) {
  end_timer_ = layer_.timers_.schedule(time, [this] {
    const auto self = shared_from_this();
    forget_timers();
    layer_.remove(*this);
  });
}

/// The request came again. Behind a 2xx to INVITE it is absorbed, since that one goes out by itself (RFC 6026 7.1).
void ServerTransaction::again() {
  if (last_.empty() || success_ || confirmed_) return;
  // Real copies are T1 apart. Those of a forged datagram are to bring nobody a flood of answers.
  const auto now = layer_.timers_.now();
  if (!flow_.reliable() && repeated_ && now - *repeated_ < layer_.times_.t1 / 4) return;
  repeated_ = now;
  transmit();
}

void ServerTransaction::cancel() {
  const auto events = events_;
  if (!final_ && events && events->cancelled) events->cancelled();
}

/// Of a final answer that is no 2xx.
void ServerTransaction::got_ack() {
  if (!final_ || success_ || confirmed_) return;
  confirmed_ = true;
  layer_.timers_.cancel(repeat_timer_);
  layer_.timers_.cancel(end_timer_);
  end_after(flow_.reliable() ? TimerQueue::Duration(0) : TimerQueue::Duration(layer_.times_.t4));  // timer I
}

void ServerTransaction::acknowledged() {
  if (!success_ || confirmed_) return;
  confirmed_ = true;
  layer_.timers_.cancel(repeat_timer_);
  if (!flow_.reliable()) return;  // copies of the INVITE may still come
  layer_.timers_.cancel(end_timer_);
  end_after(TimerQueue::Duration(0));
}

/// Its connection is gone: nothing can be asked for again, and no ACK will come.
void ServerTransaction::flow_closed() {
  if (!final_) {
    const auto events = events_;
    if (events && events->gone) events->gone();
    return;
  }
  const auto self = shared_from_this();
  forget_timers();
  layer_.remove(*this);
  if (success_ && !confirmed_) tell_unacknowledged();
}

void ServerTransaction::tell_unacknowledged() {
  confirmed_ = true;  // nothing is waited for any more
  const auto events = std::exchange(events_, nullptr);
  if (events && events->unacknowledged) events->unacknowledged();
}

void ServerTransaction::forget_timers() {
  layer_.timers_.cancel(trying_timer_);
  layer_.timers_.cancel(repeat_timer_);
  layer_.timers_.cancel(end_timer_);
}

}  // namespace sallyport::controlplane::sip
