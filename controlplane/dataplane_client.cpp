#include "controlplane/dataplane_client.hpp"

#include <rte_ether.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include <algorithm>
#include <string>

#include "crypto/error.hpp"
#include "drivers/topology.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::size_t kCommandRing = 1024;
/// Packets between two workers: a worker that shares its core loses it for some 4 ms at a time.
constexpr std::size_t kHandOverRing = 8192;

struct Launch {
  dataplane::Worker* worker;
  const std::atomic<bool>* stop;
};

int run_worker(void* argument) {
  const std::unique_ptr<Launch> launch(static_cast<Launch*>(argument));
  launch->worker->run(*launch->stop);
  return 0;
}

}  // namespace

DataplaneClient::Slot::Slot(std::size_t ring_size, std::uint32_t max_streams)
    : commands(ring_size), events(ring_size), generations(max_streams, 0) {
  for (std::uint32_t id = max_streams; id > 0; --id) free_ids.push_back(id - 1);
}

DataplaneClient::DataplaneClient(const DataplaneOptions& options, const drivers::Eal& eal,
                                 std::vector<DataplanePort> ports, std::vector<dataplane::LocalAddress> addresses)
    : options_(options),
      eal_(eal),
      ports_(std::move(ports)),
      addresses_(std::move(addresses)),
      clock_(dataplane::Clock::calibrate()),
      hand_over_(options.cores.size(), kHandOverRing) {
  for (dataplane::WorkerId id = 0; id < options_.cores.size(); ++id) {
    auto slot = std::make_unique<Slot>(kCommandRing, options_.max_streams);
    const drivers::OnCore near_its_memory(options_.cores[id]);
    slot->worker = std::make_unique<dataplane::Worker>(
        dataplane::WorkerOptions{.id = id,
                                 .workers = options_.cores.size(),
                                 .max_streams = options_.max_streams,
                                 .idle_polls = options_.idle_polls,
                                 .idle_sleep = options_.idle_sleep,
                                 .tsc_hz = clock_.hz(),
                                 .buffers = ports_.empty() ? nullptr : ports_.front().port->pool().get()},
        addresses_, ports_for(id),
        dataplane::WorkerRings{.commands = &slot->commands, .events = &slot->events, .hand_over = &hand_over_},
        options_.make_engine(id));
    slots_.push_back(std::move(slot));
  }
}

DataplaneClient::~DataplaneClient() { stop(); }

std::vector<dataplane::WorkerPort> DataplaneClient::ports_for(dataplane::WorkerId worker) const {
  std::vector<dataplane::WorkerPort> result;
  for (const DataplanePort& port : ports_) {
    dataplane::WorkerPort entry;
    entry.port = port.port;
    entry.twin = port.twin;
    entry.queue = worker;
    entry.has_queue = worker < port.port->queues();
    entry.tx_owner = static_cast<dataplane::WorkerId>(worker % port.port->queues());
    entry.offload = {.ipv4 = port.port->offloads_ipv4_checksum(),
                     .udp = port.port->offloads_udp_checksum(),
                     .ipv4_udp_wanted = port.udp_checksum};
    entry.max_frame = static_cast<std::uint16_t>(port.port->mtu() + RTE_ETHER_HDR_LEN);
    entry.punt_limit = dataplane::RateLimit(port.port->options().punt_limit_pps, clock_.hz());
    result.push_back(entry);
  }
  return result;
}

void DataplaneClient::start() {
  for (std::size_t id = 0; id < slots_.size(); ++id) {
    auto launch = std::make_unique<Launch>(Launch{slots_[id]->worker.get(), &stop_});
    const int failed = rte_eal_remote_launch(run_worker, launch.get(), eal_.lcore_of_core(options_.cores[id]));
    if (failed != 0)
      throw SetupError("worker " + std::to_string(id) + " on core " + std::to_string(options_.cores[id]) +
                       " did not start");
    launch.release();
    running_ = true;
  }
}

void DataplaneClient::stop() noexcept {
  if (!running_) return;
  stop_.store(true, std::memory_order_relaxed);
  rte_eal_mp_wait_lcore();
  running_ = false;
  for (const auto& slot : slots_) slot->worker->discard_handed_over();
}

std::size_t DataplaneClient::slot_of(const drivers::IpAddress& address) const {
  const auto found = std::ranges::find(addresses_, address, &dataplane::LocalAddress::address);
  if (found == addresses_.end()) throw SetupError("no port has the address " + address.to_string());
  return static_cast<std::size_t>(found - addresses_.begin());
}

StreamHandle DataplaneClient::reserve(std::uint16_t local_port) {
  const dataplane::WorkerId worker = owner_of(local_port);
  Slot& slot = *slots_[worker];
  if (slot.free_ids.empty()) {
    throw SetupError("worker " + std::to_string(worker) + " has all of its " + std::to_string(options_.max_streams) +
                     " stream sides in use; raise memory.max_streams");
  }
  const std::uint32_t index = slot.free_ids.back();
  slot.free_ids.pop_back();
  if (++slot.generations[index] == 0) slot.generations[index] = 1;
  return {worker, {index, slot.generations[index]}};
}

const dataplane::Stream* DataplaneClient::add(StreamHandle handle, std::unique_ptr<dataplane::Stream> stream) {
  stream->id = handle.stream;
  const dataplane::Stream* view = stream.get();
  send(handle.worker, dataplane::AddStream{std::move(stream)});
  return view;
}

void DataplaneClient::remove(StreamHandle handle) { send(handle.worker, dataplane::RemoveStream{handle.stream}); }

void DataplaneClient::set_next_hop(StreamHandle handle, const drivers::MacAddress& source,
                                   const std::optional<drivers::MacAddress>& destination) {
  send(handle.worker, dataplane::SetNextHop{.stream = handle.stream,
                                            .source = source,
                                            .destination = destination.value_or(drivers::MacAddress{}),
                                            .known = destination.has_value()});
}

void DataplaneClient::set_remote(StreamHandle handle, const dataplane::UdpEndpoint& remote,
                                 const dataplane::EgressHeader& header) {
  send(handle.worker, dataplane::SetRemote{handle.stream, remote, header});
}

void DataplaneClient::set_rtcp(StreamHandle handle, dataplane::RtcpMode mode) {
  send(handle.worker, dataplane::SetRtcp{handle.stream, mode});
}

void DataplaneClient::set_sink(StreamHandle handle, const dataplane::Sink& sink) {
  send(handle.worker, dataplane::SetSink{handle.stream, sink});
}

void DataplaneClient::set_payloads(StreamHandle handle, const dataplane::PayloadMap& payloads) {
  send(handle.worker, dataplane::SetPayloads{handle.stream, payloads});
}

void DataplaneClient::play(StreamHandle handle, std::unique_ptr<dataplane::Player> player) {
  player->stream = handle.stream;
  send(handle.worker, dataplane::Play{std::move(player)});
}

void DataplaneClient::stop_playing(StreamHandle handle) { send(handle.worker, dataplane::StopPlaying{handle.stream}); }

void DataplaneClient::adjust(StreamHandle handle, dataplane::AdjustStream settings) {
  settings.stream = handle.stream;
  send(handle.worker, settings);
}

void DataplaneClient::rekey_receive(StreamHandle handle, std::unique_ptr<crypto::Context> context,
                                    std::chrono::milliseconds grace) {
  send(handle.worker, dataplane::RekeyReceive{handle.stream, std::move(context), clock_.ticks(grace)});
}

void DataplaneClient::rekey_send(StreamHandle handle, std::unique_ptr<crypto::Context> context) {
  send(handle.worker, dataplane::RekeySend{handle.stream, std::move(context)});
}

void DataplaneClient::install_epoch(StreamHandle handle, const crypto::Context* context,
                                    std::unique_ptr<crypto::EpochKey> key) {
  send(handle.worker, dataplane::InstallEpochKey{handle.stream, context, std::move(key)});
}

void DataplaneClient::send_with(StreamHandle handle, std::uint8_t slot) {
  send(handle.worker, dataplane::SendWithKey{handle.stream, slot});
}

void DataplaneClient::set_roc(StreamHandle handle, std::uint32_t ssrc, std::uint32_t roc) {
  send(handle.worker, dataplane::SetRoc{handle.stream, ssrc, roc});
}

void DataplaneClient::snapshot(StreamHandle handle, crypto::Direction direction,
                               const crypto::ContextOptions& options) {
  send(handle.worker,
       dataplane::SnapshotState{handle.stream, direction, std::make_unique<crypto::StateSnapshot>(options)});
}

void DataplaneClient::start_trace(const std::vector<dataplane::TracedLeg>& legs, std::uint16_t packets) {
  if (++trace_session_ == 0) trace_session_ = 1;
  std::vector<std::unique_ptr<dataplane::Trace>> made;  // all or none
  for (dataplane::WorkerId id = 0; id < slots_.size(); ++id) {
    made.push_back(std::make_unique<dataplane::Trace>(trace_session_, id, legs, packets));
  }
  for (dataplane::WorkerId id = 0; id < slots_.size(); ++id) {
    slots_[id]->trace = {std::move(made[id]), true};
    send(id, dataplane::StartTrace{slots_[id]->trace.what.get()});
  }
}

void DataplaneClient::stop_trace() {
  for (dataplane::WorkerId id = 0; id < slots_.size(); ++id) send(id, dataplane::StopTrace{});
}

bool DataplaneClient::tracing() const noexcept {
  return std::ranges::any_of(slots_, [](const auto& slot) { return slot->trace.out; });
}

void DataplaneClient::take_trace(const std::function<void(dataplane::WorkerId, const dataplane::TraceRecord&)>& take) {
  for (dataplane::WorkerId id = 0; id < slots_.size(); ++id) {
    if (slots_[id]->trace.what == nullptr) continue;
    for (dataplane::TraceRecord record; slots_[id]->trace.what->take(record);) take(id, record);
  }
}

std::uint64_t DataplaneClient::trace_lost() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& slot : slots_) sum += slot->trace.what == nullptr ? 0 : slot->trace.what->lost();
  return sum;
}

void DataplaneClient::start_capture(dataplane::CaptureSide side, const std::vector<StreamHandle>& legs,
                                    std::size_t slots) {
  std::vector<std::vector<dataplane::CapturedLeg>> of_worker(slots_.size());
  for (std::uint8_t number = 0; number < legs.size(); ++number) {
    of_worker[legs[number].worker].push_back({legs[number].stream, number});
  }
  std::vector<std::unique_ptr<dataplane::Capture>> made(slots_.size());  // all or none
  for (dataplane::WorkerId id = 0; id < slots_.size(); ++id) {
    if (!of_worker[id].empty()) made[id] = std::make_unique<dataplane::Capture>(side, std::move(of_worker[id]), slots);
  }
  for (dataplane::WorkerId id = 0; id < slots_.size(); ++id) {
    slots_[id]->capture = {std::move(made[id]), false};
    if (slots_[id]->capture.what == nullptr) continue;
    slots_[id]->capture.out = true;
    send(id, dataplane::StartCapture{slots_[id]->capture.what.get()});
  }
}

void DataplaneClient::stop_capture() {
  for (dataplane::WorkerId id = 0; id < slots_.size(); ++id) {
    if (slots_[id]->capture.out) send(id, dataplane::StopCapture{});
  }
}

bool DataplaneClient::capturing() const noexcept {
  return std::ranges::any_of(slots_, [](const auto& slot) { return slot->capture.out; });
}

std::size_t DataplaneClient::take_captured(std::size_t most,
                                           const std::function<void(const dataplane::CapturedPacket&)>& take) {
  std::size_t taken = 0;
  for (const auto& slot : slots_) {
    if (slot->capture.what == nullptr) continue;
    while (taken < most && slot->capture.what->take_one(take)) ++taken;
  }
  return taken;
}

std::uint64_t DataplaneClient::capture_lost() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& slot : slots_) sum += slot->capture.what == nullptr ? 0 : slot->capture.what->lost();
  return sum;
}

void DataplaneClient::forget_capture() noexcept {
  for (const auto& slot : slots_) slot->capture.what.reset();
}

void DataplaneClient::send(dataplane::WorkerId worker, dataplane::Command command) {
  Slot& slot = *slots_[worker];
  slot.waiting.push_back(std::move(command));
  flush(slot);
}

void DataplaneClient::flush(Slot& slot) {
  while (!slot.waiting.empty() && slot.commands.push(std::move(slot.waiting.front()))) slot.waiting.pop_front();
}

void DataplaneClient::poll() {
  for (dataplane::WorkerId id = 0; id < slots_.size(); ++id) {
    Slot& slot = *slots_[id];
    flush(slot);
    for (dataplane::Event event; slot.events.pop(event);) {
      std::visit([this, id](auto& what) { take(id, what); }, event);
    }
  }
}

void DataplaneClient::take(dataplane::WorkerId worker, dataplane::StreamRetired& event) {
  const dataplane::StreamId id = event.stream->id;
  slots_[worker]->free_ids.push_back(id.index);
  if (listener_.retired) listener_.retired({worker, id}, event.stream);
  if (event.stream == nullptr) return;
  for (const auto* key : {&event.stream->rx, &event.stream->rx_previous, &event.stream->tx}) tell_gone(key->get());
  event.stream.reset();
  if (event.refused && listener_.refused) listener_.refused({worker, id});
}

void DataplaneClient::take(dataplane::WorkerId, dataplane::ContextRetired& event) {
  tell_gone(event.context.get());
  event.context.reset();
}

void DataplaneClient::tell_gone(const crypto::Context* key) {
  if (key != nullptr && listener_.key_gone) listener_.key_gone(key);
}

void DataplaneClient::tell_of_device(dataplane::WorkerId worker, bool silent) const {
  if (listener_.device_silent) listener_.device_silent(worker, silent);
}

void DataplaneClient::take(dataplane::WorkerId worker, dataplane::KeyLifetime& event) {
  if (listener_.key_lifetime) listener_.key_lifetime({worker, event.stream}, event);
}

void DataplaneClient::take(dataplane::WorkerId worker, dataplane::EpochDue& event) {
  if (listener_.epoch_due) listener_.epoch_due({worker, event.stream}, event);
}

void DataplaneClient::take(dataplane::WorkerId worker, dataplane::RocRefused& event) {
  if (listener_.roc_refused) listener_.roc_refused({worker, event.stream}, event.ssrc);
}

void DataplaneClient::take(dataplane::WorkerId worker, dataplane::StateTaken& event) {
  if (!event.taken) event.state.reset();
  if (listener_.state_taken) listener_.state_taken({worker, event.stream}, event.direction, std::move(event.state));
}

void DataplaneClient::take(dataplane::WorkerId worker, dataplane::PlayerRetired& event) {
  if (event.finished && listener_.played) listener_.played({worker, event.player->stream}, event.player.get());
  event.player.reset();
}

void DataplaneClient::take(dataplane::WorkerId worker, dataplane::MediaLost& event) {
  if (listener_.media_lost) listener_.media_lost({worker, event.stream});
}

void DataplaneClient::take(dataplane::WorkerId worker, dataplane::MediaResumed& event) {
  if (listener_.media_resumed) listener_.media_resumed({worker, event.stream});
}

}  // namespace sallyport::controlplane
