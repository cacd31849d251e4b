// The far end of a port that is made of rings: what a cable's other end is to a NIC. Tests and benches make one, then
// an EthPort of DeviceKind::kRing whose `device` is its name, and play the network. Owns the rings; must outlive the
// port. One thread per queue and direction.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <string>
#include <vector>

namespace sallyport::drivers {

/// The rings behind a ring port, one per queue, as the port needs them. Not owned.
struct RingPortRings {
  std::vector<rte_ring*> to_port;
  std::vector<rte_ring*> from_port;
};

class RingPort {
 public:
  /// `name`: at most 16 characters. `slots`: a power of two; a ring holds one packet less. Throws SetupError.
  RingPort(const std::string& name, unsigned queues, unsigned slots = 4096);
  /// Frees the packets that are still in the rings, and the rings.
  ~RingPort();
  RingPort(const RingPort&) = delete;
  RingPort& operator=(const RingPort&) = delete;

  const std::string& name() const noexcept { return name_; }
  /// Puts packets where the port receives them; ownership goes with those that fit (the first ones). Returns how many.
  unsigned inject(rte_mbuf** packets, unsigned count, unsigned queue = 0) noexcept;
  /// Takes what the port has sent, and its ownership. Returns how many.
  unsigned collect(rte_mbuf** packets, unsigned count, unsigned queue = 0) noexcept;

 private:
  std::string name_;
  RingPortRings rings_;
};

/// The rings of a living RingPort; empty where there is none of that name.
RingPortRings find_ring_port(const std::string& name);

}  // namespace sallyport::drivers
