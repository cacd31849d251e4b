// libFuzzer target for SIP transactions: peers, the user and time do as the input says, in any order. Whatever happens,
// nothing is touched that is gone, and once everybody has answered and time has passed, nothing is left.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/parse.hpp"
#include "controlplane/signalling/sip/transaction_layer.hpp"
#include "input.hpp"

namespace {

using namespace sallyport::controlplane;
using namespace sallyport::controlplane::sip;
using sallyport::fuzz::Input;
using sallyport::fuzz::require;

constexpr std::array kMethods{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS"};
constexpr std::array kStatuses{100, 180, 183, 200, 202, 302, 401, 486, 487, 503, 603};
constexpr std::array kVias{"h;branch=z9hG4bKa", "h;branch=z9hG4bKb", "other:5070;branch=z9hG4bKa", "h", "h;branch=1"};
constexpr std::size_t kMostSent = 64;

class World {
 public:
  explicit World(Input& input) : input_(input) {
    for (FlowId id = 1; id <= 4; ++id) {
      const auto kind = id <= 2 ? TransportKind::kUdp : TransportKind::kTls;
      const auto port = static_cast<std::uint16_t>(5060 + id);
      flows_.push_back({id,
                        kind,
                        {*sallyport::drivers::IpAddress::parse("192.0.2.1"), 5060},
                        {*sallyport::drivers::IpAddress::parse("192.0.2.9"), port},
                        nullptr});
    }
    layer_ = std::make_unique<TransactionLayer>(
        timers_, TransactionTimes{},
        [this](const Flow&, const Endpoint&, const SecretString& text) { return take(text); },
        TransactionLayer::User{.request = [this](const std::shared_ptr<ServerTransaction>& request) { asked(request); },
                               .ack = [this](const Flow&, const Message&) { acknowledge(); }},
        6);
  }

  void run() {
    for (int i = 0; i < 300 && !input_.at_end(); ++i) step();
    if (input_.choice(4) == 0) {
      layer_.reset();
      require(timers_.size() == 0);
      return;
    }
    // Everybody comes to an end.
    for (const auto& server : servers_) server->respond(486);
    for (const auto& client : clients_) client->cancel();
    pass(std::chrono::seconds(100));
    for (const Flow& flow : flows_) layer_->closed(flow.id);
    for (const auto& client : clients_) {
      if (client->request().method() == "INVITE") answer_to(*client, 487);
    }
    pass(std::chrono::seconds(100));
    require(layer_->servers() == 0 && layer_->clients() == 0);
    require(timers_.size() == 0);
  }

 private:
  bool take(const SecretString& text) {
    const std::string_view view = text;
    require(head_size(view).has_value());
    if (sent_.size() < kMostSent) sent_.emplace_back(view);
    return up_;
  }

  const Flow& flow() { return flows_[input_.choice(flows_.size())]; }
  void pass(TimerQueue::Duration time) { timers_.run(timers_.now() + time); }

  void asked(const std::shared_ptr<ServerTransaction>& request) {
    servers_.push_back(request);
    request->set_events({.cancelled = [this, weak = std::weak_ptr(request)] { cancelled(weak.lock()); },
                         .unacknowledged = [this] { acknowledge(); }});
    if (input_.choice(3) == 0) request->respond(status());
  }
  void cancelled(const std::shared_ptr<ServerTransaction>& request) {
    if (!request) return;
    if (input_.choice(2) == 0) request->set_events({});
    request->respond(487);
  }
  void acknowledge() {
    if (!servers_.empty()) servers_[input_.choice(servers_.size())]->acknowledged();
  }
  int status() { return kStatuses[input_.choice(kStatuses.size())]; }

  void receive(const Flow& flow, const Message& message) {
    const SecretString text = message.to_text();
    const std::string_view view = text;
    Parsed parsed = parse(view.substr(0, *head_size(view)), {});
    if (parsed.status == 0 && parsed.message) layer_->received(flow, std::move(*parsed.message));
  }

  Message request(const char* method) {
    Message message = Message::request(method, "sip:bob@h");
    message.add("From", "<sip:a@h>;tag=1");
    message.add("To", input_.choice(2) == 0 ? "<sip:b@h>" : "<sip:b@h>;tag=2");
    message.add("Call-ID", "c");
    message.add("CSeq", std::to_string(1 + input_.choice(2)) + " " + method);
    return message;
  }

  void request_comes() {
    const Flow& from = flow();
    Message message = request(kMethods[input_.choice(kMethods.size())]);
    message.prepend("Via", "SIP/2.0/" + std::string(name_of(from.kind)) + " " + kVias[input_.choice(kVias.size())]);
    receive(from, message);
  }

  void answer_to(const ClientTransaction& client, int status) {
    receive(client.flow(), Message::reply(client.request(), status, "t"));
  }
  void answer_comes() {
    if (sent_.empty()) return;
    const std::string& text = sent_[input_.choice(sent_.size())];
    const Parsed parsed = parse(std::string_view(text).substr(0, *head_size(text)), {});
    if (parsed.message && parsed.message->is_request()) {
      receive(flow(), Message::reply(*parsed.message, status(), input_.choice(2) == 0 ? "t" : "u"));
    }
  }

  void we_ask() {
    if (clients_.size() >= 16) return;
    const std::size_t index = clients_.size();
    const Flow& to = flow();
    Message message = request(input_.choice(3) == 0 ? "BYE" : "INVITE");
    clients_.push_back(layer_->request(to, to.remote, "192.0.2.1:5060", std::move(message),
                                       {.response = [this, index](const Message&) { heard(index); },
                                        .failed = [this, index](ClientTransaction::Failure) { heard(index); }}));
  }
  void heard(std::size_t index) {
    if (index >= clients_.size()) return;
    if (input_.choice(4) == 0) clients_[index]->cancel();
    if (input_.choice(8) == 0) clients_[index]->set_events({});
  }

  void step() {
    switch (input_.choice(10)) {
      case 0:
      case 1:
        return request_comes();
      case 2:
        return answer_comes();
      case 3:
        return we_ask();
      case 4:
        if (!servers_.empty()) servers_[input_.choice(servers_.size())]->respond(status());
        return;
      case 5:
        return acknowledge();
      case 6:
        if (!clients_.empty()) clients_[input_.choice(clients_.size())]->cancel();
        return;
      case 7:
        return layer_->closed(flow().id);
      case 8:
        up_ = input_.choice(4) != 0;
        return;
      default:
        return pass(std::chrono::milliseconds(input_.byte() * 137));
    }
  }

  Input& input_;
  TimerQueue timers_{TimerQueue::TimePoint(std::chrono::hours(1))};
  std::vector<Flow> flows_;
  std::vector<std::string> sent_;
  std::vector<std::shared_ptr<ServerTransaction>> servers_;
  std::vector<std::shared_ptr<ClientTransaction>> clients_;
  bool up_ = true;
  std::unique_ptr<TransactionLayer> layer_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input({data, size});
  World(input).run();
  return 0;
}
