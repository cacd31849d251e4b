// sallyport-call-load: both ends of calls through a gateway, over UDP or TLS, with SDES keys or without; media are
// negotiated and not sent. Prints what became of the calls as one JSON object. The exit status is 0 where all were
// completed, 1 where some were not, 2 where nothing could be tried.
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "perf/calls/callee.hpp"
#include "perf/calls/callers.hpp"

namespace {

using namespace sallyport::call_load;
namespace asio = boost::asio;

double part(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

nlohmann::json json_of(Verdict verdict) {
  std::sort(verdict.setup_ms.begin(), verdict.setup_ms.end());
  return {{"placed", verdict.placed},
          {"completed", verdict.completed},
          {"failed", verdict.failed},
          {"retransmitted", verdict.retransmitted},
          {"most_up", verdict.most_up},
          {"seconds", verdict.seconds},
          {"placed_per_second", static_cast<double>(verdict.placed) / verdict.placing_seconds},
          {"setup_ms",
           {{"p50", part(verdict.setup_ms, 0.5)},
            {"p99", part(verdict.setup_ms, 0.99)},
            {"p999", part(verdict.setup_ms, 0.999)},
            {"max", part(verdict.setup_ms, 1)}}}};
}

asio::ssl::context tls_context(const Options& options) {
  asio::ssl::context tls(asio::ssl::context::tls);
  // Who the gateway is, its configuration says: what is measured here is how fast it is.
  tls.set_verify_mode(asio::ssl::verify_none);
  if (options.tls) {
    tls.use_certificate_chain_file(options.certificate);
    tls.use_private_key_file(options.key, asio::ssl::context::pem);
  }
  return tls;
}

int run(const Options& options) {
  asio::io_context io(1);
  asio::ssl::context tls = tls_context(options);
  Callee callee(options.answer.address().to_string(), options.answer.port(), options.tls ? "TLS" : "UDP");
  const auto at_callee = [&callee](Channel& on, std::string_view text) { callee.received(on, text); };
  Callers* placing = nullptr;
  const auto at_callers = [&placing](Channel&, std::string_view text) {
    if (placing != nullptr) placing->received(text);
  };
  std::vector<std::shared_ptr<Channel>> channels;
  std::unique_ptr<Channel> answering;
  if (options.tls) {
    accept_tls(io, tls, options.answer, at_callee);
    for (std::size_t i = 0; i < options.connections; ++i)
      channels.push_back(connect_tls(io, tls, options.from.address(), options.gateway, at_callers));
  } else {
    answering = open_udp(io, options.answer, options.gateway, at_callee);
    channels.push_back(open_udp(io, options.from, options.gateway, at_callers));
  }
  std::vector<Channel*> all;
  for (const auto& channel : channels) all.push_back(channel.get());
  Callers callers(io, options, all);
  placing = &callers;
  callers.start([&io] { io.stop(); });
  io.run();
  std::cout << json_of(callers.verdict()).dump(2) << '\n';
  return callers.verdict().completed == options.calls ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto options = parse_options(argc, argv);
    return options ? run(*options) : 0;
  } catch (const std::exception& error) {
    std::cerr << "sallyport-call-load: " << error.what() << '\n';
    return 2;
  }
}
