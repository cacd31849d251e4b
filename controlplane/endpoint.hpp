// An IP address with a port. A value; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "drivers/ip_address.hpp"

namespace sallyport::controlplane {

/// "192.0.2.1:20000" or "[2001:db8::1]:20000".
struct Endpoint {
  drivers::IpAddress address;
  std::uint16_t port = 0;

  static std::optional<Endpoint> parse(std::string_view text);
  std::string to_string() const;
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace sallyport::controlplane
