#include "dataplane/worker.hpp"

#include <algorithm>
#include <thread>

#include "dataplane/key_watch.hpp"
#include "dataplane/stage_timer.hpp"
#include "dataplane/stages/stages.hpp"
#include "dataplane/watch.hpp"

namespace sallyport::dataplane {
namespace {

constexpr int kCommandsPerPass = 8;
/// What is played waits its turn with what is relayed.
constexpr int kPlayoutBurstsPerPass = 4;
/// A command yields two events at most; without room for them it waits.
constexpr std::size_t kEventsPerCommand = 2;
/// Every stream is looked at once in about so many sweeps; a sweep comes every millisecond.
constexpr std::uint32_t kSweepsPerRound = 256;
constexpr std::chrono::milliseconds kSweepInterval{1};
/// How much of its lifetime a key has used is looked up every so many rounds, since it lies in a cold cache line.
constexpr std::uint32_t kRoundsPerKeyUse = 16;

}  // namespace

Worker::Worker(const WorkerOptions& options, std::span<const LocalAddress> addresses, std::vector<WorkerPort> ports,
               const WorkerRings& rings, std::unique_ptr<crypto::Engine> engine)
    : options_(options),
      rings_(rings),
      quarantine_(engine->async() == nullptr ? 0 : options.parked_packets),
      retirement_(*rings.events, quarantine_),
      state_{.id = options.id,
             .workers = options.workers,
             .now = Clock::now(),
             .table = StreamTable(addresses, options.max_streams),
             .ports = std::move(ports),
             .parking = engine->async() == nullptr ? nullptr : std::make_unique<Parking>(options.parked_packets),
             .engine = std::move(engine),
             .device_watch = DeviceWatch(Clock(options.tsc_hz).ticks(options.device_patience)),
             .quarantine = &quarantine_,
             .workspace = crypto::make_workspace(),
             .playout = std::make_unique<Playout>(options.max_streams, options.tsc_hz),
             .buffers = options.buffers,
             .srtp = {},
             .hand_over = rings.hand_over,
             .events = rings.events,
             .stats = {}},
      pauses_(state_.stats.pauses, Clock(options.tsc_hz)),
      sweep_interval_(Clock(options.tsc_hz).ticks(kSweepInterval)) {
  state_.device = state_.engine->async();
  state_.stats.ports = std::vector<PortStats>(state_.ports.size());
}

bool Worker::poll_once() noexcept {
  Tsc from = state_.now = Clock::now();
  // Before a sweep asks Linux anew, or it would not be known any more what happened here.
  if (idle_since_ != 0) pauses_.stretch(PauseKind::kIdle, idle_since_, from, 0);
  const std::uint64_t worked_on = state_.stats.worked_on();
  bool busy = false;
  if (const int commands = drain_commands(); commands != 0) {
    busy = true;
    from = next_stretch(PauseKind::kCommands, from, static_cast<std::uint64_t>(commands));
    state_.stats.command_ticks.add(from - state_.now);
  }
  for (std::uint16_t port = 0; port < state_.ports.size(); ++port) busy |= poll_port(port);
  busy |= poll_hand_over();
  busy |= poll_device();
  busy |= poll_players();
  retirement_.send_due();
  const std::uint64_t packets = state_.stats.worked_on() - worked_on;
  from = next_stretch(packets == 0 ? PauseKind::kIdle : PauseKind::kPackets, from, packets);
  if (state_.now - last_sweep_ > sweep_interval_) {
    sweep();
    from = next_stretch(PauseKind::kSweep, from, 1);
  }

  pass_ended_ = from;
  const Tsc spent = pass_ended_ - state_.now;
  state_.stats.passes.add();
  state_.stats.total_ticks.add(spent);
  if (busy) state_.stats.busy_ticks.add(spent);
  return busy;
}

/// Ends a stretch of the pass's time, in which `items` of `kind` were worked on. Returns when that was.
Tsc Worker::next_stretch(PauseKind kind, Tsc from, std::uint64_t items) noexcept {
  const Tsc now = Clock::now();
  pauses_.stretch(kind, from, now, items);
  return now;
}

void Worker::run(const std::atomic<bool>& stop) noexcept {
  unsigned idle = 0;
  idle_since_ = Clock::now();
  pauses_.sample(idle_since_);
  while (!stop.load(std::memory_order_relaxed)) {
    const bool busy = poll_once();
    idle_since_ = pass_ended_;
    if (busy) {
      idle = 0;
    } else if (options_.idle_polls != 0 && ++idle >= options_.idle_polls) {
      std::this_thread::sleep_for(options_.idle_sleep);
      const Tsc slept = Clock::now() - idle_since_;
      state_.stats.idle_sleeps.add();
      state_.stats.slept_ticks.add(slept);
      state_.stats.total_ticks.add(slept);
      idle_since_ += slept;
    }
  }
  idle_since_ = 0;
}

/// Steps 1 to 8 for one port.
bool Worker::poll_port(std::uint16_t port) noexcept {
  WorkerPort& worker_port = state_.ports[port];
  if (!worker_port.has_queue) return false;
  StageTimer timer(state_.stats);
  Burst burst;
  burst.resize(worker_port.port->rx(worker_port.queue, burst.data(), kBurst));
  const std::uint16_t received = burst.size();
  if (received != 0) {
    state_.stats.rx.add(received);
    state_.stats.ports[port].rx.add(received);
    timer.lap(Stage::kRx, received);
    watch_arrival(state_, burst, port);
    classify(state_, burst, port);
    timer.lap(Stage::kClassify, received);
    Burst none;
    run_stages(burst, none);
    timer.lap(Stage::kCount, 0);
  }
  const std::uint16_t punted = exchange_punts(state_, port);
  timer.lap(Stage::kPunt, punted);
  return received != 0 || punted != 0;
}

/// Steps 3 to 7 for packets whose leg is known (`received`) and for clear media that other workers delivered (`media`).
void Worker::run_stages(Burst& received, Burst& media) noexcept {
  StageTimer timer(state_.stats);
  const std::uint16_t packets = received.size();
  watch_found(state_, received);
  unprotect(state_, received);
  timer.lap(Stage::kUnprotect, packets);
  forward(timer, received, media);
}

/// Steps 4 to 7.
void Worker::forward(StageTimer& timer, Burst& opened, Burst& media) noexcept {
  std::uint16_t packets = opened.size();
  watch_opened(state_, opened);
  route(state_, opened);
  timer.lap(Stage::kRoute, packets);
  for (Burst* burst : {&opened, &media}) {
    packets = burst->size();
    watch_routed(state_, *burst);
    protect(state_, *burst);
    timer.lap(Stage::kProtect, packets);
    packets = burst->size();
    watch_transmit(state_);
    transmit(state_, *burst);
    timer.lap(Stage::kTransmit, packets);
  }
}

bool Worker::poll_hand_over() noexcept {
  bool any = false;
  for (std::size_t from = 0; from < state_.workers; ++from) {
    if (from == state_.id) continue;
    auto& ring = rings_.hand_over->between(from, state_.id);
    Burst received;
    Burst media;
    std::uint16_t taken = 0;
    for (rte_mbuf* packet = nullptr; taken < kBurst && ring.pop(packet); ++taken) {
      watch_taken(state_, packet, static_cast<WorkerId>(from));
      take_handed_over(received, media, packet);
    }
    if (taken == 0) continue;
    any = true;
    state_.stats.handed_in.add(taken);
    run_stages(received, media);
    flush_egress(state_);
  }
  return any;
}

/// What a crypto device is done with goes on where it was parked: steps 4 to 7, or 7.
bool Worker::poll_device() noexcept {
  if (state_.device == nullptr) return false;
  bool any = collect_from_device(state_) != 0;
  StageTimer timer(state_.stats);
  for (;;) {
    Burst opened;
    Burst sealed;
    if (!resume(state_, opened, sealed)) break;
    any = true;
    Burst none;
    forward(timer, opened, none);
    const std::uint16_t packets = sealed.size();
    watch_transmit(state_);
    transmit(state_, sealed);
    timer.lap(Stage::kTransmit, packets);
  }
  return any;
}

/// Step 5, and 6 and 7 for what it made.
bool Worker::poll_players() noexcept {
  if (state_.playout->empty()) return false;
  bool any = false;
  StageTimer timer(state_.stats);
  for (int bursts = 0; bursts < kPlayoutBurstsPerPass; ++bursts) {
    Burst made;
    if (!pace(state_, made)) break;
    any = true;
    timer.lap(Stage::kPace, made.size());
    Burst none;
    forward(timer, none, made);
    timer.lap(Stage::kCount, 0);
  }
  return any;
}

void Worker::take_handed_over(Burst& received, Burst& media, rte_mbuf* packet) noexcept {
  const PacketMeta& meta = meta_of(packet);
  switch (meta.hand_over) {
    case HandOver::kReceived:
      if (find_leg(state_, packet)) received.push(packet);
      break;
    case HandOver::kMedia:
      if (deliver(state_, packet, meta.sink)) media.push(packet);
      break;
    case HandOver::kTransmit:
      queue_frame(state_, meta.egress_port, packet);
      break;
  }
}

void Worker::discard_handed_over() noexcept {
  for (std::size_t from = 0; from < state_.workers; ++from) {
    if (from == state_.id) continue;
    for (rte_mbuf* packet = nullptr; rings_.hand_over->between(from, state_.id).pop(packet);) {
      state_.stats.handed_in.add();
      drop(state_, packet, nullptr, DropReason::kSinkGone);
    }
  }
}

/// Returns how many there were.
int Worker::drain_commands() noexcept {
  int done = 0;
  for (; done < kCommandsPerPass && retirement_.has_room(kEventsPerCommand); ++done) {
    Command command;
    if (!rings_.commands->pop(command)) break;
    std::visit([this](auto& order) noexcept { apply(order); }, command);
  }
  if (done == 0) return 0;
  state_.stats.commands.add(static_cast<std::uint64_t>(done));
  return done;
}

/// Checks the accounting and a share of the streams: keys whose grace time is over, media that stopped or came back.
void Worker::sweep() noexcept {
  last_sweep_ = state_.now;
  state_.stats.preempted.set(pauses_.sample(state_.now));
  if (!state_.stats.balanced()) state_.stats.imbalances.add();
  if (state_.device != nullptr) tell_of_device();
  const std::uint32_t capacity = state_.table.capacity();
  const std::uint32_t share = capacity / kSweepsPerRound + 1;
  for (std::uint32_t i = 0; i < share && retirement_.has_room(kEventsPerCommand); ++i) {
    if (sweep_next_ >= capacity) {
      sweep_next_ = 0;
      ++sweep_rounds_;
    }
    Stream* stream = state_.table.in_slot(sweep_next_++);
    if (stream != nullptr) sweep_stream(*stream);
  }
}

/// Without room it is said at a later sweep.
void Worker::tell_of_device() noexcept {
  const bool silent = state_.device_watch.silent();
  state_.stats.silent.set(silent ? 1 : 0);
  state_.stats.unanswered.set(quarantine_.size());
  if (silent == told_silent_) return;
  const bool told = silent ? rings_.events->push(DeviceSilent{}) : rings_.events->push(DeviceAnswers{});
  if (told) told_silent_ = silent;
}

void Worker::sweep_stream(Stream& stream) noexcept {
  if (stream.rx_previous != nullptr && state_.now >= stream.rx_previous_until) {
    stream.re_keyed = false;
    retire(std::move(stream.rx_previous), stream);
  }
  if (stream.attention_waits) attend(state_, stream);
  if (sweep_rounds_ % kRoundsPerKeyUse == 0) publish_key_use(stream);
  if (stream.media_timeout == 0) return;
  const Tsc last = std::max(stream.last_media.read(), stream.installed);
  const bool silent = state_.now > last && state_.now - last > stream.media_timeout;
  if (silent == stream.media_lost) return;
  // Without room it is said in a later round.
  const bool told = silent ? rings_.events->push(MediaLost{stream.id}) : rings_.events->push(MediaResumed{stream.id});
  if (told) stream.media_lost = silent;
}

}  // namespace sallyport::dataplane
