// The whole of Worker::poll_once() over ring ports: what one RTP packet costs from the ring of one port to the ring of
// the other, in all and per stage. Options beside Google Benchmark's: --streams, --burst, --size and --seconds
// (shape.hpp), and --engine=NAME for another crypto engine than the fastest of this host.
//
// The time is the worker's own: TSC ticks of the passes that found work (WorkerStats::busy_ticks). Making packets,
// putting them into the ring and taking them out again happens between passes and is not in it. Each pass finds `burst`
// packets; 1024 are made ahead, as many as wait in a port's descriptors. The median pass counts, so that other programs
// on the same core do not. At least 1 and 4,000 streams are measured. A row engine:relay_no_crypto is the same traffic
// between plain legs.
#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <stdexcept>

#include "crypto/error.hpp"
#include "crypto/rtp_wire.hpp"
#include "crypto/transform.hpp"
#include "drivers/eal.hpp"
#include "perf/pass_timer.hpp"
#include "tests/scenario/gateway.hpp"

namespace sallyport::perf {
namespace {

using scenario::Gateway;
using scenario::Leg;
using scenario::Side;

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
  Pipeline(const Path& path, const std::string& suite, const Shape& shape, crypto::EngineKind engine,
           drivers::MbufPool& pool);

  /// Until the worker was busy for `seconds`; throws where a packet does not come out.
  void run(double seconds);
  /// Nanoseconds per packet of the median pass.
  PerStage<double> result();

 private:
  /// Plays the next packets.
  void round();
  void protect_packets();
  rte_mbuf* to_mbuf(std::size_t i);
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
  std::vector<rte_mbuf*> packets_;
  PerStage<std::vector<double>> samples_;  ///< nanoseconds per packet, by pass
  double ns_per_tick_;
};

Pipeline::Pipeline(const Path& path, const std::string& suite, const Shape& shape, crypto::EngineKind engine,
                   drivers::MbufPool& pool)
    : shape_(shape),
      traffic_(shape),
      pool_(pool),
      gateway_({.engine = engine, .max_streams = 2 * shape.streams}, pool),
      engine_(crypto::make_engine(engine)),
      workspace_(crypto::make_workspace()),
      lengths_(traffic_.packets()),
      packets_(traffic_.packets()),
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

void Pipeline::run(double seconds) {
  for (std::size_t i = 0; i < traffic_.advances_per_round(); ++i) round();
  for (auto& samples : samples_) samples.clear();
  const std::uint64_t before = ticks().back();
  const double enough = seconds * 1e9 / ns_per_tick_;
  while (static_cast<double>(ticks().back() - before) < enough) round();
}

void Pipeline::round() {
  traffic_.advance();
  std::fill(lengths_.begin(), lengths_.end(), static_cast<std::uint16_t>(shape_.size));
  if (!senders_.empty()) protect_packets();
  for (std::size_t i = 0; i < packets_.size(); ++i) packets_[i] = to_mbuf(i);
  drivers::RingPort& west = gateway_.ring_port(Side::kWest);
  for (std::size_t i = 0; i < packets_.size(); i += shape_.burst) {
    const auto burst = static_cast<unsigned>(std::min<std::size_t>(shape_.burst, packets_.size() - i));
    if (west.inject(&packets_[i], burst) != burst) throw std::runtime_error("the ring is full");
    pass(burst);
  }
  collect(packets_.size());
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

/// One row for the whole pass and its baseline, and one per stage with what the last run of the whole pass measured.
class Rows {
 public:
  Rows(crypto::EngineKind engine, double seconds, drivers::MbufPool& pool)
      : engine_(engine), seconds_(seconds), pool_(pool) {}

  void add(const Path& path, const std::string& suite, const Shape& shape) {
    const std::string pass = row_name("pipeline", path.name, suite, shape, to_string(engine_));
    add_pass(pass, path, suite, shape);
    add_pass(row_name("pipeline", path.name, suite, shape, "relay_no_crypto"), Path{"rtp_to_rtp", false, false}, suite,
             shape);
    for (std::size_t i = 0; i < dataplane::kStages; ++i) {
      // No port here has a twin.
      if (static_cast<dataplane::Stage>(i) == dataplane::Stage::kPunt) continue;
      const std::string name = row_name("pipeline_stage", path.name, suite, shape, to_string(engine_));
      add_stage(name + "/stage:" + std::string(dataplane::kStageNames[i]), pass, i);
    }
  }

 private:
  void add_pass(const std::string& name, const Path& played, const std::string& suite, const Shape& shape) {
    add_row(name, [=, this](benchmark::State& state) {
      for (auto iteration : state) {
        static_cast<void>(iteration);
        Pipeline pipeline(played, suite, shape, engine_, pool_);
        pipeline.run(seconds_);
        results_[name] = pipeline.result();
        state.SetIterationTime(seconds_);
      }
      state.counters["ns_per_packet"] = results_[name].back();
    });
  }

  void add_stage(const std::string& name, const std::string& pass, std::size_t stage) {
    add_row(name, [=, this](benchmark::State& state) {
      const auto known = results_.find(pass);
      if (known == results_.end()) return state.SkipWithError("comes with the row of the whole pass");
      for (auto iteration : state) {
        static_cast<void>(iteration);
        state.SetIterationTime(known->second[stage] * 1e-9);
      }
      state.counters["ns_per_packet"] = known->second[stage];
    });
  }

  crypto::EngineKind engine_;
  double seconds_;
  drivers::MbufPool& pool_;
  std::map<std::string, PerStage<double>> results_;
};

/// The one asked for; without a word the fastest that this host has.
crypto::EngineKind pick_engine(const std::string& name) {
  if (!name.empty() && name != "auto") return crypto::engine_kind(name);
  try {
    static_cast<void>(crypto::make_engine(crypto::EngineKind::kLanes));
    return crypto::EngineKind::kLanes;
  } catch (const SetupError&) {
    return crypto::EngineKind::kIpsecMb;
  }
}

}  // namespace
}  // namespace sallyport::perf

int main(int argc, char** argv) {
  using namespace sallyport;
  const std::string engine = perf::take_option(argc, argv, "--engine=");
  perf::Shapes shapes = perf::take_shapes(argc, argv);
  constexpr std::uint32_t kMostStreams = 4000;  // pairs of ports per address
  std::set<std::uint32_t> streams{1, kMostStreams};
  streams.insert(shapes.streams.begin(), shapes.streams.end());
  if (*streams.rbegin() > kMostStreams) {
    std::fprintf(stderr, "expected --streams up to %u\n", kMostStreams);
    return 2;
  }
  shapes.streams.assign(streams.begin(), streams.end());
  drivers::EalOptions options;
  options.memory_mb = 256;
  const drivers::Eal eal(options);
  drivers::MbufPool pool(4095, -1);
  perf::Rows rows(perf::pick_engine(engine), shapes.seconds, pool);
  for (const perf::Shape& shape : shapes.all()) {
    for (const auto& path : perf::kPaths) {
      for (const char* suite : perf::kSuites) rows.add(path, suite, shape);
    }
  }
  return perf::run_rows(argc, argv);
}
