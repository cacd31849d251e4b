#include "controlplane/signalling/sip/reply_endpoint.hpp"

#include "controlplane/signalling/sip/header_values.hpp"

namespace sallyport::controlplane::sip {

std::optional<Endpoint> reply_endpoint(const Flow& flow, const Message& request) {
  const auto via = Via::parse(request.value("Via"));
  if (!via) return std::nullopt;
  // The address is always the one that it came from: an answer to what a Via claims would serve to flood others.
  const bool by_rport = find_parameter(via->parameters, "rport") != nullptr;
  const std::uint16_t port = via->port == 0 ? default_port(flow.kind) : via->port;
  return Endpoint{flow.remote.address, by_rport ? flow.remote.port : port};
}

}  // namespace sallyport::controlplane::sip
