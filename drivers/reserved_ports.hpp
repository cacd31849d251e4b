// Takes the media ports out of those that Linux gives to its own sockets (net.ipv4.ip_local_reserved_ports): a DNS
// query sent from one of them would have its answer taken for media. Several gateways of one network namespace may want
// the same ports, and may be killed: a record in the runtime folder says who wants what, and which ports we have added.
// Control thread.
#pragma once

#include <bitset>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "drivers/ip_address.hpp"

namespace sallyport::drivers {

using PortSet = std::bitset<65536>;

PortSet ports_in(PortRange range);
/// The kernel's list format, "8080,20000-39999"; nothing where the text is something else.
std::optional<PortSet> parse_port_list(std::string_view text);
std::string format_port_list(const PortSet& ports);

/// The record, and what follows from it for the kernel's list. A value, no files.
struct PortReservations {
  PortSet added;                         ///< by us, that were not reserved before
  std::map<std::string, PortSet> users;  ///< per interface

  /// Both return the kernel's new list.
  PortSet reserve(const PortSet& kernel, const std::string& user, PortRange range);
  PortSet release(const PortSet& kernel, const std::string& user);

  static PortReservations parse(std::string_view text);  ///< unreadable lines count as absent
  std::string format() const;
};

/// Keeps the ports reserved for as long as it lives.
class ReservedPorts {
 public:
  ReservedPorts(std::string interface, PortRange range);
  ~ReservedPorts();
  ReservedPorts(const ReservedPorts&) = delete;
  ReservedPorts& operator=(const ReservedPorts&) = delete;
  /// Whether the kernel took it; a container may not let us.
  bool in_force() const noexcept { return in_force_; }

 private:
  std::string interface_;
  bool in_force_ = false;
};

/// Gives back what a killed gateway reserved for an interface; says whether there was anything.
bool release_reserved_ports(const std::string& interface);

}  // namespace sallyport::drivers
