#include "perf/load/port_link.hpp"

#include <time.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <thread>

namespace sallyport::load {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kPorts = 65536;
constexpr std::chrono::seconds kPeerTime(10);
constexpr std::chrono::milliseconds kNap(10);
constexpr std::uint16_t kRoom = 2048;  // of every buffer of the pool, behind the head room

drivers::DeviceKind kind_of(LinkKind kind) noexcept {
  if (kind == LinkKind::kPci) return drivers::DeviceKind::kPci;
  return kind == LinkKind::kRing ? drivers::DeviceKind::kRing : drivers::DeviceKind::kMemif;
}

drivers::PortOptions port_options(const LinkSpec& spec) {
  drivers::PortOptions options;
  options.name = "load" + std::to_string(std::hash<std::string>{}(spec.device + (spec.server ? "s" : "c")) % 10000);
  options.kind = kind_of(spec.kind);
  options.device = spec.device;
  options.memif_server = spec.server;
  options.kernel_path = drivers::KernelPathKind::kNone;
  options.mac = spec.mac;
  return options;
}

/// The server's socket file, which a gateway that is just starting has yet to make.
void await_server(const std::string& path, std::chrono::seconds at_most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  while (!std::filesystem::exists(path)) {
    if (std::chrono::steady_clock::now() > end) {
      throw UsageError("memif socket '" + path + "' did not appear within " + std::to_string(at_most.count()) +
                       " s: expected a gateway with role = server there");
    }
    std::this_thread::sleep_for(kNap);
  }
}

/// `spec`, once there is somebody to connect to.
const LinkSpec& reachable(const LinkSpec& spec) {
  if (spec.kind == LinkKind::kMemif && !spec.server) await_server(spec.device, kPeerTime);
  return spec;
}

dataplane::UdpEndpoint udp(const Endpoint& endpoint) { return {endpoint.address, endpoint.port}; }

rte_mbuf* mbuf_of(const Packet& packet) noexcept { return static_cast<rte_mbuf*>(packet.buffer); }

bool same_address(const drivers::IpAddress& address, const std::uint8_t* wire, bool v6) noexcept {
  return address.v6 == v6 && std::memcmp(address.bytes.data(), wire, address.length()) == 0;
}

}  // namespace

PortLink::PortLink(const LinkSpec& spec, const std::vector<Flow>& flows, drivers::MbufPool& pool)
    : pool_(pool), port_(port_options(reachable(spec)), 1, pool) {
  for (const Flow& flow : flows) add(flow, spec);
}

void PortLink::add(const Flow& flow, const LinkSpec& spec) {
  Route route;
  route.flow = flow.id;
  route.rtcp_pair = flow.rtcp == RtcpMode::kPair;
  if (flow.remote) {
    route.remote = udp(*flow.remote);
    route.checked = true;
    route.header = dataplane::EgressHeader(udp(flow.local), route.remote);
    route.header.set_next_hop(port_.mac(), spec.peer_mac);
  }
  const auto number = static_cast<std::uint32_t>(routes_.size());
  Address& address = address_of(flow.local.address);
  for (unsigned above = 0; above <= (route.rtcp_pair ? 1U : 0U); ++above) {
    std::uint32_t& place = address.route_of_port[flow.local.port + above];
    if (place != kNone)
      throw UsageError(flow.local.to_string() + " is of two streams: expected other ports on one link");
    place = number;
    address.is_rtcp[flow.local.port + above] = above == 1;
  }
  if (route_of_flow_.size() <= flow.id.stream) route_of_flow_.resize(flow.id.stream + 1, {kNone, kNone});
  route_of_flow_[flow.id.stream][static_cast<std::size_t>(flow.id.side)] = number;
  routes_.push_back(route);
}

PortLink::Address& PortLink::address_of(const drivers::IpAddress& address) {
  const auto known = std::find_if(addresses_.begin(), addresses_.end(),
                                  [&address](const Address& each) { return each.address == address; });
  if (known != addresses_.end()) return *known;
  return addresses_.emplace_back(
      Address{address, std::vector<std::uint32_t>(kPorts, kNone), std::vector<bool>(kPorts, false)});
}

void PortLink::await_peer() const {
  const auto end = std::chrono::steady_clock::now() + kPeerTime;
  while (!port_.link_up()) {
    if (std::chrono::steady_clock::now() > end) {
      throw UsageError(port_.description() + ": no link within " + std::to_string(kPeerTime.count()) +
                       " s, expected a gateway at the other end (with memif, in the opposite role)");
    }
    std::this_thread::sleep_for(kNap);
  }
}

std::size_t PortLink::allocate(std::span<Packet> packets) noexcept {
  std::array<rte_mbuf*, kBurst> buffers;
  const std::size_t count = std::min(packets.size(), kBurst);
  if (rte_pktmbuf_alloc_bulk(pool_.get(), buffers.data(), static_cast<unsigned>(count)) != 0) return 0;
  for (std::size_t i = 0; i < count; ++i) {
    packets[i] = Packet{.data = rte_pktmbuf_mtod(buffers[i], std::uint8_t*),
                        .length = 0,
                        .room = std::min(kRoom, rte_pktmbuf_tailroom(buffers[i])),
                        .buffer = buffers[i]};
  }
  return count;
}

std::size_t PortLink::send(std::span<const Packet> packets) {
  std::array<rte_mbuf*, kBurst> frames;
  const std::size_t count = std::min(packets.size(), kBurst);
  const dataplane::ChecksumOffload offload{.ipv4 = port_.offloads_ipv4_checksum(),
                                           .udp = port_.offloads_udp_checksum()};
  for (std::size_t i = 0; i < count; ++i) {
    const Packet& packet = packets[i];
    rte_mbuf* frame = frames[i] = mbuf_of(packet);
    if (rte_pktmbuf_pkt_len(frame) != 0) continue;  // its header was written before, and the port was full
    const Route& route = routes_[route_of_flow_[packet.flow.stream][static_cast<std::size_t>(packet.flow.side)]];
    rte_pktmbuf_append(frame, packet.length);
    route.header.push(frame, packet.rtcp ? 1 : 0, 0, offload);
  }
  return port_.tx(0, frames.data(), static_cast<std::uint16_t>(count));
}

std::size_t PortLink::receive(std::span<Packet> packets) {
  std::array<rte_mbuf*, kBurst> frames;
  const auto wanted = static_cast<std::uint16_t>(std::min(packets.size(), kBurst));
  const std::uint16_t count = port_.rx(0, frames.data(), wanted);
  std::size_t kept = 0;
  for (std::uint16_t i = 0; i < count; ++i) {
    if (read(frames[i], packets[kept])) {
      ++kept;
    } else {
      ++foreign_;
      rte_pktmbuf_free(frames[i]);
    }
  }
  return kept;
}

const PortLink::Address* PortLink::find_address(const dataplane::FrameView& view) const noexcept {
  for (const Address& each : addresses_) {
    if (same_address(each.address, view.destination, view.v6)) return &each;
  }
  return nullptr;
}

bool PortLink::read(rte_mbuf* frame, Packet& packet) noexcept {
  auto* bytes = rte_pktmbuf_mtod(frame, std::uint8_t*);
  const dataplane::FrameView view = dataplane::parse_frame({bytes, rte_pktmbuf_data_len(frame)});
  if (view.kind != dataplane::FrameView::Kind::kUdp) return false;
  const Address* address = find_address(view);
  if (address == nullptr || address->route_of_port[view.destination_port] == kNone) return false;
  const Route& route = routes_[address->route_of_port[view.destination_port]];
  const bool rtcp = address->is_rtcp[view.destination_port];
  packet = Packet{.data = bytes + view.payload_offset,
                  .length = view.payload_length,
                  .room = static_cast<std::uint16_t>(rte_pktmbuf_data_len(frame) - view.payload_offset),
                  .flow = route.flow,
                  .rtcp = rtcp,
                  .right_source = !route.checked || (same_address(route.remote.address, view.source, view.v6) &&
                                                     view.source_port == route.remote.port + (rtcp ? 1 : 0)),
                  .buffer = frame};
  return true;
}

void PortLink::release(std::span<const Packet> packets) noexcept {
  for (const Packet& packet : packets) rte_pktmbuf_free(mbuf_of(packet));
}

void PortLink::wait(std::chrono::nanoseconds at_most) noexcept {
  constexpr std::chrono::nanoseconds kLongest = std::chrono::microseconds(50);  // nothing wakes us here
  const timespec time{0, std::min(at_most, kLongest).count()};
  if (time.tv_nsec > 0) ::nanosleep(&time, nullptr);
}

LinkStats PortLink::stats() const noexcept { return {.missed = port_.missed(), .foreign = foreign_}; }

}  // namespace sallyport::load
