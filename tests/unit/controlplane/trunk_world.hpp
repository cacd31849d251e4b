// A user agent on loopback and a peer that answers what it is asked, for the tests of trunks. One thread runs both.
#pragma once

#include <functional>
#include <string>

#include "controlplane/session/target_names.hpp"
#include "controlplane/signalling/sip/reply_endpoint.hpp"
#include "controlplane/signalling/sip/user_agent.hpp"
#include "fake_dns.hpp"
#include "sip/transport_world.hpp"

namespace sallyport::controlplane::test {

using sip::test::any_port;

/// The peer is a sip::Transport, and answers each request by `answer`; where that gives nothing, not at all.
class TrunkWorld : public sip::test::TransportWorld {
 public:
  TrunkWorld()
      : agent(io, {}, {}, "test",
              {.request =
                   [this](const std::shared_ptr<sip::ServerTransaction>& transaction) {
                     if (asked) asked(transaction);
                   },
               .closed =
                   [this](const sip::Flow& flow, const std::string&) {
                     if (lost) lost(flow);
                   }}) {
    agent.listen({sip::TransportKind::kUdp, any_port("127.0.0.1"), {}, {}});
    agent.listen({sip::TransportKind::kTcp, any_port("127.0.0.1"), {}, {}});
    agent.run();
  }

  Endpoint listen(sip::TransportKind kind, const char* address = "127.0.0.1") {
    return transport->listen(kind, any_port(address));
  }
  /// Lets both work until `done`, answering.
  bool serve(const std::function<bool()>& done) {
    return until([&] {
      for (; answered_ < messages.size(); ++answered_) reply(flows[answered_], messages[answered_]);
      return done();
    });
  }

  std::function<std::optional<sip::Message>(const sip::Message&)> answer = [](const sip::Message& request) {
    return std::optional(sip::Message::reply(request, 200, "peer"));
  };
  std::function<void(const sip::Flow&)> lost;  ///< the agent's connection
  /// A request to the agent.
  std::function<void(const std::shared_ptr<sip::ServerTransaction>&)> asked;
  sip::UserAgent agent;
  FakeDns dns{agent.timers()};
  TargetNames names{agent.timers(), dns};

 private:
  void reply(const sip::Flow& flow, const sip::Message& request) {
    const auto message = answer(request);
    if (message) transport->send(flow, sip::reply_endpoint(flow, request).value_or(flow.remote), message->to_text());
  }

  std::size_t answered_ = 0;
};

/// What answers every request with that status.
inline auto always(int status) {
  return [status](const sip::Message& request) { return std::optional(sip::Message::reply(request, status, "peer")); };
}

}  // namespace sallyport::controlplane::test
