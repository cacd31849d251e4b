// What DPDK has to be told to make a port's virtual device: its name and its arguments. Pure functions; the values come
// from the configuration, so everything that could break out of DPDK's "key=value,..." syntax is refused here.
#pragma once

#include <string>

#include "drivers/eth_port.hpp"

namespace sallyport::drivers {

struct VirtualDevice {
  std::string name;  ///< begins with the driver's name, unique in the process
  std::string args;
};

/// AF_XDP with the program at `program_path` on the interface's first `queues` queues.
VirtualDevice af_xdp_device(const PortOptions& options, unsigned queues, const std::string& program_path);

/// AF_PACKET with one queue: its fan-out is by 5-tuple and spills over, so more would not steer anything.
VirtualDevice af_packet_device(const PortOptions& options);

VirtualDevice memif_device(const PortOptions& options, const MacAddress& mac);

/// options.device is "in.pcap,out.pcap".
VirtualDevice pcap_device(const PortOptions& options);

VirtualDevice tap_device(const std::string& interface, const MacAddress& mac);

/// memif: options.device is "PATH" or "PATH,queues=N". net_memif trusts the peer to have as many queues as we have, so
/// the number is part of what both ends agree on, and 1 unless said otherwise.
struct MemifSocket {
  std::string path;
  unsigned queues = 1;
};
MemifSocket memif_socket(const PortOptions& options);

}  // namespace sallyport::drivers
