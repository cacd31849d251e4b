// A SIP message as a value: start line, header fields in order under their long names, body. Made by parse() from the
// wire or by the functions here, written by to_text(). Knows the fields' names, not their grammar (header_values.hpp).
// Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/secret_text.hpp"

namespace sallyport::controlplane::sip {

struct Header {
  std::string name;   ///< long form as RFC 3261 20 spells it ("Call-ID"), or as received where we do not know it
  std::string value;  ///< unfolded, without blanks at its ends
};

/// The long form of a header name in the usual spelling: "i" and "CALL-ID" are "Call-ID" (RFC 3261 7.3.3).
std::string canonical_name(std::string_view name);
bool same_name(std::string_view a, std::string_view b) noexcept;
/// What RFC 3261 21 calls a status, "Status" where we know none.
std::string_view reason_of(int status) noexcept;

class Message {
 public:
  /// Without headers.
  static Message request(std::string method, std::string uri);
  static Message response(int status, std::string reason = {});
  /// An answer to `request` with its Via, From, To, Call-ID and CSeq, Record-Route too below 300 (RFC 3261 8.2.6.2,
  /// 12.1.1). `to_tag` is added where To has none and the status is not 100.
  static Message reply(const Message& request, int status, std::string_view to_tag, std::string reason = {});

  bool is_request() const noexcept { return status_ == 0; }
  /// Of a request its own, of a response that of its CSeq.
  std::string_view method() const noexcept;
  const std::string& uri() const noexcept { return uri_; }
  void set_uri(std::string uri) { uri_ = std::move(uri); }
  int status() const noexcept { return status_; }
  const std::string& reason() const noexcept { return reason_; }

  const std::vector<Header>& headers() const noexcept { return headers_; }
  /// The first field of that (long) name, or null.
  const std::string* first(std::string_view name) const noexcept;
  /// The first field's value, empty where there is none.
  std::string_view value(std::string_view name) const noexcept;
  /// Via, Route, Record-Route, Contact and other lists have one element each.
  std::vector<std::string_view> all(std::string_view name) const;
  void add(std::string_view name, std::string value);
  /// Before all others, as Via and Record-Route are added on the way.
  void prepend(std::string_view name, std::string value);
  /// Replaces the first field of that name, or adds one.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);

  const SecretString& body() const noexcept { return body_; }
  /// May hold keys: it is wiped when the message goes.
  void set_body(std::string_view content_type, SecretString body);

  /// As it goes on the wire, Content-Length included. Holds the body, so it is secret too.
  SecretString to_text() const;
  /// "INVITE sip:bob@example.com", "486 Busy Here (INVITE)": for logs, never with a body.
  std::string summary() const;

 private:
  std::string method_;
  std::string uri_;
  int status_ = 0;
  std::string reason_;
  std::vector<Header> headers_;
  SecretString body_;

  friend class MessageReader;
};

}  // namespace sallyport::controlplane::sip
