// IP and MAC addresses and prefixes as values, parsed and printed in one place. Knows no sockets.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::drivers {

/// An IPv4 or IPv6 address in network byte order; IPv4 fills the first 4 bytes.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};
  bool v6 = false;

  static std::optional<IpAddress> parse(std::string_view text);
  std::string to_string() const;
  std::size_t length() const noexcept { return v6 ? 16 : 4; }
  auto operator<=>(const IpAddress&) const = default;
};

/// An address of ours with the length of its on-link prefix, as in "192.0.2.1/24".
struct IpPrefix {
  IpAddress address;
  std::uint8_t length = 0;

  static std::optional<IpPrefix> parse(std::string_view text);
  std::string to_string() const;
  /// Whether `other` is on this link.
  bool contains(const IpAddress& other) const noexcept;
  auto operator<=>(const IpPrefix&) const = default;
};

struct MacAddress {
  std::array<std::uint8_t, 6> bytes{};

  static std::optional<MacAddress> parse(std::string_view text);
  std::string to_string() const;
  auto operator<=>(const MacAddress&) const = default;
};

/// First and last UDP port, both included.
struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;

  static std::optional<PortRange> parse(std::string_view text);  ///< "20000-39999"
  bool contains(std::uint16_t port) const noexcept { return port >= first && port <= last; }
  auto operator<=>(const PortRange&) const = default;
};

}  // namespace sallyport::drivers
