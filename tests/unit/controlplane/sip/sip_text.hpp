// Short ways to messages and flows for the tests of SIP.
#pragma once

#include <string>
#include <string_view>

#include "controlplane/signalling/sip/flow.hpp"
#include "controlplane/signalling/sip/message.hpp"
#include "controlplane/signalling/sip/parse.hpp"

namespace sallyport::controlplane::sip::test {

inline SecretString secret(std::string_view text) { return SecretString(text); }

inline Flow flow_of(TransportKind kind, FlowId id, const char* remote = "192.0.2.9:5060") {
  return {id, kind, Endpoint::parse("192.0.2.1:5060").value(), Endpoint::parse(remote).value(), nullptr};
}

/// A request's text; `via`: what stands behind "SIP/2.0/".
inline std::string request_text(std::string_view method, std::string_view via = "UDP 192.0.2.9;branch=z9hG4bKone",
                                std::string_view cseq = "1", std::string_view to_tag = {}) {
  std::string text(method);
  text.append(" sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/").append(via);
  text.append("\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.com>;tag=a1\r\nTo: <sip:bob@example.com>");
  if (!to_tag.empty()) text.append(";tag=").append(to_tag);
  text.append("\r\nCall-ID: call1\r\nCSeq: ").append(cseq).append(" ").append(method);
  return text.append("\r\nContent-Length: 0\r\n\r\n");
}

/// The message of a text that is well-formed: the test ends where it is not.
inline Message message_of(std::string_view text) {
  const std::size_t head = head_size(text).value();
  Parsed parsed = parse(text.substr(0, head), secret(text.substr(head)));
  if (parsed.status != 0) throw std::runtime_error(parsed.problem);
  return std::move(parsed.message).value();
}

}  // namespace sallyport::controlplane::sip::test
