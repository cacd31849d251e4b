#include "controlplane/next_hop.hpp"

#include <algorithm>

namespace sallyport::controlplane {

bool on_link(const drivers::PortOptions& port, const drivers::IpAddress& address) {
  return std::any_of(port.addresses.begin(), port.addresses.end(),
                     [&](const auto& prefix) { return prefix.contains(address); });
}

std::optional<drivers::IpAddress> gateway_for(const drivers::PortOptions& port, const drivers::IpAddress& address) {
  if (on_link(port, address)) return std::nullopt;
  for (const drivers::IpAddress& gateway : port.gateways) {
    if (gateway.v6 == address.v6) return gateway;
  }
  return std::nullopt;
}

std::optional<drivers::IpAddress> next_hop(const drivers::PortOptions& port, const drivers::IpAddress& address) {
  return on_link(port, address) ? address : gateway_for(port, address);
}

}  // namespace sallyport::controlplane
