#include "controlplane/observe/clear_frame.hpp"

#include <rte_mbuf.h>

#include <algorithm>
#include <array>

#include "dataplane/capture.hpp"
#include "dataplane/net_headers.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::size_t kHeadRoom = RTE_PKTMBUF_HEADROOM;

dataplane::UdpEndpoint endpoint(const Endpoint& from) { return {from.address, from.port}; }

}  // namespace

std::vector<std::uint8_t> clear_frame(const WatchedLeg& leg, const drivers::MacAddress& ours, bool sent, bool rtcp,
                                      std::span<const std::uint8_t> packet) {
  const drivers::MacAddress theirs = leg.next_hop.value_or(drivers::MacAddress{});
  const dataplane::UdpEndpoint local = endpoint(leg.side.local);
  const dataplane::UdpEndpoint remote = endpoint(leg.side.remote);
  dataplane::EgressHeader header =
      sent ? dataplane::EgressHeader(local, remote) : dataplane::EgressHeader(remote, local);
  if (sent) {
    header.set_next_hop(ours, theirs);
  } else {
    header.set_next_hop(theirs, ours);
  }
  // What workers write headers with wants an mbuf: one over memory of our own, in no pool.
  std::array<std::uint8_t, kHeadRoom + dataplane::kSnapLength> memory;
  const std::size_t length = std::min(packet.size(), dataplane::kSnapLength);
  std::copy_n(packet.begin(), length, memory.begin() + kHeadRoom);
  rte_mbuf mbuf{};
  mbuf.buf_addr = memory.data();
  mbuf.buf_len = static_cast<std::uint16_t>(memory.size());
  mbuf.data_off = kHeadRoom;
  mbuf.data_len = static_cast<std::uint16_t>(length);
  mbuf.pkt_len = mbuf.data_len;
  mbuf.nb_segs = 1;
  const std::uint16_t above = rtcp && leg.side.rtcp == RtcpMode::kPair ? 1 : 0;
  if (!header.push(&mbuf, above, 0, {})) return {};
  const auto* frame = rte_pktmbuf_mtod(&mbuf, const std::uint8_t*);
  return {frame, frame + mbuf.data_len};
}

}  // namespace sallyport::controlplane
