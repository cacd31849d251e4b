// Which neighbour a packet goes to, as far as the configuration alone says.
#pragma once

#include <optional>

#include "drivers/eth_port.hpp"

namespace sallyport::controlplane {

/// Whether `address` is on the link of one of the port's addresses.
bool on_link(const drivers::PortOptions& port, const drivers::IpAddress& address);

/// The port's gateway for `address`; nothing where it is on-link, or where no gateway of its family is configured.
std::optional<drivers::IpAddress> gateway_for(const drivers::PortOptions& port, const drivers::IpAddress& address);

/// `address` itself where it is on-link, else the gateway; nothing where only Linux's routes can tell.
std::optional<drivers::IpAddress> next_hop(const drivers::PortOptions& port, const drivers::IpAddress& address);

}  // namespace sallyport::controlplane
