#include "perf/relay.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "perf/sealer.hpp"

namespace sallyport::perf {
namespace {

using dataplane::WorkerId;

constexpr drivers::PortRange kMedia{10000, 59999};
constexpr std::uint32_t kFlowsPerAddress = 25000;  ///< an RTP port and the RTCP port above it for each
constexpr unsigned kSlots = 4096;
/// Between workers: whatever is under way may wait there for a worker that lost its core.
constexpr std::size_t kHandOverSlots = 16384;

std::uint32_t addresses_for(std::uint32_t flows) { return (flows + kFlowsPerAddress - 1) / kFlowsPerAddress; }

drivers::IpAddress local_address(std::size_t side, std::uint32_t number) {
  return ip("10." + std::to_string(side) + "." + std::to_string(number) + ".1");
}
drivers::IpAddress remote_address(std::size_t side) { return ip("10." + std::to_string(side) + ".255.99"); }

/// Those of the west first.
std::vector<dataplane::LocalAddress> local_addresses(std::uint32_t per_side) {
  std::vector<dataplane::LocalAddress> addresses;
  for (std::uint16_t side = 0; side < kSides; ++side) {
    for (std::uint32_t i = 0; i < per_side; ++i) addresses.push_back({local_address(side, i), kMedia, side});
  }
  return addresses;
}

}  // namespace

Relay::Relay(const RelayOptions& options, drivers::MbufPool& pool)
    : options_(options),
      queues_(options.joint == Joint::kOneQueue ? 1 : options.workers),
      pool_(pool),
      clock_(dataplane::Clock::calibrate(std::chrono::milliseconds(2))),
      engine_(crypto::make_engine(options.engine)),
      mesh_(options.workers, kHandOverSlots),
      legs_(options.workers),
      arriving_(queues_) {
  for (std::size_t side = 0; side < kSides; ++side) {
    rings_.push_back(std::make_unique<drivers::RingPort>(kSideNames[side], queues_, kSlots));
    ports_.push_back(make_side(side, queues_, pool));
  }
  const auto addresses = local_addresses(addresses_for(options.flows));
  for (WorkerId id = 0; id < options.workers; ++id) {
    commands_.push_back(std::make_unique<dataplane::Ring<dataplane::Command>>(64));
    events_.push_back(std::make_unique<dataplane::Ring<dataplane::Event>>(64));
    const dataplane::WorkerOptions worker{
        .id = id, .workers = options.workers, .max_streams = 2 * options.flows, .tsc_hz = clock_.hz()};
    const dataplane::WorkerRings rings{commands_.back().get(), events_.back().get(), &mesh_};
    workers_.push_back(std::make_unique<dataplane::Worker>(worker, addresses, ports_for(id), rings,
                                                           crypto::make_engine(options.engine)));
  }
  for (std::uint32_t flow = 0; flow < options.flows; ++flow) add_flow(flow);
}

Relay::~Relay() {
  for (auto& worker : workers_) worker->discard_handed_over();
}

std::vector<dataplane::WorkerPort> Relay::ports_for(WorkerId worker) const {
  std::vector<dataplane::WorkerPort> ports(kSides);
  for (std::size_t side = 0; side < kSides; ++side) {
    ports[side].port = ports_[side].get();
    ports[side].has_queue = worker < queues_;
    ports[side].queue = ports[side].has_queue ? worker : 0;
  }
  return ports;
}

/// With kApart the east leg has the port of the next flow, which is the next worker's.
std::uint16_t Relay::port_of(std::size_t side, std::uint32_t flow) const {
  const std::uint32_t shift = side == 1 && options_.joint == Joint::kApart ? 1 : 0;
  return static_cast<std::uint16_t>(kMedia.first + 2 * ((flow % kFlowsPerAddress + shift) % kFlowsPerAddress));
}

dataplane::UdpEndpoint Relay::local(std::size_t side, std::uint32_t flow) const {
  return {local_address(side, flow / kFlowsPerAddress), port_of(side, flow)};
}

std::unique_ptr<crypto::Context> Relay::context(const crypto::Suite* suite, std::size_t number) {
  if (suite == nullptr) return nullptr;
  return std::make_unique<crypto::Context>(*engine_, *suite, master_key_of(static_cast<std::uint32_t>(number)),
                                           crypto::ContextOptions{.max_ssrcs = 1});
}

void Relay::add_flow(std::uint32_t flow) {
  const std::array<const crypto::Suite*, kSides> suites{options_.in, options_.out};
  std::array<dataplane::Sink, kSides> legs;
  for (std::size_t side = 0; side < kSides; ++side) {
    const WorkerId owner = dataplane::worker_of(port_of(side, flow), workers_.size());
    legs[side] = {owner, {legs_[owner]++, 1}};
  }
  std::vector<std::uint32_t>& neighbours = arriving_[queues_ == 1 ? 0 : legs[0].worker];
  for (std::size_t side = 0; side < kSides; ++side) {
    LegPlan plan{
        .side = side,
        .id = legs[side].stream,
        .sink = legs[1 - side],
        .address_slot = static_cast<std::uint16_t>(side * addresses_for(options_.flows) + flow / kFlowsPerAddress),
        .local = local(side, flow),
        .remote = {remote_address(side), port_of(side, flow)},
        .rx = context(suites[side], neighbours.size()),
        .tx = context(suites[side], neighbours.size()),
        .seed = {.ssrc = 0xf0000000 + flow * 16, .ssrc_stride = 0x10001, .random = 77 + flow}};
    const WorkerId owner = legs[side].worker;
    if (!commands_[owner]->push(dataplane::AddStream{make_leg(std::move(plan), *ports_[side], clock_.hz())})) {
      throw std::runtime_error("the command ring is full");
    }
    workers_[owner]->poll_once();
    if (events_[owner]->size() != 0) throw std::runtime_error("a worker refused a leg");
  }
  neighbours.push_back(flow);
}

rte_mbuf* Relay::frame(std::uint32_t flow, std::span<const std::uint8_t> payload) {
  rte_mbuf* packet = rte_pktmbuf_alloc(pool_.get());
  if (packet == nullptr) throw std::runtime_error("out of packet buffers");
  std::memcpy(rte_pktmbuf_append(packet, static_cast<std::uint16_t>(payload.size())), payload.data(), payload.size());
  dataplane::EgressHeader header({remote_address(0), port_of(0, flow)}, local(0, flow));
  header.set_next_hop(kNextHop, ports_[0]->mac());
  header.push(packet, 0, 0, {.ipv4_udp_wanted = false});
  return packet;
}

void Relay::inject(std::span<rte_mbuf*> frames, unsigned queue) {
  const auto count = static_cast<unsigned>(frames.size());
  if (rings_[0]->inject(frames.data(), count, queue) != count) throw std::runtime_error("the ring is full");
}

std::size_t Relay::collect(unsigned queue) {
  std::array<rte_mbuf*, 64> packets;
  std::size_t collected = 0;
  while (const unsigned count = rings_[1]->collect(packets.data(), packets.size(), queue)) {
    rte_pktmbuf_free_bulk(packets.data(), count);
    collected += count;
  }
  return collected;
}

}  // namespace sallyport::perf
