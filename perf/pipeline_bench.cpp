// The whole of Worker::poll_once() over ring ports: what one RTP packet costs from the ring of one port to the ring of
// the other, in all and per stage. Options beside Google Benchmark's: --streams=N --burst=N --size=N.
//
// The time is the worker's own: TSC ticks of the passes that found work (WorkerStats::busy_ticks). Making packets,
// putting them into the ring and taking them out again happens between passes and is not in it. Each pass finds `burst`
// packets; 1024 are made ahead, as many as wait in a port's descriptors. The median pass counts, so that other programs
// on the same core do not. A row engine:relay_no_crypto is the same traffic between plain legs.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <stdexcept>

#include "crypto/rtp_wire.hpp"
#include "crypto/transform.hpp"
#include "drivers/eal.hpp"
#include "perf/traffic.hpp"
#include "tests/scenario/gateway.hpp"

namespace sallyport::perf {
namespace {

using scenario::Gateway;
using scenario::Leg;
using scenario::Side;

constexpr std::size_t kInFlight = 1024;

/// What goes in and comes out.
struct Path {
  std::string name;
  bool secure_in;
  bool secure_out;
};

const Path kPaths[] = {{"rtp_to_srtp", false, true}, {"srtp_to_rtp", true, false}, {"srtp_to_srtp", true, true}};
constexpr const char* kSuites[] = {"AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM"};

/// One figure per stage, then one for the whole pass.
template <typename T>
using PerStage = std::array<T, dataplane::kStages + 1>;

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Leg make_leg(const char* side, std::uint32_t number, bool secure, const std::string& suite) {
  Leg leg = secure ? scenario::secure_leg(side, suite) : scenario::plain_leg(side);
  leg.name = side + std::to_string(number);
  leg.peer = (leg.side == Side::kWest ? "east" : "west") + std::to_string(number);
  leg.local.port = static_cast<std::uint16_t>(20000 + 2 * number);
  leg.remote.port = leg.local.port;
  return leg;
}

/// A gateway with one pair of legs per stream, and the packets that go through it from west to east.
class Pipeline {
 public:
  Pipeline(const Path& path, const std::string& suite, const Shape& shape, drivers::MbufPool& pool);

  std::size_t packets() const { return lengths_.size(); }
  /// One round over all packets; throws where one of them does not come out.
  void round();
  /// Nanoseconds per packet of the median pass of all rounds.
  PerStage<double> result();

 private:
  void protect_packets();
  rte_mbuf* to_mbuf(std::size_t i);
  /// Plays `count` packets of the round from `first` on.
  void play(std::size_t first, std::size_t count);
  PerStage<std::uint64_t> ticks();
  void pass(unsigned packets);
  void collect(std::size_t expected);

  Shape shape_;
  Traffic traffic_;
  drivers::MbufPool& pool_;
  Gateway gateway_;
  std::unique_ptr<crypto::Engine> engine_;
  crypto::WorkspacePtr workspace_;
  std::vector<std::unique_ptr<crypto::Context>> senders_;  ///< empty where plain RTP comes in
  std::vector<scenario::Bytes> headers_;                   ///< Ethernet, IP and UDP, by stream
  std::vector<std::uint16_t> lengths_;                     ///< of the packets as they come in
  std::array<rte_mbuf*, kInFlight> packets_{};
  PerStage<std::vector<double>> samples_;  ///< nanoseconds per packet, by pass
  double ns_per_tick_;
};

Pipeline::Pipeline(const Path& path, const std::string& suite, const Shape& shape, drivers::MbufPool& pool)
    : shape_(shape),
      traffic_(shape),
      pool_(pool),
      gateway_({.max_streams = 2 * shape.streams}, pool),
      engine_(crypto::make_engine(crypto::EngineKind::kIpsecMb)),
      workspace_(crypto::make_workspace()),
      lengths_(traffic_.packets()),
      ns_per_tick_(1e9 / static_cast<double>(gateway_.ticks(std::chrono::seconds(1)))) {
  std::vector<Leg> legs;
  for (std::uint32_t i = 0; i < shape.streams; ++i) {
    legs.push_back(make_leg("west", i, path.secure_in, suite));
    const Leg& west = legs.back();
    if (path.secure_in) senders_.push_back(gateway_.make_context(*west.receive_key, 1));
    const std::size_t overhead = path.secure_in ? west.receive_key->suite->rtp_tag_len : 0U;
    scenario::Bytes frame = scenario::Frame(west.remote, west.local)
                                .macs(scenario::kNextHopMacs[0], scenario::kGatewayMacs[0])
                                .no_udp_checksum()
                                .payload(scenario::Bytes(shape.size + overhead))
                                .bytes();
    frame.resize(frame.size() - shape.size - overhead);
    headers_.push_back(std::move(frame));
    legs.push_back(make_leg("east", i, path.secure_out, suite));
  }
  gateway_.add(legs);
}

void Pipeline::protect_packets() {
  for (std::size_t first = 0; first < lengths_.size(); first += crypto::kMaxBurst) {
    std::array<crypto::SrtpPacket, crypto::kMaxBurst> burst{};
    const std::size_t count = std::min<std::size_t>(burst.size(), lengths_.size() - first);
    for (std::size_t i = 0; i < count; ++i) {
      burst[i].context = senders_[traffic_.stream_of(first + i)].get();
      burst[i].data = traffic_.packet(first + i);
      burst[i].length = lengths_[first + i];
      burst[i].header_len = crypto::kRtpFixedHeader;
      burst[i].room = static_cast<std::uint16_t>(traffic_.room());
    }
    crypto::protect(*engine_, *workspace_, std::span(burst.data(), count));
    for (std::size_t i = 0; i < count; ++i) lengths_[first + i] = burst[i].length;
  }
}

rte_mbuf* Pipeline::to_mbuf(std::size_t i) {
  rte_mbuf* packet = rte_pktmbuf_alloc(pool_.get());
  if (packet == nullptr) throw std::runtime_error("out of packet buffers");
  const scenario::Bytes& header = headers_[traffic_.stream_of(i)];
  char* room = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(header.size() + lengths_[i]));
  std::memcpy(room, header.data(), header.size());
  std::memcpy(room + header.size(), traffic_.packet(i), lengths_[i]);
  return packet;
}

PerStage<std::uint64_t> Pipeline::ticks() {
  const dataplane::WorkerStats& stats = gateway_.worker(0).stats();
  PerStage<std::uint64_t> all;
  for (std::size_t i = 0; i < dataplane::kStages; ++i) all[i] = stats.stages[i].ticks.read();
  all.back() = stats.busy_ticks.read();
  return all;
}

void Pipeline::round() {
  traffic_.rewrite();
  std::fill(lengths_.begin(), lengths_.end(), static_cast<std::uint16_t>(shape_.size));
  if (!senders_.empty()) protect_packets();
  for (std::size_t first = 0; first < lengths_.size(); first += kInFlight) {
    play(first, std::min(kInFlight, lengths_.size() - first));
  }
}

PerStage<double> Pipeline::result() {
  PerStage<double> medians;
  std::transform(samples_.begin(), samples_.end(), medians.begin(), median);
  return medians;
}

void Pipeline::pass(unsigned packets) {
  const PerStage<std::uint64_t> before = ticks();
  gateway_.pass(0);
  const PerStage<std::uint64_t> after = ticks();
  for (std::size_t i = 0; i < after.size(); ++i) {
    samples_[i].push_back(static_cast<double>(after[i] - before[i]) * ns_per_tick_ / packets);
  }
}

void Pipeline::play(std::size_t first, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) packets_[i] = to_mbuf(first + i);
  drivers::RingPort& west = gateway_.ring_port(Side::kWest);
  for (std::size_t i = 0; i < count; i += shape_.burst) {
    const auto burst = static_cast<unsigned>(std::min<std::size_t>(shape_.burst, count - i));
    if (west.inject(&packets_[i], burst) != burst) throw std::runtime_error("the ring is full");
    pass(burst);
  }
  collect(count);
}

/// Everything must have come out: a dropped packet is a fast one.
void Pipeline::collect(std::size_t expected) {
  drivers::RingPort& east = gateway_.ring_port(Side::kEast);
  std::array<rte_mbuf*, 64> out;
  std::size_t collected = 0;
  while (const unsigned count = east.collect(out.data(), out.size())) {
    rte_pktmbuf_free_bulk(out.data(), count);
    collected += count;
  }
  const std::uint64_t dropped = gateway_.worker(0).stats().dropped();
  if (collected != expected || dropped != 0) {
    throw std::runtime_error(std::to_string(collected) + " packets of " + std::to_string(expected) +
                             " came out, dropped: " + std::to_string(dropped));
  }
}

PerStage<double> measure(benchmark::State& state, const Path& path, const std::string& suite, const Shape& shape,
                         drivers::MbufPool& pool) {
  Pipeline pipeline(path, suite, shape, pool);
  for (auto iteration : state) {
    static_cast<void>(iteration);
    pipeline.round();
    state.SetIterationTime(pipeline.result().back() * static_cast<double>(pipeline.packets()) * 1e-9);
  }
  return pipeline.result();
}

std::string row(const char* name, const std::string& path, const std::string& suite, const Shape& shape,
                const std::string& engine) {
  return std::string(name) + "/direction:" + path + "/suite:" + suite + "/size:" + std::to_string(shape.size) +
         "/burst:" + std::to_string(shape.burst) + "/streams:" + std::to_string(shape.streams) + "/engine:" + engine;
}

/// One row for the whole pass and its baseline, and one per stage with what the last run of the whole pass measured.
class Rows {
 public:
  explicit Rows(drivers::MbufPool& pool) : pool_(pool) {}

  void add(const Path& path, const std::string& suite, const Shape& shape) {
    add_pass(path, path, suite, shape, "ipsec_mb");
    add_pass(path, Path{"rtp_to_rtp", false, false}, suite, shape, "relay_no_crypto");
    for (std::size_t i = 0; i < dataplane::kStages; ++i) {
      // No port here has a twin.
      if (static_cast<dataplane::Stage>(i) != dataplane::Stage::kPunt) add_stage(path, suite, shape, i);
    }
  }

 private:
  void add_pass(const Path& path, const Path& played, const std::string& suite, const Shape& shape,
                const std::string& engine) {
    const std::string name = row("pipeline", path.name, suite, shape, engine);
    benchmark::RegisterBenchmark(name.c_str(), [=, this](benchmark::State& state) {
      results_[name] = measure(state, played, suite, shape, pool_);
      state.counters["ns_per_packet"] = results_[name].back();
    })->UseManualTime();
  }

  void add_stage(const Path& path, const std::string& suite, const Shape& shape, std::size_t stage) {
    const std::string pass = row("pipeline", path.name, suite, shape, "ipsec_mb");
    const std::string name = row("pipeline_stage", path.name, suite, shape, "ipsec_mb") +
                             "/stage:" + std::string(dataplane::kStageNames[stage]);
    benchmark::RegisterBenchmark(name.c_str(),
                                 [=, this](benchmark::State& state) {
                                   const auto known = results_.find(pass);
                                   if (known == results_.end())
                                     return state.SkipWithError("comes with the row of the whole pass");
                                   for (auto iteration : state) {
                                     static_cast<void>(iteration);
                                     state.SetIterationTime(known->second[stage] * 1e-9);
                                   }
                                   state.counters["ns_per_packet"] = known->second[stage];
                                 })
        ->UseManualTime()
        ->Iterations(1);
  }

  drivers::MbufPool& pool_;
  std::map<std::string, PerStage<double>> results_;
};

}  // namespace
}  // namespace sallyport::perf

int main(int argc, char** argv) {
  using namespace sallyport;
  const perf::Shape shape = perf::take_shape(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  constexpr std::uint32_t kMostStreams = 4000;  // pairs of ports per address
  if (shape.streams > kMostStreams) {
    std::fprintf(stderr, "expected --streams up to %u\n", kMostStreams);
    return 2;
  }
  drivers::EalOptions options;
  options.memory_mb = 256;
  const drivers::Eal eal(options);
  drivers::MbufPool pool(4095, -1);
  perf::Rows rows(pool);
  for (const std::uint32_t streams : std::set<std::uint32_t>{1, shape.streams, kMostStreams}) {
    perf::Shape with = shape;
    with.streams = streams;
    for (const auto& path : perf::kPaths) {
      for (const char* suite : perf::kSuites) rows.add(path, suite, with);
    }
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
