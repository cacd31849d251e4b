// Sessions that come, are re-keyed and go while a worker is busy: does control ever keep packets waiting? One worker
// runs on a core of its own as in the product, behind DataplaneClient. The calling thread plays the network over ring
// ports, at a share of what the worker was seen to take at most, and is the control plane besides: it makes sessions,
// takes their ports from the allocator, re-keys both legs' keys and removes them.
//
// Pauses are measured by the worker (WorkerStats::pauses). The machine makes some, too, in the worker and in the
// calling thread; what is whose is said by churn_verdict.hpp. Options: --rate=SESSIONS a second, --load=PERCENT,
// --seconds=S.
#include <rte_cycles.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <random>
#include <stdexcept>
#include <string>

#include "controlplane/dataplane_client.hpp"
#include "controlplane/session/port_allocator.hpp"
#include "crypto/bytes.hpp"
#include "crypto/engine_set.hpp"
#include "dataplane/pause_watch.hpp"
#include "drivers/eal.hpp"
#include "drivers/ring_port.hpp"
#include "perf/churn_verdict.hpp"
#include "perf/pass_timer.hpp"
#include "perf/relay_parts.hpp"
#include "perf/shape.hpp"

namespace sallyport::perf {
namespace {

using controlplane::DataplaneClient;
using controlplane::MediaPort;
using controlplane::PortAllocator;
using controlplane::StreamHandle;
using dataplane::Tsc;

constexpr std::size_t kHeaders = 14 + 20 + 8;
constexpr std::size_t kRtp = 172;
constexpr std::uint32_t kMaxStreams = 32768;
constexpr unsigned kBurst = 32;
constexpr unsigned kSlots = 4096;
constexpr std::size_t kLoadedSessions = 1000;
constexpr std::size_t kLivingSessions = 2000;        ///< of those that come and go
constexpr std::array<std::uint16_t, 2> kLegs{0, 1};  ///< pools: west and east
const char* const kLocal[] = {"192.0.2.1", "198.51.100.1"};
const char* const kRemote[] = {"192.0.2.99", "198.51.100.99"};

double seconds_of(Tsc ticks) { return static_cast<double>(ticks) / static_cast<double>(rte_get_tsc_hz()); }

/// The fastest that this host has.
std::unique_ptr<crypto::Engine> make_engine() { return std::make_unique<crypto::EngineSet>(crypto::EngineChoice{}); }

/// Plain RTP in the west, SRTP in the east.
struct Session {
  std::vector<MediaPort> ports;
  std::array<StreamHandle, 2> legs;
};

class Control {
 public:
  Control(DataplaneClient& dataplane, std::span<const std::unique_ptr<drivers::EthPort>> ports)
      : dataplane_(dataplane),
        ports_(ports),
        engine_(make_engine()),
        allocator_({{"west", {ip(kLocal[0])}, {20000, 59999}}, {"east", {ip(kLocal[1])}, {20000, 59999}}},
                   dataplane.workers(), std::chrono::milliseconds(200)) {}

  Session make() {
    Session session;
    session.ports = allocator_.take(kLegs, std::chrono::steady_clock::now());
    for (std::size_t side = 0; side < 2; ++side) session.legs[side] = dataplane_.reserve(session.ports[side].port);
    for (std::size_t side = 0; side < 2; ++side) dataplane_.add(session.legs[side], build(session, side));
    return session;
  }
  void rekey(const Session& session) {
    dataplane_.rekey_receive(session.legs[1], context(), std::chrono::milliseconds(50));
    dataplane_.rekey_send(session.legs[1], context());
  }
  void remove(const Session& session) {
    for (const StreamHandle& leg : session.legs) dataplane_.remove(leg);
    for (const MediaPort& port : session.ports) allocator_.give_back(port, std::chrono::steady_clock::now());
  }

 private:
  std::unique_ptr<crypto::Context> context() {
    crypto::MasterKey master;
    crypto::store_be32(master.key.data(), ++keys_made_);
    return std::make_unique<crypto::Context>(*engine_, *crypto::find_suite("AES_CM_128_HMAC_SHA1_80"), master);
  }
  std::uint32_t any_number() { return static_cast<std::uint32_t>(random_()); }
  std::unique_ptr<dataplane::Stream> build(const Session& session, std::size_t side) {
    const std::uint16_t port = session.ports[side].port;
    LegPlan plan{.side = side,
                 .id = {},  // DataplaneClient's
                 .sink = {session.legs[1 - side].worker, session.legs[1 - side].stream},
                 .address_slot = static_cast<std::uint16_t>(side),
                 .local = {ip(kLocal[side]), port},
                 .remote = {ip(kRemote[side]), port},
                 .rx = side == 1 ? context() : nullptr,
                 .tx = side == 1 ? context() : nullptr,
                 .seed = {.ssrc = any_number(), .ssrc_stride = 0x10001, .random = any_number()}};
    return make_leg(std::move(plan), *ports_[side], dataplane_.clock().hz());
  }

  DataplaneClient& dataplane_;
  std::span<const std::unique_ptr<drivers::EthPort>> ports_;
  std::unique_ptr<crypto::Engine> engine_;
  PortAllocator allocator_;
  std::uint32_t keys_made_ = 0;
  std::mt19937 random_{4711};
};

/// The network: packets for the loaded sessions in the west, and what comes out in the east.
class Network {
 public:
  Network(drivers::RingPort& west, drivers::RingPort& east, drivers::MbufPool& pool, const drivers::EthPort& port,
          const std::vector<Session>& sessions)
      : west_(west), east_(east), pool_(pool) {
    for (std::size_t i = 0; i < sessions.size(); ++i) frames_.push_back(frame(port, sessions[i].ports[0].port, i));
  }

  /// Puts up to `count` packets in; fewer where ring or pool are full.
  void play(unsigned count) {
    std::array<rte_mbuf*, kBurst> burst;
    count = std::min(count, kBurst);
    if (rte_pktmbuf_alloc_bulk(pool_.get(), burst.data(), count) != 0) return;
    for (unsigned i = 0; i < count; ++i) {
      Frame& next = frames_[next_];
      if (++next_ == frames_.size()) next_ = 0;
      crypto::store_be16(next.data() + kHeaders + 2, ++sequences_[static_cast<std::size_t>(&next - frames_.data())]);
      std::memcpy(rte_pktmbuf_append(burst[i], kHeaders + kRtp), next.data(), next.size());
    }
    const unsigned taken = west_.inject(burst.data(), count);
    offered_ += taken;
    refused_ += count - taken;
    if (taken != count) rte_pktmbuf_free_bulk(burst.data() + taken, count - taken);
  }
  void collect() {
    std::array<rte_mbuf*, 64> packets;
    while (const unsigned count = east_.collect(packets.data(), packets.size())) {
      rte_pktmbuf_free_bulk(packets.data(), count);
      collected_ += count;
    }
  }

  std::uint64_t offered() const { return offered_; }
  std::uint64_t refused() const { return refused_; }
  std::uint64_t collected() const { return collected_; }

 private:
  using Frame = std::array<std::uint8_t, kHeaders + kRtp>;

  Frame frame(const drivers::EthPort& port, std::uint16_t to, std::size_t number) {
    rte_mbuf* packet = rte_pktmbuf_alloc(pool_.get());
    if (packet == nullptr) throw std::runtime_error("out of packet buffers");
    auto* rtp = reinterpret_cast<std::uint8_t*>(rte_pktmbuf_append(packet, kRtp));
    std::fill_n(rtp, kRtp, std::uint8_t{0});
    rtp[0] = 0x80;
    crypto::store_be32(rtp + 8, static_cast<std::uint32_t>(number + 1));
    dataplane::EgressHeader header({ip(kRemote[0]), to}, {ip(kLocal[0]), to});
    header.set_next_hop(kNextHop, port.mac());
    header.push(packet, 0, 0, {});
    Frame bytes;
    std::copy_n(rte_pktmbuf_mtod(packet, const std::uint8_t*), bytes.size(), bytes.begin());
    rte_pktmbuf_free(packet);
    sequences_.push_back(0);
    return bytes;
  }

  drivers::RingPort& west_;
  drivers::RingPort& east_;
  drivers::MbufPool& pool_;
  std::vector<Frame> frames_;
  std::vector<std::uint16_t> sequences_;
  std::size_t next_ = 0;
  std::uint64_t offered_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t collected_ = 0;
};

/// What a run is asked for.
struct Wish {
  double sessions_per_second = 5000;
  double load = 0.8;
  double seconds = 3;
};

/// What it showed.
struct Outcome {
  double packets_per_second;
  double sessions_per_second;
  double worker_load;  ///< share of its time in which the worker had work
  double lost;         ///< packets that were offered and did not come out
  double command_us;   ///< mean
  ChurnVerdict verdict;
};

class Churn {
 public:
  explicit Churn(const drivers::Eal& eal, unsigned core)
      : pool_(16383, -1),
        rings_{drivers::RingPort(kSideNames[0], 1, kSlots), drivers::RingPort(kSideNames[1], 1, kSlots)},
        ports_{make_side(0, 1, pool_), make_side(1, 1, pool_)},
        dataplane_({.cores = {core},
                    .max_streams = kMaxStreams,
                    .make_engine = [](dataplane::WorkerId) { return make_engine(); },
                    .idle_polls = 0},
                   eal, {{.port = ports_[0].get()}, {.port = ports_[1].get()}},
                   {{ip(kLocal[0]), {20000, 59999}, 0}, {ip(kLocal[1]), {20000, 59999}, 1}}),
        control_(dataplane_, ports_) {
    dataplane_.start();
    for (std::size_t i = 0; i < kLoadedSessions; ++i) loaded_.push_back(control_.make());
    while (stats().streams.read() != 2 * kLoadedSessions) dataplane_.poll();
  }
  ~Churn() { dataplane_.stop(); }
  Churn(const Churn&) = delete;
  Churn& operator=(const Churn&) = delete;

  Outcome run(const Wish& wish) {
    Network network(rings_[0], rings_[1], pool_, *ports_[0], loaded_);
    const double most = find_most(network);
    return run_at(network, wish, most * wish.load);
  }

 private:
  const dataplane::WorkerStats& stats() const { return dataplane_.worker(0).stats(); }

  /// Packets that the worker takes in a second in which it is never idle.
  double find_most(Network& network) {
    const Tsc end = rte_get_tsc_cycles() + rte_get_tsc_hz();
    const std::uint64_t busy = stats().busy_ticks.read();
    const std::uint64_t sent = stats().tx.read();
    while (rte_get_tsc_cycles() < end) {
      network.play(kBurst);
      network.collect();
    }
    const std::uint64_t done = stats().tx.read() - sent;
    const double most = static_cast<double>(done) / seconds_of(stats().busy_ticks.read() - busy);
    settle(network);
    return most;
  }

  Outcome run_at(Network& network, const Wish& wish, double packets_per_second) {
    const std::uint64_t offered = network.offered();
    const std::uint64_t collected = network.collected();
    const std::uint64_t refused = network.refused();
    const WorkerTimes before = times();
    const std::uint64_t commands = stats().commands.read();
    const Tsc start = rte_get_tsc_cycles();
    std::uint64_t played = 0;
    std::uint64_t sessions = 0;
    dataplane::PauseLog own_pauses;
    dataplane::PauseWatch watch(own_pauses, dataplane_.clock());
    std::vector<Loss> losses;
    std::uint64_t lost = refused + stats().dropped();
    Tsc last = start;
    watch.sample(start);
    for (double now = 0; now < wish.seconds; now = seconds_of(last - start)) {
      const auto due = static_cast<std::uint64_t>(now * packets_per_second);
      if (due > played) {
        const auto count = static_cast<unsigned>(std::min<std::uint64_t>(due - played, kBurst));
        network.play(count);
        played += count;
      }
      network.collect();
      const bool turn = static_cast<double>(sessions) < now * wish.sessions_per_second;
      if (turn) {
        watch.sample(last);
        ++sessions;
        turn_over();
      }
      dataplane_.poll();
      const Tsc ended = rte_get_tsc_cycles();
      watch.stretch(turn ? dataplane::PauseKind::kCommands : dataplane::PauseKind::kPackets, last, ended, 1);
      last = ended;
      const std::uint64_t lost_now = network.refused() + stats().dropped();
      if (lost_now != lost) losses.push_back({ended, lost_now - lost});
      lost = lost_now;
    }
    const double seconds = seconds_of(last - start);
    const WorkerTimes spent = times() - before;
    const ChurnVerdict verdict = judge_churn(stats().pauses, own_pauses, spent, losses, start, dataplane_.clock());
    const auto done = static_cast<double>(stats().commands.read() - commands);
    settle(network);
    const std::uint64_t passed = network.collected() - collected;
    return {.packets_per_second = static_cast<double>(passed) / seconds,
            .sessions_per_second = static_cast<double>(sessions) / seconds,
            .worker_load = spent.busy / (spent.busy + spent.idle),
            .lost = static_cast<double>(network.offered() - offered - passed + network.refused() - refused),
            .command_us = spent.commands * 1e6 / std::max(done, 1.0),
            .verdict = verdict};
  }

  WorkerTimes times() const {
    const double busy = seconds_of(stats().busy_ticks.read());
    return {busy, seconds_of(stats().total_ticks.read()) - busy, seconds_of(stats().command_ticks.read())};
  }

  /// One session comes, one is re-keyed, and the oldest goes.
  void turn_over() {
    living_.push_back(control_.make());
    control_.rekey(living_[living_.size() / 2]);
    if (living_.size() <= kLivingSessions) return;
    control_.remove(living_.front());
    living_.pop_front();
  }

  /// Until everything that is under way has come out.
  void settle(Network& network) {
    const Tsc end = rte_get_tsc_cycles() + rte_get_tsc_hz() / 5;
    while (rte_get_tsc_cycles() < end) {
      network.collect();
      dataplane_.poll();
    }
  }

  drivers::MbufPool pool_;
  std::array<drivers::RingPort, 2> rings_;
  std::array<std::unique_ptr<drivers::EthPort>, 2> ports_;
  DataplaneClient dataplane_;
  Control control_;
  std::vector<Session> loaded_;
  std::deque<Session> living_;
};

void add_rows(const Outcome& outcome, const Wish& wish) {
  const std::string name = "churn/sessions:" + std::to_string(static_cast<int>(wish.sessions_per_second)) +
                           "/load:" + std::to_string(static_cast<int>(wish.load * 100)) + "/figure:";
  const auto add = [&](const char* figure, double value, const char* unit) {
    add_row(name + figure, [=](benchmark::State& state) {
      for (auto iteration : state) {
        static_cast<void>(iteration);
        state.SetIterationTime(wish.seconds);
      }
      state.counters["value"] = value;
      state.SetLabel(unit);
    });
  };
  add("packets", outcome.packets_per_second, "packets a second");
  add("sessions", outcome.sessions_per_second, "sessions a second");
  add("worker_load", outcome.worker_load * 100, "%");
  add("lost", outcome.lost, "packets");
  add("command", outcome.command_us, "us a command");
  const ChurnVerdict& verdict = outcome.verdict;
  if (!verdict.complete) {
    std::fprintf(stderr, "absent: churn: whose the pauses are: there were more than the worker keeps\n");
    return;
  }
  add("lost_outside", verdict.lost_outside, "packets, outside of the machine's pauses");
  add("control_pause", verdict.control_pause_us, "us, the longest that control kept packets waiting");
  add("packets_pause", verdict.packets_pause_us, "us, the longest that packets kept packets waiting");
  add("machine_pause", verdict.machine_pause_us, "us, the longest that the machine did");
  add("machine_pauses", verdict.machine_pauses_per_second, "a second of time without work");
  add("pauses_in_packets", verdict.packet_pauses_per_second, "a second of time with packets");
  add("pauses_in_commands", verdict.command_pauses, "in all");
  add("expected_in_commands", verdict.expected_command_pauses, "in all, were they the machine's");
  add("machine_time", 100 * verdict.machine_share, "% of the time, pauses of both threads and what piled up behind");
}

double number_option(int& argc, char** argv, const char* option, double otherwise) {
  const std::string text = take_option(argc, argv, option);
  if (text.empty()) return otherwise;
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (*end == '\0' && value > 0) return value;
  std::fprintf(stderr, "%s%s: expected a number above 0\n", option, text.c_str());
  std::exit(2);
}

}  // namespace
}  // namespace sallyport::perf

int main(int argc, char** argv) {
  using namespace sallyport;
  perf::Wish wish;
  wish.sessions_per_second = perf::number_option(argc, argv, "--rate=", wish.sessions_per_second);
  wish.load = perf::number_option(argc, argv, "--load=", wish.load * 100) / 100;
  wish.seconds = perf::number_option(argc, argv, "--seconds=", wish.seconds);
  const std::vector<unsigned> cores = perf::usable_cores();
  if (cores.size() < 2) {
    std::fprintf(stderr, "absent: churn_bench: a worker and control need two cores\n");
    return 0;
  }
  const unsigned worker_core = cores.back();
  drivers::EalOptions options;
  options.worker_cores = {worker_core};
  const drivers::Eal eal(options);
  perf::pin_to(cores.front());
  perf::Outcome outcome;
  {
    perf::Churn churn(eal, worker_core);
    outcome = churn.run(wish);
  }
  perf::add_rows(outcome, wish);
  return perf::run_rows(argc, argv);
}
