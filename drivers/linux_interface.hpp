// Facts about a network interface of this network namespace, asked from the kernel. Control thread.
#pragma once

#include <string>
#include <vector>

#include "drivers/ip_address.hpp"

namespace sallyport::drivers {

/// Index of an interface, 0 where there is none of that name.
unsigned interface_index(const std::string& interface) noexcept;

/// Whether the interface is up and has its carrier; false where there is none of that name.
bool interface_running(const std::string& interface) noexcept;

/// How many queues the interface spreads what it receives over.
struct InterfaceQueues {
  unsigned receive = 1;   ///< in use
  unsigned combined = 1;  ///< of them, those that AF_XDP can take as pairs
};
InterfaceQueues interface_queues(const std::string& interface) noexcept;

/// Those of `wanted` that the interface does not have.
std::vector<IpAddress> missing_addresses(const std::string& interface, const std::vector<IpPrefix>& wanted);

/// The kernel's number for this network namespace, never used twice until the next boot (Linux 5.14; 0 before that).
/// Interface names are unique only together with it.
std::string network_namespace_id();

}  // namespace sallyport::drivers
