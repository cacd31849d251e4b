#include "controlplane/config_values_sip.hpp"

#include <algorithm>
#include <array>

#include "controlplane/config_values.hpp"

namespace sallyport::controlplane {
namespace {

struct KindName {
  std::string_view prefix;
  sip::TransportKind kind;
  bool integrity_only;
};
constexpr std::array kKinds{
    KindName{"udp:", sip::TransportKind::kUdp, false}, KindName{"tcp:", sip::TransportKind::kTcp, false},
    KindName{"tls:", sip::TransportKind::kTls, false}, KindName{"tls-authenticated:", sip::TransportKind::kTls, true}};

const KindName* kind_of(std::string_view text) {
  const auto found =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const KindName& kind) { return text.starts_with(kind.prefix); });
  return found == kKinds.end() ? nullptr : &*found;
}

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// A name of DNS with at least one letter (RFC 1123 2.1), so that no mistyped address is one.
bool is_domain_name(std::string_view text) {
  if (text.empty() || text.size() > 253 || text.front() == '.' || text.back() == '.' ||
      text.find("..") != std::string_view::npos) {
    return false;
  }
  const std::string_view last = text.substr(text.rfind('.') + 1);
  return std::all_of(text.begin(), text.end(), [](char c) { return is_alphanumeric(c) || c == '-' || c == '.'; }) &&
         std::any_of(last.begin(), last.end(), [](char c) { return is_alphanumeric(c) && (c < '0' || c > '9'); });
}

/// "sip.example.net" or "sip.example.net:5070".
bool add_name(std::vector<TrunkTarget>& out, sip::TransportKind kind, std::string_view text) {
  TrunkTarget target;
  target.kind = kind;
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && !set_number<std::uint16_t>(target.port, text.substr(colon + 1), 1, 65'535)) {
    return false;
  }
  target.host = text.substr(0, colon);
  if (!is_domain_name(target.host)) return false;
  out.push_back(std::move(target));
  return true;
}

}  // namespace

bool add_listen(std::vector<SipListenConfig>& out, std::string_view text) {
  const KindName* kind = kind_of(text);
  if (kind == nullptr) return false;
  const auto local = Endpoint::parse(text.substr(kind->prefix.size()));
  if (!local || !is_host_address(local->address)) return false;
  out.push_back({kind->kind, kind->integrity_only, *local});
  return true;
}

bool add_target(std::vector<TrunkTarget>& out, std::string_view text) {
  const KindName* kind = kind_of(text);
  if (kind == nullptr || kind->integrity_only) return false;
  const std::string_view rest = text.substr(kind->prefix.size());
  auto remote = Endpoint::parse(rest);
  if (!remote) {
    const bool bracketed = rest.starts_with('[') && rest.ends_with(']');
    const auto address = drivers::IpAddress::parse(bracketed ? rest.substr(1, rest.size() - 2) : rest);
    if (!address) return add_name(out, kind->kind, rest);
    remote = Endpoint{*address, sip::default_port(kind->kind)};
  }
  if (!is_host_address(remote->address)) return false;
  out.push_back({kind->kind, *remote, {}, 0});
  return true;
}

bool set_resolver(std::optional<Endpoint>& out, std::string_view text) {
  constexpr std::uint16_t kDnsPort = 53;
  out = Endpoint::parse(text);
  const auto address = drivers::IpAddress::parse(text);
  if (address) out = Endpoint{*address, kDnsPort};
  return out && is_host_address(out->address);
}

bool set_dialled(std::string& out, std::string_view text, bool prefix) {
  std::string_view number = text;
  if (prefix && number.ends_with('*')) number.remove_suffix(1);
  const bool good = text.size() <= 64 && !text.empty() && std::all_of(number.begin(), number.end(), [](char c) {
                      return is_alphanumeric(c) || std::string_view("+#-_.").find(c) != std::string_view::npos;
                    });
  if (good) out = text;
  return good;
}

bool set_route_target(RouteConfig& out, std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 == text.size()) return false;
  const std::string_view name = text.substr(colon + 1);
  if (!set_choice<RouteConfig::Kind>(out.kind, text.substr(0, colon),
                                     {{"line", RouteConfig::Kind::kLine},
                                      {"trunk", RouteConfig::Kind::kTrunk},
                                      {"service", RouteConfig::Kind::kService}})) {
    return false;
  }
  if (out.kind == RouteConfig::Kind::kService && name != "moh" && name != "ivr" && name != "conference") return false;
  out.to = name;
  return true;
}

bool set_host_name(std::string& out, std::string_view text) {
  const bool good = !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alphanumeric(c) || std::string_view(".-:[]").find(c) != std::string_view::npos;
  });
  if (good) out = text;
  return good;
}

bool set_tls_policy(TlsPolicy& out, std::string_view text) {
  const TlsPolicyRow* row = find_tls_policy(text);
  if (row != nullptr) out = row->policy;
  return row != nullptr;
}

}  // namespace sallyport::controlplane
