// Strict readers of single configuration values: the whole text counts, nothing is guessed, what does not fit is false.
// Each writes its result only where it succeeds.
#pragma once

#include <charconv>
#include <chrono>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controlplane/config.hpp"

namespace sallyport::controlplane {

/// A decimal number in [min, max], digits only.
template <class T>
bool set_number(T& out, std::string_view text, T min, T max) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < min || value > max) return false;
  out = value;
  return true;
}

/// A duration as a decimal count of its own unit.
template <class Duration>
bool set_duration(Duration& out, std::string_view text, std::uint32_t min, std::uint32_t max) {
  std::uint32_t count = 0;
  if (!set_number(count, text, min, max)) return false;
  out = Duration(count);
  return true;
}

/// One word of a few.
template <class T>
bool set_choice(T& out, std::string_view text, std::initializer_list<std::pair<std::string_view, T>> choices) {
  for (const auto& [word, value] : choices) {
    if (word == text) {
      out = value;
      return true;
    }
  }
  return false;
}

/// What a type's own parse() says.
template <class T>
bool set_parsed(T& out, std::optional<T> value) {
  if (!value) return false;
  out = *value;
  return true;
}

bool set_yes_no(bool& out, std::string_view text);

/// "0,2" or "0-3" or both, sorted, each once; "all": every core this process may use.
bool set_cores(std::vector<unsigned>& out, std::string_view text);

/// "linux:IFACE", "pci:DDDD:BB:DD.F", "memif:/PATH" (perhaps with ",queues=N"), "ring:NAME", "pcap:IN,OUT".
bool set_device(drivers::PortOptions& out, std::string_view text);

/// A name that Linux takes for an interface.
bool is_interface_name(std::string_view text);

/// Absolute path that fits a UNIX socket address.
bool is_socket_path(std::string_view text);

/// An address of a host: neither unspecified nor multicast nor broadcast.
bool is_host_address(const drivers::IpAddress& address);

/// A MAC address of one station: neither zero nor multicast.
bool is_station(const drivers::MacAddress& mac);

/// "ADDRESS MAC".
std::optional<StaticNeighbour> parse_neighbour(std::string_view text);

/// "keep" or 0 to 63.
bool set_dscp(std::optional<std::uint8_t>& out, std::string_view text);

/// "random" or "0x1234abcd".
bool set_ssrc(std::optional<std::uint32_t>& out, std::string_view text);

}  // namespace sallyport::controlplane
