// How everything that is not media reaches Linux, which owns the addresses, ARP, ND, ICMP, TCP and every socket.
//   shared: the port is a Linux interface. XDP passes (or AF_PACKET leaves) the rest to the kernel, which never sees
//           media: XDP redirects it, or an nft ingress rule drops it; an nft input rule drops media fragments silently;
//           the media range is taken out of the ephemeral ports. No punt code runs.
//   TAP:    the port belongs to DPDK. A TAP interface with the port's MAC and addresses is its twin; the punt stage
//   moves
//           frames both ways.
//   none:   nobody answers ARP or ping (rings, pcap, labs).
// Built and undone on the control thread.
#pragma once

#include <memory>
#include <string>

#include "drivers/eth_port.hpp"
#include "drivers/mbuf_pool.hpp"

namespace sallyport::drivers {

class KernelPath {
 public:
  virtual ~KernelPath() = default;
  virtual KernelPathKind kind() const noexcept = 0;
  /// For the user: what was installed where.
  virtual const std::string& description() const noexcept = 0;
  /// The Linux interface whose routes and neighbours hold for this port; empty for none.
  virtual const std::string& interface() const noexcept = 0;
  /// TAP form: the twin's device with one queue per worker, else null. Owned by this object.
  virtual const EthPort* twin() const noexcept { return nullptr; }
};

/// What kAuto stands for: shared for Linux interfaces, TAP for NICs and memif, none for rings and pcap files.
KernelPathKind effective_kernel_path(const PortOptions& options);

/// Builds the kernel path for a started port (`port.options().kernel_path`). `queues`: of the twin, as many
/// as the port has: a queue that no worker polls would swallow what Linux puts there.
/// A killed predecessor's rules for the same port are replaced. Throws SetupError. Must die before the port.
std::unique_ptr<KernelPath> make_kernel_path(const EthPort& port, unsigned queues, MbufPool& pool);

/// Removes what a killed predecessor left for this port (XDP program, nft tables, reserved ports, memif socket);
/// returns a line for the log per thing removed. Call it before the port is made, or after it died (an orderly end
/// leaves nothing). Throws SetupError where a living gateway, this one included, has the interface.
std::vector<std::string> remove_leftovers(const PortOptions& options);

}  // namespace sallyport::drivers
