// The grammar of single header values: URIs, addresses with parameters, Via, CSeq. What does not parse is nothing. Our
// own: libosip2 ends texts at an escaped NUL and takes blanks and quotes for parts of a host. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::controlplane::sip {

/// In order; names in lower case, a parameter without a value has an empty one. Those of header fields are as they
/// were, quotes included; those of URIs have only the escapes that they need.
using Parameters = std::vector<std::pair<std::string, std::string>>;

/// The first parameter of that (lower case) name, or null.
const std::string* find_parameter(const Parameters& parameters, std::string_view name) noexcept;

/// RFC 3261 19.1. Schemes other than sip, sips and tel are kept as they are, with only `scheme` and `text` set.
struct Uri {
  std::string scheme;  ///< lower case
  /// Without a password; the number of a tel URI. Escaped where it must be and nowhere else ("%61lice" is "alice",
  /// "%00" stays), so that it may be written into another URI.
  std::string user;
  std::string host;        ///< lower case, IPv6 without brackets
  std::uint16_t port = 0;  ///< 0: none given
  Parameters parameters;
  bool has_headers = false;  ///< "?Replaces=..."
  std::string text;          ///< the whole as it was

  static std::optional<Uri> parse(std::string_view text);
  /// The value of a "?name=value" header, unescaped (RFC 3261 19.1.1); nothing where there is none, or where it is no
  /// header value.
  std::optional<std::string> header(std::string_view name) const;
};

/// From, To, Contact, Route, Refer-To: name-addr or addr-spec with parameters (RFC 3261 20.10).
struct NameAddress {
  std::string display;  ///< without quotes, its quoted pairs resolved
  Uri uri;
  Parameters parameters;

  static std::optional<NameAddress> parse(std::string_view text);
  /// Empty where there is none.
  std::string_view tag() const noexcept;
};

/// One element of Via (RFC 3261 20.42, 18.2).
struct Via {
  std::string transport;  ///< upper case
  std::string host;       ///< IPv6 without brackets
  std::uint16_t port = 0;
  Parameters parameters;

  static std::optional<Via> parse(std::string_view text);
  /// Empty where there is none.
  std::string_view branch() const noexcept;
  /// As a header value again.
  std::string to_string() const;
  /// Host and port as they identify the sender within a branch (RFC 3261 17.2.3).
  std::string sent_by() const;
};

struct CSeq {
  std::uint32_t number = 0;
  std::string method;

  /// At most 2^31 - 1 (RFC 3261 8.1.1.5).
  static std::optional<CSeq> parse(std::string_view text);
};

/// Digits only, at most `max`.
std::optional<std::uint32_t> parse_count(std::string_view text, std::uint32_t max) noexcept;
/// The elements of a comma-separated list, without blanks around them; commas in quotes and angle brackets do not
/// separate. Nothing where a quote or bracket is not closed, or an element is empty.
std::optional<std::vector<std::string_view>> split_list(std::string_view text);
/// As a quoted string (RFC 3261 25.1): what would end it is escaped, control characters are left out.
std::string quoted(std::string_view text);
/// The value of a Warning of ours (RFC 3261 20.43), for people.
std::string warning(std::string_view text);
/// Without blanks at both ends.
std::string_view trim(std::string_view text) noexcept;
/// Of the characters of RFC 3261 25.1's token.
bool is_token(std::string_view text) noexcept;

}  // namespace sallyport::controlplane::sip
