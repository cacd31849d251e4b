// Who counts as one peer where limits are kept. A pure function; any thread.
#pragma once

#include <algorithm>

#include "drivers/ip_address.hpp"

namespace sallyport::controlplane::sip {

/// An IPv4 address, or the /64 of an IPv6 one, of which a single host has all that it wants.
inline drivers::IpAddress peer_address(drivers::IpAddress address) {
  if (address.v6) std::fill(address.bytes.begin() + 8, address.bytes.end(), std::uint8_t{0});
  return address;
}

}  // namespace sallyport::controlplane::sip
