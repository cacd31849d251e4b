#include "controlplane/signalling/sip/header_values.hpp"

#include <algorithm>
#include <charconv>

#include "controlplane/signalling/sip/host_text.hpp"
#include "controlplane/signalling/sip/message.hpp"
#include "controlplane/signalling/sip/text_cursor.hpp"
#include "drivers/ip_address.hpp"

namespace sallyport::controlplane::sip {
namespace {

/// More than RFC 3261's token and host: tags in base64 are seen.
constexpr CharSet is_value_char("-.!%*_+`'~[]:/=?@&#$^|(){}");
constexpr CharSet is_host_char("-._");

/// What stands without quotes before "<": tokens, and names in UTF-8, which RFC 3261 wants quoted.
bool is_display_char(char c) noexcept {
  return is_token_char(c) || is_blank(c) || static_cast<unsigned char>(c) >= 0x80;
}

/// *(SEMI generic-param) up to the end.
std::optional<Parameters> take_parameters(TextCursor& text) {
  Parameters parameters;
  text.blanks();
  while (!text.at_end()) {
    if (!text.take_separator(';')) return std::nullopt;
    const std::string_view name = text.take_while(is_token_char);
    if (name.empty()) return std::nullopt;
    std::string_view value;
    if (text.take_separator('=')) {
      const auto quoted = text.take_quoted();
      value = quoted ? *quoted : text.take_while(is_value_char);
      if (value.empty()) return std::nullopt;
    }
    parameters.emplace_back(lower_case(name), value);
    text.blanks();
  }
  return parameters;
}

/// `quoted` has its quotes.
std::string unquoted(std::string_view quoted) {
  std::string text;
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] == '\\' && i + 2 < quoted.size()) ++i;
    text += quoted[i];
  }
  return text;
}

/// The display name, with the cursor at the "<" behind it; nothing where no "<" follows.
std::optional<std::string> take_display(TextCursor& text) {
  TextCursor ahead = text;
  if (const auto quoted = ahead.take_quoted()) {
    ahead.blanks();
    if (ahead.peek() != '<') return std::nullopt;
    text = ahead;
    return unquoted(*quoted);
  }
  const std::string_view name = ahead.take_while(is_display_char);
  if (ahead.peek() != '<') return std::nullopt;
  text = ahead;
  return std::string(trim(name));
}

}  // namespace

const std::string* find_parameter(const Parameters& parameters, std::string_view name) noexcept {
  const auto found =
      std::find_if(parameters.begin(), parameters.end(), [&](const auto& entry) { return entry.first == name; });
  return found == parameters.end() ? nullptr : &found->second;
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
}

std::optional<std::uint32_t> parse_count(std::string_view text, std::uint32_t max) noexcept {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

std::optional<std::vector<std::string_view>> split_list(std::string_view text) {
  std::vector<std::string_view> elements;
  bool quoted = false;
  bool bracketed = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    if (quoted && i < text.size()) {
      if (c == '\\' && i + 1 < text.size()) ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '<') {
      bracketed = true;
    } else if (c == '>') {
      bracketed = false;
    } else if (c == ',' && (!bracketed || i >= text.size())) {
      if (quoted || bracketed) return std::nullopt;
      const std::string_view element = trim(text.substr(start, std::min(i, text.size()) - start));
      if (element.empty()) return std::nullopt;
      elements.push_back(element);
      start = i + 1;
    }
  }
  return elements;
}

bool take_host_and_port(TextCursor& text, std::string& host, std::uint16_t& port) {
  if (text.take('[')) {
    const std::string_view address = text.take_while([](char c) { return c != ']'; });
    const auto parsed = drivers::IpAddress::parse(address);
    if (!text.take(']') || !parsed || !parsed->v6) return false;
    host = address;
  } else {
    host = text.take_while(is_host_char);
  }
  if (host.empty()) return false;
  if (!text.take_separator(':')) return true;
  const auto number = parse_count(text.take_while(is_digit), 65535);
  if (!number || *number == 0) return false;
  port = static_cast<std::uint16_t>(*number);
  return true;
}

std::optional<NameAddress> NameAddress::parse(std::string_view value) {
  TextCursor text(trim(value));
  NameAddress address;
  std::string_view uri_text;
  if (auto display = take_display(text)) {
    address.display = std::move(*display);
    text.take('<');
    uri_text = text.take_while([](char c) { return c != '>'; });
    if (!text.take('>')) return std::nullopt;
  } else {
    // Without brackets what comes behind ";" are the field's parameters, and "?" may not be (RFC 3261 20.10).
    uri_text = text.take_while([](char c) { return c != ';' && !is_blank(c); });
    if (uri_text.find_first_of(",?") != std::string_view::npos) return std::nullopt;
  }
  auto uri = Uri::parse(uri_text);
  auto parameters = take_parameters(text);
  if (!uri || !parameters) return std::nullopt;
  address.uri = std::move(*uri);
  address.parameters = std::move(*parameters);
  return address;
}

std::string_view NameAddress::tag() const noexcept {
  const std::string* found = find_parameter(parameters, "tag");
  return found == nullptr ? std::string_view{} : std::string_view(*found);
}

std::optional<Via> Via::parse(std::string_view value) {
  TextCursor text(trim(value));
  const std::string_view protocol = text.take_while(is_token_char);
  if (!same_name(protocol, "SIP") || !text.take_separator('/')) return std::nullopt;
  if (text.take_while(is_token_char) != "2.0" || !text.take_separator('/')) return std::nullopt;
  Via via;
  via.transport = text.take_while(is_token_char);
  for (char& c : via.transport) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (via.transport.empty() || !text.blanks() || !take_host_and_port(text, via.host, via.port)) return std::nullopt;
  auto parameters = take_parameters(text);
  if (!parameters) return std::nullopt;
  via.parameters = std::move(*parameters);
  return via;
}

std::string_view Via::branch() const noexcept {
  const std::string* found = find_parameter(parameters, "branch");
  return found == nullptr ? std::string_view{} : std::string_view(*found);
}

std::string Via::to_string() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string text = "SIP/2.0/" + transport + (v6 ? " [" : " ") + host + (v6 ? "]" : "");
  if (port != 0) text.append(":").append(std::to_string(port));
  for (const auto& [name, value] : parameters) {
    text.append(";").append(name);
    if (!value.empty()) text.append("=").append(value);
  }
  return text;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) continue;
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

std::string warning(std::string_view text) { return "399 sallyport " + quoted(text); }

std::string Via::sent_by() const { return lower_case(host) + ':' + std::to_string(port); }

std::optional<CSeq> CSeq::parse(std::string_view text) {
  const std::size_t blank = text.find_first_of(" \t");
  if (blank == std::string_view::npos) return std::nullopt;
  const auto number = parse_count(text.substr(0, blank), 0x7fffffff);
  const std::string_view method = trim(text.substr(blank));
  if (!number || !is_token(method)) return std::nullopt;
  return CSeq{*number, std::string(method)};
}

}  // namespace sallyport::controlplane::sip
