#include "tests/scenario/gateway.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace sallyport::scenario {
namespace {

using dataplane::WorkerId;

constexpr const char* kRingNames[kSides] = {"west", "east"};
constexpr unsigned kSlots = 4096;

drivers::IpAddress address(const std::string& text) { return drivers::IpAddress::parse(text).value(); }
dataplane::UdpEndpoint endpoint(const Endpoint& from) { return {address(from.address), from.port}; }

/// West has slots 0 and 1, east 2 and 3.
std::vector<dataplane::LocalAddress> local_addresses() {
  constexpr drivers::PortRange kMedia{20000, 39999};
  return {{address("192.0.2.1"), kMedia, 0},
          {address("2001:db8::1"), kMedia, 0},
          {address("198.51.100.1"), kMedia, 1},
          {address("2001:db8:1::1"), kMedia, 1}};
}

std::uint16_t slot_of(const std::string& text) {
  const auto addresses = local_addresses();
  const auto found = std::find_if(addresses.begin(), addresses.end(),
                                  [&](const auto& local) { return local.address == address(text); });
  if (found == addresses.end()) throw std::runtime_error(text + " is no address of the gateway");
  return static_cast<std::uint16_t>(found - addresses.begin());
}

std::unique_ptr<drivers::EthPort> make_port(const std::string& ring, const Mac& mac, unsigned queues,
                                            drivers::MbufPool& pool) {
  drivers::PortOptions options;
  options.name = ring;
  options.kind = drivers::DeviceKind::kRing;
  options.device = ring;
  options.kernel_path = drivers::KernelPathKind::kNone;
  options.mac.bytes = mac;
  return std::make_unique<drivers::EthPort>(options, queues, pool);
}

rte_mbuf* to_mbuf(drivers::MbufPool& pool, const Bytes& frame) {
  rte_mbuf* packet = rte_pktmbuf_alloc(pool.get());
  if (packet == nullptr) return nullptr;
  char* room = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size()));
  if (room == nullptr) throw std::runtime_error("frame longer than an mbuf");
  std::copy(frame.begin(), frame.end(), reinterpret_cast<std::uint8_t*>(room));
  return packet;
}

void collect_from(drivers::RingPort& ring, unsigned queue, std::vector<Bytes>& frames) {
  std::array<rte_mbuf*, 64> packets;
  while (const unsigned count = ring.collect(packets.data(), packets.size(), queue)) {
    for (unsigned i = 0; i < count; ++i) {
      const auto* data = rte_pktmbuf_mtod(packets[i], const std::uint8_t*);
      frames.emplace_back(data, data + rte_pktmbuf_data_len(packets[i]));
      rte_pktmbuf_free(packets[i]);
    }
  }
}

bool inject_into(drivers::RingPort& ring, unsigned queue, rte_mbuf* packet) {
  if (packet == nullptr) return false;
  if (ring.inject(&packet, 1, queue) == 1) return true;
  rte_pktmbuf_free(packet);
  return false;
}

/// What a worker counted of each port, against what it counted of all.
bool ports_add_up(const dataplane::WorkerStats& stats) {
  std::uint64_t rx = 0;
  std::uint64_t tx = 0;
  std::uint64_t refused = 0;
  for (const dataplane::PortStats& port : stats.ports) {
    rx += port.rx.read();
    tx += port.tx.read();
    refused += port.refused.read();
  }
  const auto tx_full = static_cast<std::size_t>(dataplane::DropReason::kTxFull);
  return rx == stats.rx.read() && tx == stats.tx.read() && refused == stats.drops[tx_full].read();
}

}  // namespace

Leg plain_leg(const std::string& name) {
  Leg leg;
  leg.name = name;
  if (name == "east") {
    leg.side = Side::kEast;
    leg.local = {"198.51.100.1", 20002};
    leg.remote = {"198.51.100.99", 31000};
    leg.peer = "west";
  } else {
    leg.local = {"192.0.2.1", 20000};
    leg.remote = {"192.0.2.99", 30000};
    leg.peer = "east";
  }
  return leg;
}

Leg secure_leg(const std::string& name, const std::string& suite) {
  Leg leg = plain_leg(name);
  const auto number = static_cast<std::uint8_t>(name == "east" ? 3 : 1);
  leg.receive_key = make_key(suite, number);
  leg.send_key = make_key(suite, static_cast<std::uint8_t>(number + 1));
  leg.tx_mode = dataplane::TxMode::kFreshSsrc;
  return leg;
}

Gateway::Gateway(const GatewayOptions& options, drivers::MbufPool& pool)
    : options_(options),
      pool_(pool),
      clock_(dataplane::Clock::calibrate(std::chrono::milliseconds(2))),
      engine_(options.engines ? options.engines->for_control() : crypto::make_engine(options.engine)),
      mesh_(options.layout.workers, options.hand_over_slots) {
  const unsigned queues = options.layout.queues;
  for (std::size_t side = 0; side < kSides; ++side) {
    rings_.push_back(
        std::make_unique<drivers::RingPort>(kRingNames[side], queues, side == 0 ? kSlots : options.east_slots));
    ports_.push_back(make_port(kRingNames[side], kGatewayMacs[side], queues, pool));
  }
  if (options.west_twin) {
    twin_ring_ = std::make_unique<drivers::RingPort>("twin", queues, options.twin_slots);
    twin_ = make_port("twin", kGatewayMacs[0], queues, pool);
  }
  const auto addresses = local_addresses();
  for (WorkerId id = 0; id < options.layout.workers; ++id) {
    commands_.push_back(std::make_unique<dataplane::Ring<dataplane::Command>>(64));
    events_.push_back(std::make_unique<dataplane::Ring<dataplane::Event>>(options.event_slots));
    const dataplane::WorkerOptions worker{.id = id,
                                          .workers = options.layout.workers,
                                          .max_streams = options.max_streams,
                                          .device_patience = options.device_patience,
                                          .tsc_hz = clock_.hz(),
                                          .buffers = pool.get()};
    const dataplane::WorkerRings rings{commands_.back().get(), events_.back().get(), &mesh_};
    auto engine = options.engines ? options.engines->for_worker(id) : crypto::make_engine(options.engine);
    workers_.push_back(
        std::make_unique<dataplane::Worker>(worker, addresses, worker_ports(id), rings, std::move(engine)));
  }
}

Gateway::~Gateway() {
  for (auto& worker : workers_) worker->discard_handed_over();
}

std::vector<dataplane::WorkerPort> Gateway::worker_ports(WorkerId worker) const {
  std::vector<dataplane::WorkerPort> ports(kSides);
  for (std::size_t side = 0; side < kSides; ++side) {
    dataplane::WorkerPort& port = ports[side];
    port.port = ports_[side].get();
    port.twin = side == 0 ? twin_.get() : nullptr;
    port.has_queue = worker < options_.layout.queues;
    port.queue = port.has_queue ? worker : 0;
    port.tx_owner = 0;
    port.punt_limit = dataplane::RateLimit(options_.punt_rate, clock_.hz());
  }
  return ports;
}

std::size_t Gateway::index_of(const std::string& leg) const {
  const auto found = std::find(names_.begin(), names_.end(), leg);
  if (found == names_.end()) throw std::runtime_error("no leg '" + leg + "'");
  return static_cast<std::size_t>(found - names_.begin());
}

void Gateway::add(const std::vector<Leg>& legs) {
  const std::size_t first = names_.size();
  for (const Leg& leg : legs) {
    const dataplane::StreamId id{static_cast<std::uint32_t>(names_.size()), 1};
    names_.push_back(leg.name);
    sinks_.push_back({dataplane::worker_of(leg.local.port, workers_.size()), id});
    streams_.push_back(nullptr);
  }
  for (std::size_t i = 0; i < legs.size(); ++i) {
    auto stream = build(legs[i], first + i);
    streams_[first + i] = stream.get();
    const WorkerId owner = sinks_[first + i].worker;
    if (!command(owner, dataplane::AddStream{std::move(stream)})) throw std::runtime_error("command ring is full");
    workers_[owner]->poll_once();
  }
  for (auto& worker : workers_) {
    while (worker->poll_once()) continue;
  }
}

std::unique_ptr<dataplane::Stream> Gateway::build(const Leg& leg, std::size_t index) {
  auto stream = std::make_unique<dataplane::Stream>();
  const auto side = static_cast<std::uint16_t>(leg.side);
  if (leg.receive_key) stream->rx = make_context(*leg.receive_key, leg.max_ssrcs);
  const std::uint8_t rate = leg.send_key ? leg.send_key->parameters.key_derivation_rate : std::uint8_t{0};
  if (leg.send_key) {
    const std::uint64_t first_epoch = rate == 0 ? 0 : dataplane::kFirstSequenceLow >> rate;
    stream->tx = make_context(*leg.send_key, {.max_ssrcs = leg.max_ssrcs, .rtp_epoch = first_epoch});
  }
  stream->id = sinks_[index].stream;
  stream->sink = leg.peer.empty() ? dataplane::Sink{0, {options_.max_streams, 1}} : sink_of(leg.peer);
  stream->rtcp = leg.rtcp;
  stream->source_check = leg.source_check;
  stream->dscp = leg.dscp;
  stream->address_slot = slot_of(leg.local.address);
  stream->local_port = leg.local.port;
  stream->egress_port = side;
  stream->header = dataplane::EgressHeader(endpoint(leg.local), endpoint(leg.remote));
  if (leg.next_hop_known) stream->header.set_next_hop({kGatewayMacs[side]}, {kNextHopMacs[side]});
  const auto number = static_cast<std::uint32_t>(index);
  stream->clock = dataplane::TxClock(
      leg.tx_mode,
      {.ssrc = 0xf0000000 + number * 0x1000,
       .ssrc_stride = 0x10001,
       .random = 77 + number,
       .first_span = rate == 0 ? dataplane::kFirstSequenceSpan
                               : std::min(dataplane::kFirstSequenceSpan, std::uint32_t{1} << rate)});
  stream->remote = endpoint(leg.remote);
  stream->quality.set_units_per_tick(8000 / clock_.hz());
  stream->media_timeout = clock_.ticks(leg.media_timeout);
  if (leg.adjust) leg.adjust(*stream);
  return stream;
}

std::unique_ptr<crypto::Context> Gateway::make_context(const Key& key, std::uint32_t max_ssrcs) {
  return make_context(key, crypto::ContextOptions{.max_ssrcs = max_ssrcs});
}

std::unique_ptr<crypto::Context> Gateway::make_context(const Key& key, const crypto::ContextOptions& options) {
  crypto::ContextOptions whole = options;
  whole.parameters = key.parameters;
  auto made = std::make_unique<crypto::Context>(*engine_, *key.suite, key.entries(), whole);
  keys_.insert_or_assign(made.get(), key);
  return made;
}

bool Gateway::command(WorkerId worker, dataplane::Command&& command) {
  return commands_.at(worker)->push(std::move(command));
}

std::vector<dataplane::Event> Gateway::events() {
  answer_epochs();
  for (auto& ring : events_) {
    while (ring->size() != 0) ring->pop(told_.emplace_back());
  }
  return std::exchange(told_, {});
}

bool Gateway::answer_epochs() {
  const auto changes = [](const auto& known) { return known.second.parameters.key_derivation_rate != 0; };
  if (!options_.answers_epochs || std::ranges::none_of(keys_, changes)) return false;
  bool any = false;
  for (WorkerId worker = 0; worker < events_.size(); ++worker) {
    for (dataplane::Event event; events_[worker]->pop(event);) {
      const auto* due = std::get_if<dataplane::EpochDue>(&event);
      if (due == nullptr) {
        told_.push_back(std::move(event));
        continue;
      }
      const Key& key = keys_.at(due->context);
      auto made =
          std::make_unique<crypto::EpochKey>(*engine_, *key.suite, key.entries()[0].master, due->kind, due->epoch);
      any |= command(worker, dataplane::InstallEpochKey{due->stream, due->context, std::move(made)});
    }
  }
  return any;
}

bool Gateway::inject(Side side, std::uint16_t queue, const Bytes& frame, const std::function<void(rte_mbuf*)>& adjust) {
  rte_mbuf* packet = to_mbuf(pool_, frame);
  if (packet != nullptr && adjust) adjust(packet);
  return inject_into(ring_port(side), queue, packet);
}

bool Gateway::inject_from_linux(const Bytes& frame) { return inject_into(*twin_ring_, 0, to_mbuf(pool_, frame)); }

std::vector<Bytes> Gateway::collect(Side side) {
  std::vector<Bytes> frames;
  for (unsigned queue = 0; queue < options_.layout.queues; ++queue) collect_from(ring_port(side), queue, frames);
  return frames;
}

std::vector<Bytes> Gateway::collect_punted() {
  std::vector<Bytes> frames;
  for (unsigned queue = 0; queue < options_.layout.queues; ++queue) collect_from(*twin_ring_, queue, frames);
  return frames;
}

bool Gateway::pass() {
  bool busy = false;
  for (auto& worker : workers_) busy |= worker->poll_once();
  return busy;
}

bool Gateway::settle() {
  bool always_balanced = true;
  do {
    while (pass()) always_balanced &= balanced();
  } while (answer_epochs());
  return always_balanced;
}

bool Gateway::balanced() const {
  return std::all_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->stats().balanced() && ports_add_up(worker->stats()); });
}

std::uint64_t Gateway::drops(dataplane::DropReason reason) const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += worker->stats().drops[static_cast<std::size_t>(reason)].read();
  return sum;
}

std::uint64_t Gateway::total(dataplane::Counter dataplane::WorkerStats::*counter) const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) sum += (worker->stats().*counter).read();
  return sum;
}

}  // namespace sallyport::scenario
