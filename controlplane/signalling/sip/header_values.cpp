#include "controlplane/signalling/sip/header_values.hpp"

#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace sallyport::controlplane::sip {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* pointer) const noexcept {
    Free(pointer);
  }
};
using OsipUri = std::unique_ptr<osip_uri_t, Freer<osip_uri_free>>;
using OsipAddress = std::unique_ptr<osip_from_t, Freer<osip_from_free>>;
using OsipVia = std::unique_ptr<osip_via_t, Freer<osip_via_free>>;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

std::string text_of(const char* text) { return text == nullptr ? std::string() : std::string(text); }

bool set_port(std::uint16_t& port, const char* text) {
  if (text == nullptr) return true;
  const auto value = parse_count(text, 65535);
  if (!value || *value == 0) return false;
  port = static_cast<std::uint16_t>(*value);
  return true;
}

std::string unquoted(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

Parameters parameters_of(const osip_list_t& list) {
  Parameters result;
  osip_list_iterator_t at;
  for (auto* item = static_cast<osip_uri_param_t*>(osip_list_get_first(&list, &at)); item != nullptr;
       item = static_cast<osip_uri_param_t*>(osip_list_get_next(&at))) {
    result.emplace_back(lower(text_of(item->gname)), text_of(item->gvalue));
  }
  return result;
}

std::optional<Uri> uri_of(const osip_uri_t& parsed, std::string_view text) {
  Uri uri;
  uri.text = text;
  uri.scheme = lower(text_of(parsed.scheme));
  if (parsed.string != nullptr) {
    if (uri.scheme == "tel") uri.user = std::string(parsed.string).substr(0, std::string_view(parsed.string).find(';'));
    return uri;
  }
  uri.user = text_of(parsed.username);
  uri.host = lower(text_of(parsed.host));
  if (uri.host.empty() || !set_port(uri.port, parsed.port)) return std::nullopt;
  uri.parameters = parameters_of(parsed.url_params);
  uri.has_headers = osip_list_size(&parsed.url_headers) > 0;
  return uri;
}

bool is_scheme(std::string_view text) noexcept {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  });
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
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-.!%*_+`'~").find(c) != std::string_view::npos;
  });
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
      if (c == '\\') ++i;
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

std::optional<Uri> Uri::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) return std::nullopt;
  const std::string scheme = lower(text.substr(0, colon));
  if (scheme != "sip" && scheme != "sips" && scheme != "tel") {
    Uri other;
    other.scheme = scheme;
    other.text = text;
    return other;
  }
  osip_uri_t* made = nullptr;
  if (osip_uri_init(&made) != 0) return std::nullopt;
  const OsipUri parsed(made);
  if (osip_uri_parse(parsed.get(), std::string(text).c_str()) != 0) return std::nullopt;
  return uri_of(*parsed, text);
}

std::optional<std::string> Uri::header(std::string_view name) const {
  if (!has_headers) return std::nullopt;
  osip_uri_t* made = nullptr;
  if (osip_uri_init(&made) != 0) return std::nullopt;
  const OsipUri parsed(made);
  if (osip_uri_parse(parsed.get(), text.c_str()) != 0) return std::nullopt;
  const Parameters headers = parameters_of(parsed->url_headers);
  const std::string* value = find_parameter(headers, lower(name));
  return value == nullptr ? std::nullopt : std::optional(*value);
}

std::optional<NameAddress> NameAddress::parse(std::string_view text) {
  osip_from_t* made = nullptr;
  if (osip_from_init(&made) != 0) return std::nullopt;
  const OsipAddress parsed(made);
  if (osip_from_parse(parsed.get(), std::string(text).c_str()) != 0 || parsed->url == nullptr) return std::nullopt;
  char* shown = nullptr;
  if (osip_uri_to_str(parsed->url, &shown) != 0) return std::nullopt;
  const std::string uri_text = text_of(shown);
  osip_free(shown);
  auto uri = uri_of(*parsed->url, uri_text);
  if (!uri) return std::nullopt;
  return NameAddress{unquoted(text_of(parsed->displayname)), std::move(*uri), parameters_of(parsed->gen_params)};
}

std::string_view NameAddress::tag() const noexcept {
  const std::string* found = find_parameter(parameters, "tag");
  return found == nullptr ? std::string_view{} : std::string_view(*found);
}

std::optional<Via> Via::parse(std::string_view text) {
  osip_via_t* made = nullptr;
  if (osip_via_init(&made) != 0) return std::nullopt;
  const OsipVia parsed(made);
  const std::string copy(text);
  if (osip_via_parse(parsed.get(), copy.c_str()) != 0) return std::nullopt;
  Via via;
  via.transport = text_of(parsed->protocol);
  std::transform(via.transport.begin(), via.transport.end(), via.transport.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  via.host = text_of(parsed->host);
  if (via.host.empty() || text_of(parsed->version) != "2.0" || !set_port(via.port, parsed->port)) return std::nullopt;
  via.parameters = parameters_of(parsed->via_params);
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

std::string Via::sent_by() const { return lower(host) + ':' + std::to_string(port); }

std::optional<CSeq> CSeq::parse(std::string_view text) {
  const std::size_t blank = text.find_first_of(" \t");
  if (blank == std::string_view::npos) return std::nullopt;
  const auto number = parse_count(text.substr(0, blank), 0x7fffffff);
  const std::string_view method = trim(text.substr(blank));
  if (!number || !is_token(method)) return std::nullopt;
  return CSeq{*number, std::string(method)};
}

}  // namespace sallyport::controlplane::sip
