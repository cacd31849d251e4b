#include "drivers/ring_port.hpp"

#include <rte_errno.h>
#include <rte_lcore.h>

#include <array>

#include "crypto/error.hpp"

namespace sallyport::drivers {
namespace {

std::string ring_name(const std::string& port, const char* direction, std::size_t queue) {
  return "rp_" + port + direction + std::to_string(queue);
}

rte_ring* make_ring(const std::string& name, unsigned slots) {
  rte_ring* ring = rte_ring_create(name.c_str(), slots, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
  if (ring == nullptr) {
    throw SetupError("cannot make ring '" + name + "' with " + std::to_string(slots) +
                     " slots: " + rte_strerror(rte_errno));
  }
  return ring;
}

void drain_and_free(rte_ring* ring) noexcept {
  std::array<void*, 64> packets;
  while (const unsigned count = rte_ring_dequeue_burst(ring, packets.data(), packets.size(), nullptr)) {
    for (unsigned i = 0; i < count; ++i) rte_pktmbuf_free(static_cast<rte_mbuf*>(packets[i]));
  }
  rte_ring_free(ring);
}

}  // namespace

RingPort::RingPort(const std::string& name, unsigned queues, unsigned slots) : name_(name) {
  constexpr std::size_t kLongestName = 16;  // DPDK keeps 29 characters of a ring's name
  if (name.empty() || name.size() > kLongestName)
    throw SetupError("ring port '" + name + "': expected a name of 1 to 16 characters");
  for (unsigned queue = 0; queue < queues; ++queue) {
    rings_.to_port.push_back(make_ring(ring_name(name, "_to", queue), slots));
    rings_.from_port.push_back(make_ring(ring_name(name, "_from", queue), slots));
  }
}

RingPort::~RingPort() {
  for (rte_ring* ring : rings_.to_port) drain_and_free(ring);
  for (rte_ring* ring : rings_.from_port) drain_and_free(ring);
}

unsigned RingPort::inject(rte_mbuf** packets, unsigned count, unsigned queue) noexcept {
  return rte_ring_enqueue_burst(rings_.to_port[queue], reinterpret_cast<void**>(packets), count, nullptr);
}

unsigned RingPort::collect(rte_mbuf** packets, unsigned count, unsigned queue) noexcept {
  return rte_ring_dequeue_burst(rings_.from_port[queue], reinterpret_cast<void**>(packets), count, nullptr);
}

RingPortRings find_ring_port(const std::string& name) {
  RingPortRings rings;
  for (;;) {
    rte_ring* to_port = rte_ring_lookup(ring_name(name, "_to", rings.to_port.size()).c_str());
    rte_ring* from_port = rte_ring_lookup(ring_name(name, "_from", rings.from_port.size()).c_str());
    if (to_port == nullptr || from_port == nullptr) return rings;
    rings.to_port.push_back(to_port);
    rings.from_port.push_back(from_port);
  }
}

}  // namespace sallyport::drivers
