#include "perf/calls/callee.hpp"

#include <utility>

#include "perf/calls/sip_text.hpp"

namespace sallyport::call_load {

constexpr unsigned kFirstPort = 20'000;
constexpr unsigned kPorts = 20'000;

Callee::Callee(std::string address, unsigned port, std::string_view transport)
    : address_(std::move(address)), contact_("Contact: <sip:callee@" + address_ + ":" + std::to_string(port)) {
  contact_.append(transport == "TLS" ? ";transport=tls>\r\n" : ">\r\n");
}

void Callee::received(Channel& on, std::string_view text) {
  if (status_of(text) != 0) return;
  const std::string_view method = method_of(text);
  if (method == "ACK") return;
  std::string call(header(text, "Call-ID"));
  if (method == "INVITE") {
    auto [answer, fresh] = answers_.try_emplace(std::move(call));
    if (fresh) {
      const unsigned port = kFirstPort + 2 * (next_port_++ % kPorts);
      answer->second = response_to(text, "200 OK", "callee" + std::to_string(next_port_), contact_,
                                   sdp_answer(body_of(text), address_, port));
    }
    return on.send(answer->second);
  }
  if (method == "BYE") answers_.erase(call);
  on.send(response_to(text, "200 OK", "callee", {}, {}));
}

}  // namespace sallyport::call_load
