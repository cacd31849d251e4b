// Whole Ethernet frames through a port of DPDK, from a thread that polls: over shared memory, the fastest way between
// two processes of a host (memif), or through a NIC. Own MAC and IP addresses, a fixed peer MAC address; answers no
// ARP.
#pragma once

#include <array>

#include "dataplane/net_headers.hpp"
#include "drivers/eth_port.hpp"
#include "drivers/mbuf_pool.hpp"
#include "perf/load/link.hpp"
#include "perf/load/options.hpp"

namespace sallyport::load {

class PortLink : public Link {
 public:
  /// `pool` outlives the link. A client of memif waits for the server's socket. Throws SetupError where the port cannot
  /// be made, UsageError where the flows do not fit.
  PortLink(const LinkSpec& spec, const std::vector<Flow>& flows, drivers::MbufPool& pool);

  void await_peer() const override;

  std::size_t allocate(std::span<Packet> packets) noexcept override;
  std::size_t send(std::span<const Packet> packets) override;
  std::size_t receive(std::span<Packet> packets) override;
  void release(std::span<const Packet> packets) noexcept override;
  void wait(std::chrono::nanoseconds at_most) noexcept override;
  LinkStats stats() const noexcept override;
  std::string description() const override { return port_.description(); }

 private:
  /// A flow's two ends as the wire shows them.
  struct Route {
    FlowId flow;
    bool used = false;
    bool checked = false;  ///< the remote is known
    bool rtcp_pair = false;
    dataplane::EgressHeader header;
    dataplane::UdpEndpoint remote;
  };
  /// Which route a UDP port of one of our addresses belongs to.
  struct Address {
    drivers::IpAddress address;
    std::vector<std::uint32_t> route_of_port;
    std::vector<bool> is_rtcp;
  };

  void add(const Flow& flow, const LinkSpec& spec);
  Address& address_of(const drivers::IpAddress& address);
  const Address* find_address(const dataplane::FrameView& view) const noexcept;
  bool read(rte_mbuf* frame, Packet& packet) noexcept;

  drivers::MbufPool& pool_;
  drivers::EthPort port_;
  std::vector<Route> routes_;
  std::vector<std::array<std::uint32_t, 2>> route_of_flow_;  ///< by stream and side
  std::vector<Address> addresses_;
  std::uint64_t foreign_ = 0;
};

}  // namespace sallyport::load
