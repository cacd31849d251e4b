// URIs of RFC 3261 19.1 and 25.1, see header_values.hpp.
#include <algorithm>
#include <cstdint>

#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/host_text.hpp"
#include "controlplane/signalling/sip/text_cursor.hpp"

namespace sallyport::controlplane::sip {
namespace {

constexpr CharSet is_unreserved("-_.!~*'()");
/// '#' is not among RFC 3261's, but phones dial it.
constexpr CharSet is_user_char("-_.!~*'()&=+$,;?/#");
constexpr CharSet is_parameter_char("-_.!~*'()[]/:&+$");
/// Header values of a URI: '@', ';' and '=' stand bare in what phones write as Replaces.
constexpr CharSet is_header_char("-_.!~*'()[]/?:+$@;=,");
constexpr CharSet is_scheme_char("+-.");
constexpr CharSet is_number_char("+-.()*#");

int hex_digit(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char small = lower_case(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/// The byte that "%HH" at the front of `text` stands for, or -1.
int escaped_byte(std::string_view text) noexcept {
  if (text.size() < 3 || text[0] != '%') return -1;
  const int high = hex_digit(text[1]);
  const int low = hex_digit(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/// Resolves the escapes of characters that need none, so that equal texts are equal (RFC 3261 19.1.4), and keeps the
/// others: the result may be written into a URI again, whatever was escaped in it. Nothing where a character does not
/// belong.
template <class Allowed>
std::optional<std::string> normal(std::string_view text, Allowed&& allowed) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (!allowed(text[i])) return std::nullopt;
      result += text[i];
      continue;
    }
    const int byte = escaped_byte(text.substr(i));
    if (byte < 0) return std::nullopt;
    if (is_unreserved(static_cast<char>(byte))) {
      result += static_cast<char>(byte);
    } else {
      result.append(text.substr(i, 3));
    }
    i += 2;
  }
  return result;
}

/// `text`: what stands between ";" and ";".
bool add_parameter(std::string_view text, Parameters& parameters) {
  const std::size_t equals = text.find('=');
  const auto name = normal(text.substr(0, equals), is_parameter_char);
  if (!name || name->empty()) return false;
  if (equals == std::string_view::npos) {
    parameters.emplace_back(lower_case(*name), std::string());
    return true;
  }
  auto value = normal(text.substr(equals + 1), is_parameter_char);
  if (!value || value->empty()) return false;
  parameters.emplace_back(lower_case(*name), std::move(*value));
  return true;
}

/// ";a=b;c", or nothing.
bool add_parameters(std::string_view text, Parameters& parameters) {
  while (!text.empty()) {
    if (text.front() != ';') return false;
    const std::size_t end = std::min(text.find(';', 1), text.size());
    if (!add_parameter(text.substr(1, end - 1), parameters)) return false;
    text.remove_prefix(end);
  }
  return true;
}

bool is_scheme(std::string_view text) noexcept {
  return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), is_scheme_char);
}

/// What no URI has anywhere: it would end the text that the URI stands in.
bool is_foreign(char c) noexcept {
  return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '<' || c == '>' || c == '"';
}

/// `rest`: behind "tel:".
bool read_tel(std::string_view rest, Uri& uri) {
  const std::size_t end = std::min(rest.find(';'), rest.size());
  const std::string_view number = rest.substr(0, end);
  const bool dialled = std::all_of(number.begin(), number.end(), is_number_char);
  uri.user = number;
  return !number.empty() && dialled && add_parameters(rest.substr(end), uri.parameters);
}

/// `rest`: behind "sip:" or "sips:". A user may have ";", "?" and "/" in it, a host ends at the first of ";" and "?".
bool read_sip(std::string_view rest, Uri& uri) {
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    const std::size_t colon = std::min(rest.find(':'), at);
    auto user = normal(rest.substr(0, colon), is_user_char);
    if (!user || user->empty()) return false;
    if (colon < at && !normal(rest.substr(colon + 1, at - colon - 1), is_user_char)) return false;
    uri.user = std::move(*user);
    rest.remove_prefix(at + 1);
  }
  const std::size_t host_end = std::min(rest.find_first_of(";?"), rest.size());
  TextCursor host(rest.substr(0, host_end));
  if (!take_host_and_port(host, uri.host, uri.port) || !host.at_end()) return false;
  uri.host = lower_case(uri.host);
  const std::size_t question = std::min(rest.find('?', host_end), rest.size());
  uri.has_headers = question < rest.size();
  return add_parameters(rest.substr(host_end, question - host_end), uri.parameters);
}

}  // namespace

std::optional<Uri> Uri::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return std::nullopt;
  if (colon + 1 == text.size() || std::any_of(text.begin(), text.end(), is_foreign)) return std::nullopt;
  Uri uri;
  uri.scheme = lower_case(text.substr(0, colon));
  uri.text = text;
  const std::string_view rest = text.substr(colon + 1);
  if (uri.scheme == "tel" && !read_tel(rest, uri)) return std::nullopt;
  if ((uri.scheme == "sip" || uri.scheme == "sips") && !read_sip(rest, uri)) return std::nullopt;
  return uri;
}

std::optional<std::string> Uri::header(std::string_view name) const {
  if (!has_headers) return std::nullopt;
  const std::string_view whole = text;
  const std::size_t at = whole.find('@');
  std::string_view rest = whole.substr(whole.find('?', at == std::string_view::npos ? 0 : at) + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view field = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = std::min(field.find('='), field.size());
    if (lower_case(field.substr(0, equals)) != lower_case(name)) continue;
    std::string value;
    for (std::size_t i = equals + 1; i < field.size(); ++i) {
      const int byte = field[i] == '%' ? escaped_byte(field.substr(i)) : static_cast<unsigned char>(field[i]);
      // A control character would make two header fields of one.
      if (byte < 0x20 || byte == 0x7f || (field[i] != '%' && !is_header_char(field[i]))) return std::nullopt;
      value += static_cast<char>(byte);
      if (field[i] == '%') i += 2;
    }
    return value;
  }
  return std::nullopt;
}

}  // namespace sallyport::controlplane::sip
