#include "controlplane/config_values.hpp"

#include <sys/un.h>

#include <algorithm>

#include "drivers/topology.hpp"

namespace sallyport::controlplane {
namespace {

constexpr unsigned kMaxCore = 4095;
/// IFNAMSIZ without its terminator.
constexpr std::size_t kMaxInterfaceName = 15;

bool is_word(std::string_view text, std::size_t longest) {
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

/// DDDD:BB:DD.F, hexadecimal, as lspci -D prints it.
bool is_pci_address(std::string_view text) {
  constexpr std::string_view kShape = "hhhh:hh:hh.f";
  if (text.size() != kShape.size()) return false;
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const char c = text[i];
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    const bool fits = kShape[i] == 'h' ? hex : kShape[i] == 'f' ? (c >= '0' && c <= '7') : c == kShape[i];
    if (!fits) return false;
  }
  return true;
}

/// "/PATH" or "/PATH,queues=N".
bool is_memif(std::string_view text) {
  constexpr std::string_view kQueues = ",queues=";
  constexpr unsigned kMaxQueues = 64;
  const std::size_t comma = text.find(',');
  unsigned queues = 1;
  return is_socket_path(text.substr(0, comma)) &&
         (comma == std::string_view::npos || (text.substr(comma).starts_with(kQueues) &&
                                              set_number(queues, text.substr(comma + kQueues.size()), 1U, kMaxQueues)));
}

bool is_pcap_pair(std::string_view text) {
  const std::size_t comma = text.find(',');
  return comma != std::string_view::npos && comma > 0 && comma + 1 < text.size() &&
         text.find(',', comma + 1) == std::string_view::npos;
}

/// Adds "3" or "0-3".
bool add_core_range(std::vector<unsigned>& cores, std::string_view text) {
  const std::size_t dash = text.find('-');
  unsigned first = 0;
  if (!set_number(first, text.substr(0, dash), 0U, kMaxCore)) return false;
  unsigned last = first;
  if (dash != std::string_view::npos && !set_number(last, text.substr(dash + 1), first, kMaxCore)) return false;
  for (unsigned core = first; core <= last; ++core) cores.push_back(core);
  return true;
}

}  // namespace

bool set_yes_no(bool& out, std::string_view text) {
  return set_choice<bool>(out, text, {{"yes", true}, {"no", false}});
}

bool set_cores(std::vector<unsigned>& out, std::string_view text) {
  if (text == "all") {
    out = drivers::process_cores();
    return true;
  }
  std::vector<unsigned> cores;
  for (;;) {
    const std::size_t comma = text.find(',');
    if (!add_core_range(cores, text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  std::sort(cores.begin(), cores.end());
  if (std::adjacent_find(cores.begin(), cores.end()) != cores.end()) return false;
  out = std::move(cores);
  return true;
}

bool set_device(drivers::PortOptions& out, std::string_view text) {
  using drivers::DeviceKind;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  DeviceKind kind{};
  if (!set_choice<DeviceKind>(kind, text.substr(0, colon),
                              {{"linux", DeviceKind::kLinux},
                               {"pci", DeviceKind::kPci},
                               {"memif", DeviceKind::kMemif},
                               {"ring", DeviceKind::kRing},
                               {"pcap", DeviceKind::kPcap}})) {
    return false;
  }
  const std::string_view rest = text.substr(colon + 1);
  const bool fits = (kind == DeviceKind::kLinux && is_interface_name(rest)) ||
                    (kind == DeviceKind::kPci && is_pci_address(rest)) ||
                    (kind == DeviceKind::kMemif && is_memif(rest)) ||
                    (kind == DeviceKind::kRing && is_word(rest, kMaxInterfaceName)) ||
                    (kind == DeviceKind::kPcap && is_pcap_pair(rest));
  if (!fits) return false;
  out.kind = kind;
  out.device = rest;
  return true;
}

bool is_interface_name(std::string_view text) {
  return !text.empty() && text.size() <= kMaxInterfaceName && text != "." && text != ".." &&
         std::none_of(text.begin(), text.end(),
                      [](char c) { return c == '/' || c == ':' || c == ',' || static_cast<unsigned char>(c) <= ' '; });
}

bool is_socket_path(std::string_view text) {
  return text.size() > 1 && text.front() == '/' && text.back() != '/' && text.size() < sizeof(sockaddr_un::sun_path) &&
         text.find(',') == std::string_view::npos;
}

bool is_host_address(const drivers::IpAddress& address) {
  const auto& b = address.bytes;
  if (std::all_of(b.begin(), b.begin() + static_cast<std::ptrdiff_t>(address.length()),
                  [](auto x) { return x == 0; })) {
    return false;
  }
  // IPv6: ff00::/8 is multicast (RFC 4291 2.7). IPv4: 224.0.0.0/4 and what lies above it, with broadcast (RFC 1112 4,
  // RFC 6890).
  return address.v6 ? b[0] != 0xff : b[0] < 224 && b[0] != 0;
}

bool is_station(const drivers::MacAddress& mac) {
  constexpr std::uint8_t kGroupBit = 0x01;
  return mac != drivers::MacAddress{} && (mac.bytes[0] & kGroupBit) == 0;
}

std::optional<StaticNeighbour> parse_neighbour(std::string_view text) {
  const std::size_t space = std::min(text.find_first_of(" \t"), text.size());
  const std::size_t mac_at = std::min(text.find_first_not_of(" \t", space), text.size());
  const auto address = drivers::IpAddress::parse(text.substr(0, space));
  const auto mac = drivers::MacAddress::parse(text.substr(mac_at));
  if (!address || !mac || !is_host_address(*address) || !is_station(*mac)) return std::nullopt;
  return StaticNeighbour{*address, *mac};
}

bool set_dscp(std::optional<std::uint8_t>& out, std::string_view text) {
  constexpr std::uint8_t kMaxDscp = 63;
  if (text == "keep") {
    out.reset();
    return true;
  }
  std::uint8_t value = 0;
  if (!set_number<std::uint8_t>(value, text, 0, kMaxDscp)) return false;
  out = value;
  return true;
}

bool set_ssrc(std::optional<std::uint32_t>& out, std::string_view text) {
  if (text == "random") {
    out.reset();
    return true;
  }
  if (!text.starts_with("0x") || text.size() < 3 || text.size() > 10) return false;
  text.remove_prefix(2);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return false;
  out = value;
  return true;
}

}  // namespace sallyport::controlplane
