// A TransactionLayer whose clock the test moves and whose messages it reads: what went out, when.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "controlplane/signalling/sip/transaction_layer.hpp"
#include "sip_text.hpp"

namespace sallyport::controlplane::sip::test {

using std::chrono::milliseconds;
using Times = std::vector<milliseconds>;

class TransactionWorld {
 public:
  static constexpr TimerQueue::TimePoint kStart{std::chrono::hours(1)};
  struct Sent {
    milliseconds time;
    FlowId flow;
    Endpoint to;
    std::string summary;
    std::string text;
  };

  explicit TransactionWorld(std::size_t max_server = TransactionLayer::kMaxServerTransactions)
      : layer(std::make_unique<TransactionLayer>(
            timers, TransactionTimes{},
            [this](const Flow& flow, const Endpoint& to, SecretString text) { return take(flow, to, text); },
            TransactionLayer::User{
                .request = [this](const std::shared_ptr<ServerTransaction>& request) { requests.push_back(request); },
                .ack = [this](const Flow&, const Message& ack) { acks.push_back(ack); },
                .admit = [this](const Flow&, const Message&) { return admission; },
                .full = [this](const Flow&) { ++full; }},
            max_server)) {}

  void pass(milliseconds time) { timers.run(timers.now() + time); }
  milliseconds now() const { return std::chrono::duration_cast<milliseconds>(timers.now() - kStart); }
  void receive(const Flow& flow, std::string_view text) { layer->received(flow, message_of(text)); }
  /// When what has that summary went out.
  Times times_of(std::string_view summary) const {
    Times times;
    for (const Sent& each : sent) {
      if (each.summary == summary) times.push_back(each.time);
    }
    return times;
  }
  std::vector<std::string> summaries() const {
    std::vector<std::string> all;
    for (const Sent& each : sent) all.push_back(each.summary);
    return all;
  }
  /// The answer of the other side to what we sent last but for ACKs; `tag` of its To.
  std::string answer(int status, std::string_view tag = "b1", std::size_t which = 0) const {
    const Message request = message_of(sent.at(which).text);
    return std::string(std::string_view(Message::reply(request, status, tag).to_text()));
  }

  TimerQueue timers{kStart};
  Admission admission = Admission::kServed;  ///< of new requests
  int full = 0;
  std::vector<Sent> sent;
  std::vector<std::shared_ptr<ServerTransaction>> requests;
  std::vector<Message> acks;
  bool up = true;  ///< what send says
  std::unique_ptr<TransactionLayer> layer;

 private:
  bool take(const Flow& flow, const Endpoint& to, const SecretString& text) {
    if (!up) return false;
    const std::string_view view = text;
    sent.push_back({now(), flow.id, to, message_of(view).summary(), std::string(view)});
    return true;
  }
};

}  // namespace sallyport::controlplane::sip::test
