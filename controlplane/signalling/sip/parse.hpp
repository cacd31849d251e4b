// From the text of one message to a Message, strictly: what RFC 3261 forbids is named, with the status it is answered
// with. Fuzzed. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "controlplane/signalling/sip/malformed.hpp"
#include "controlplane/signalling/sip/message.hpp"

namespace sallyport::controlplane::sip {

struct Parsed {
  /// Nothing: cannot even be answered. Where `status` is set it serves to be answered only.
  std::optional<Message> message;
  int status = 0;  ///< how a request is refused; 0: well-formed. A response with a problem is dropped.
  Malformed reason = Malformed::kNotSip;  ///< where it is not well-formed
  std::string problem;                    ///< "line 3: ...": what and where, without values that could be secret
};

/// `head`: start line and headers, up to and with the blank line or without it. `body`: as long as Content-Length says.
Parsed parse(std::string_view head, SecretString body);

/// Where a message's head ends: the offset behind the blank line, or nothing. Lines may end in CRLF or LF. `from`: no
/// blank line begins before that offset.
std::optional<std::size_t> head_size(std::string_view text, std::size_t from = 0) noexcept;

/// What the head says of the body's length. `status` as in Parsed.
struct BodyLength {
  std::optional<std::size_t> bytes;  ///< nothing: not said
  int status = 0;                    ///< 400: not a number, or said twice and differently; 413: beyond kMaxBody
};
BodyLength body_length(std::string_view head) noexcept;

}  // namespace sallyport::controlplane::sip
