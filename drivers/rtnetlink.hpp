// Changes to interfaces, addresses and routes of this network namespace, through the kernel's netlink. Control thread.
#pragma once

#include <string>

#include "drivers/file_descriptor.hpp"
#include "drivers/ip_address.hpp"

namespace sallyport::drivers {

class Rtnetlink {
 public:
  /// Throws SetupError.
  Rtnetlink();

  // Every change throws SetupError where the kernel refuses it.
  void set_up(const std::string& interface, std::uint16_t mtu);
  /// IPv6 without duplicate address detection: usable at once.
  void add_address(const std::string& interface, const IpPrefix& prefix);
  /// 0.0.0.0/0 or ::/0 through `gateway`; a lower metric is preferred. False where a default route of that metric is
  /// there already: it is left alone.
  bool add_default_route(const std::string& interface, const IpAddress& gateway, unsigned metric);

 private:
  FileDescriptor socket_;
};

}  // namespace sallyport::drivers
