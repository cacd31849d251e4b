// The whole of Worker::poll_once() over ring ports: what one RTP packet costs from the ring of one port to the ring of
// the other. Options beside Google Benchmark's: --streams, --burst, --size and --seconds (shape.hpp), and --engine=NAME
// for another crypto engine than the fastest of this host.
//
// The time is the workers' own: TSC ticks of the passes that found work (WorkerStats::busy_ticks). Making packets,
// putting them into the ring and taking them out again happens between passes and is not in it. Each pass finds `burst`
// packets; 1024 are made ahead, as many as wait in a port's descriptors. The median counts, so that other programs on
// the same core do not. Rows `pipeline` are one worker's; `pipeline_stage` the same by stage. A row
// engine:relay_no_crypto is the same traffic between plain legs. Rows `pipeline_workers` are two workers, each on a
// core of its own, in every way that packets may find their legs (Joint), beside one worker; a packet that two workers
// touch has the time of both.
#include <rte_launch.h>
#include <rte_lcore.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <map>

#include "crypto/error.hpp"
#include "drivers/eal.hpp"
#include "perf/pass_timer.hpp"
#include "perf/relay_feeder.hpp"

namespace sallyport::perf {
namespace {

constexpr std::string_view kGcm = "AEAD_AES_128_GCM";
constexpr std::string_view kCm = "AES_CM_128_HMAC_SHA1_80";
constexpr std::string_view kPlain = "relay_no_crypto";

/// What goes in and comes out; an empty name is RTP.
struct Path {
  std::string_view in;
  std::string_view out;

  bool operator<(const Path& other) const { return std::tie(in, out) < std::tie(other.in, other.out); }
  std::string direction() const {
    return std::string(in.empty() ? "rtp" : "srtp") + "_to_" + (out.empty() ? "rtp" : "srtp");
  }
  std::string suites() const {
    if (in.empty() || out.empty() || in == out) return std::string(in.empty() ? out : in);
    return std::string(in) + "_to_" + std::string(out);
  }
};

std::vector<Path> paths() {
  std::vector<Path> all;
  for (const std::string_view suite :
       {kCm, kGcm, std::string_view("AEAD_AES_256_GCM"), std::string_view("F8_128_HMAC_SHA1_80")}) {
    all.insert(all.end(), {{{}, suite}, {suite, {}}, {suite, suite}});
  }
  all.insert(all.end(), {{kCm, kGcm}, {kGcm, kCm}});
  return all;
}

struct Case {
  Path path;
  Shape shape;
  unsigned workers = 1;
  Joint joint = Joint::kTogether;
};

class Bench {
 public:
  Bench(crypto::EngineKind engine, double seconds, const drivers::Eal& eal, std::vector<unsigned> cores,
        drivers::MbufPool& pool)
      : engine_(engine), seconds_(seconds), eal_(eal), cores_(std::move(cores)), pool_(pool) {}

  /// Nanoseconds per packet, by stage and in all.
  PerStage<double> measure(const Case& of) {
    const crypto::Suite* in = crypto::find_suite(of.path.in);
    Relay relay({.in = in,
                 .out = crypto::find_suite(of.path.out),
                 .flows = of.shape.streams,
                 .workers = of.workers,
                 .joint = of.joint,
                 .engine = engine_},
                pool_);
    RelayPlay play(relay);
    std::vector<std::unique_ptr<RelayFeeder>> feeders;
    for (unsigned id = 0; id < of.workers; ++id) {
      feeders.push_back(std::make_unique<RelayFeeder>(relay, id, of.shape, in, engine_, play));
    }
    run(feeders);
    PerStage<double> sum{};
    std::uint64_t fed = 0;
    for (const auto& feeder : feeders) {
      fed += feeder->fed();
      const PerStage<double> busy = feeder->busy();
      std::transform(sum.begin(), sum.end(), busy.begin(), sum.begin(), std::plus<>());
    }
    for (double& figure : sum) figure /= static_cast<double>(fed);
    return sum;
  }

  /// The same, once for all rows that want it.
  const PerStage<double>& measured(const Case& of) {
    const auto key = std::tuple(of.path, of.shape.streams, of.shape.burst, of.shape.size);
    const auto known = known_.find(key);
    return known != known_.end() ? known->second : known_.emplace(key, measure(of)).first->second;
  }

  std::string engine_name() const { return std::string(to_string(engine_)); }
  std::size_t cores() const { return cores_.size(); }

 private:
  struct Part {
    RelayFeeder* feeder;
    double seconds;
    std::exception_ptr failed;
  };
  static int play(void* argument) {
    auto& part = *static_cast<Part*>(argument);
    try {
      part.feeder->run(part.seconds);
    } catch (...) {
      part.failed = std::current_exception();
    }
    return 0;
  }

  /// The first one here, each other on a core of its own.
  void run(const std::vector<std::unique_ptr<RelayFeeder>>& feeders) {
    std::vector<Part> parts;
    for (const auto& feeder : feeders) parts.push_back({feeder.get(), seconds_, nullptr});
    for (std::size_t i = 1; i < parts.size(); ++i) {
      rte_eal_remote_launch(play, &parts[i], eal_.lcore_of_core(cores_[i]));
    }
    play(parts.data());
    rte_eal_mp_wait_lcore();
    for (const Part& part : parts) {
      if (part.failed) std::rethrow_exception(part.failed);
    }
  }

  crypto::EngineKind engine_;
  double seconds_;
  const drivers::Eal& eal_;
  std::vector<unsigned> cores_;
  drivers::MbufPool& pool_;
  std::map<std::tuple<Path, std::uint32_t, std::uint32_t, std::uint32_t>, PerStage<double>> known_;
};

/// `figure` says what the row shows.
template <class Figure>
void add(const std::string& name, Figure figure) {
  add_row(name, [=](benchmark::State& state) {
    double ns = 0;
    for (auto iteration : state) {
      static_cast<void>(iteration);
      try {
        ns = figure();
      } catch (const std::exception& error) {
        return state.SkipWithError(error.what());
      }
      state.SetIterationTime(ns * 1e-9);
    }
    state.counters["ns_per_packet"] = ns;
  });
}

void add_rows(Bench& bench, const Path& path, const Shape& shape) {
  const std::string direction = path.direction();
  const std::string suites = path.suites();
  add(row_name("pipeline", direction, suites, shape, bench.engine_name()), [=, &bench] {
    return bench.measured({path, shape}).back();
  });
  add(row_name("pipeline", direction, suites, shape, kPlain), [=, &bench] {
    return bench.measured({{}, shape}).back();
  });
  if (suites != kGcm && suites != kCm) return;
  for (std::size_t i = 0; i < dataplane::kStages; ++i) {
    // No port here has a twin.
    if (static_cast<dataplane::Stage>(i) == dataplane::Stage::kPunt) continue;
    const std::string name = row_name("pipeline_stage", direction, suites, shape, bench.engine_name());
    add(name + "/stage:" + std::string(dataplane::kStageNames[i]), [=, &bench] {
      return bench.measured({path, shape})[i];
    });
  }
}

void add_worker_rows(Bench& bench, const Path& path, const Shape& shape) {
  const std::string name = row_name("pipeline_workers", path.direction(), path.suites(), shape, bench.engine_name());
  add(name + "/workers:1/legs:together", [=, &bench] { return bench.measure({path, shape}).back(); });
  if (bench.cores() < 2) {
    std::fprintf(stderr, "absent: pipeline_bench: two workers need two cores\n");
    return;
  }
  // As many streams for each worker as the one has.
  Shape both = shape;
  both.streams = 2 * shape.streams;
  const auto two = [&](const char* legs, Joint joint) {
    add(name + "/workers:2/legs:" + legs, [=, &bench] { return bench.measure({path, both, 2, joint}).back(); });
  };
  two("together", Joint::kTogether);
  two("apart", Joint::kApart);
  two("one_queue", Joint::kOneQueue);
}

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
  const perf::Shapes shapes = perf::take_shapes(argc, argv);
  const std::vector<unsigned> cores = perf::usable_cores();
  drivers::EalOptions options;
  options.memory_mb = 256;
  options.worker_cores.assign(cores.begin() + 1, cores.end());
  const drivers::Eal eal(options);
  perf::pin_to(cores.front());
  drivers::MbufPool pool(16383, -1);
  perf::Bench bench(perf::pick_engine(engine), shapes.seconds, eal, cores, pool);
  for (const perf::Shape& shape : shapes.all()) {
    for (const perf::Path& path : perf::paths()) perf::add_rows(bench, path, shape);
    for (const std::string_view suite : {perf::kCm, perf::kGcm}) perf::add_worker_rows(bench, {suite, suite}, shape);
    perf::add_worker_rows(bench, {{}, perf::kGcm}, shape);
  }
  return perf::run_rows(argc, argv);
}
