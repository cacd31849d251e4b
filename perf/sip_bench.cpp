// What SIP costs the control thread without its sockets: one message read, one call answered, one call placed. Aim: 20
// microseconds a message all in, so that 3,500 calls a second fit on one core.
#include <benchmark/benchmark.h>

#include <string>

#include "controlplane/signalling/sip/parse.hpp"
#include "controlplane/signalling/sip/transaction_layer.hpp"
#include "perf/work_timer.hpp"

namespace {

using namespace sallyport::controlplane;
using namespace sallyport::controlplane::sip;
using sallyport::perf::measure_us;

const Flow kFlow{1,
                 TransportKind::kTls,
                 {*sallyport::drivers::IpAddress::parse("192.0.2.1"), 5061},
                 {*sallyport::drivers::IpAddress::parse("192.0.2.9"), 5061},
                 nullptr};

/// As a phone sends it, with 500 bytes of body; `number` makes it another call.
std::string request(std::string_view method, std::uint64_t number, std::string_view branch, std::string_view body) {
  const std::string id = std::to_string(number);
  std::string text(method);
  text.append(" sip:bob@gw.example.com;transport=tls SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.9:5061;branch=z9hG4bK");
  text.append(branch).append(id).append(";rport\r\nMax-Forwards: 70\r\nFrom: \"Alice\" <sip:alice@example.com>;tag=a");
  text.append(id).append("\r\nTo: <sip:bob@example.com>\r\nCall-ID: ").append(id).append("-5f2c@192.0.2.9\r\nCSeq: 1 ");
  text.append(method).append("\r\nContact: <sip:alice@192.0.2.9:5061;transport=tls>\r\nUser-Agent: phone 1.0\r\n");
  text.append("Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, REFER\r\nSupported: replaces, timer\r\n");
  if (!body.empty()) text.append("Content-Type: application/sdp\r\n");
  return text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
}

Message read(std::string_view text) {
  const std::size_t head = head_size(text).value();
  return std::move(parse(text.substr(0, head), SecretString(text.substr(head))).message).value();
}

void read_invite(benchmark::State& state) {
  const std::string text = request("INVITE", 1, "i", std::string(500, 'v'));
  measure_us(state, [&] { benchmark::DoNotOptimize(read(text)); });
}
BENCHMARK(read_invite)->Name("sip/what:read_invite");

/// INVITE and ACK come, 100, 180 and 200 go: five messages.
void answer_call(benchmark::State& state) {
  TimerQueue timers{TimerQueue::TimePoint(std::chrono::hours(1))};
  std::shared_ptr<ServerTransaction> call;
  TransactionLayer layer(timers, TransactionTimes{},
                         [](const Flow&, const Endpoint&, const SecretString&) { return true; },
                         {.request = [&](const std::shared_ptr<ServerTransaction>& request) { call = request; },
                          .ack = [&](const Flow&, const Message&) { call->acknowledged(); }});
  const SecretString body(500, 'v');
  std::uint64_t number = 0;
  measure_us(state, [&] {
    layer.received(kFlow, read(request("INVITE", ++number, "i", std::string_view(body))));
    call->respond(100);
    call->respond(180);
    Message ok = call->reply(200);
    ok.set_body("application/sdp", body);
    call->respond(std::move(ok));
    layer.received(kFlow, read(request("ACK", number, "a", {})));
    timers.run(timers.now() + std::chrono::microseconds(300));
  });
}
BENCHMARK(answer_call)->Name("sip/what:answer_call");

/// INVITE goes, 100, 180 and 200 come: four messages.
void place_call(benchmark::State& state) {
  TimerQueue timers{TimerQueue::TimePoint(std::chrono::hours(1))};
  TransactionLayer layer(timers, TransactionTimes{},
                         [](const Flow&, const Endpoint&, const SecretString&) { return true; },
                         {.request = [](const auto&) {}, .ack = [](const Flow&, const Message&) {}});
  const Message offer = [] {
    Message message = read(request("INVITE", 1, "i", std::string(500, 'v')));
    message.remove("Via");
    return message;
  }();
  measure_us(state, [&] {
    const auto call =
        layer.request(kFlow, kFlow.remote, "192.0.2.1:5061", offer,
                      {.response = [](const Message& answer) { benchmark::DoNotOptimize(&answer); }, .failed = {}});
    for (const int status : {100, 180, 200}) {
      const SecretString answer = Message::reply(call->request(), status, "b").to_text();
      layer.received(kFlow, read(std::string_view(answer)));
    }
    timers.run(timers.now() + std::chrono::microseconds(300));
  });
}
BENCHMARK(place_call)->Name("sip/what:place_call");

}  // namespace

BENCHMARK_MAIN();
