// protect() and unprotect() of bursts of RTP packets, per suite and engine, beside the bare IPsec-MB calls and its job
// API over the same packets, keys and order. Options beside Google Benchmark's: --streams, --burst, --size and
// --seconds (shape.hpp).
#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <tuple>

#include "crypto/error.hpp"
#include "crypto/rtp_wire.hpp"
#include "perf/bare_ipsec_mb.hpp"
#include "perf/pass_timer.hpp"
#include "perf/transform_run.hpp"

namespace sallyport::perf {
namespace {

using crypto::Direction;
using crypto::Engine;
using crypto::EngineKind;
using crypto::Suite;

/// What one row measures.
struct Case {
  const Suite* suite;
  Direction direction;
  Shape shape;
  double seconds;
};

/// The contexts of the row before, which the next one often needs again: 200,000 streams take seconds to make.
class PartiesAtHand {
 public:
  Parties& get(EngineKind kind, const Case& of) {
    const auto key = std::tuple(kind, of.suite, of.direction, of.shape.streams);
    if (parties_ == nullptr || key_ != key) {
      parties_.reset();
      parties_ = std::make_unique<Parties>(kind, *of.suite, of.shape.streams, of.direction);
      key_ = key;
    }
    return *parties_;
  }

 private:
  std::tuple<EngineKind, const Suite*, Direction, std::uint32_t> key_;
  std::unique_ptr<Parties> parties_;
};

void bench_engine(benchmark::State& state, const Case& of, EngineKind kind, PartiesAtHand& at_hand) {
  Parties& parties = at_hand.get(kind, of);
  Traffic traffic(of.shape, parties.position);
  const bool seal = of.direction == Direction::kSeal;
  TransformRun run(parties, traffic);
  const auto prepare = [&] { seal ? run.prepare_clear() : run.prepare_sealed(); };
  PassTimer(state, of.seconds).run(traffic, prepare, [&] { seal ? run.protect() : run.unprotect(); });
  run.check();
}

/// How the two baselines are told to work.
void prepare(BareIpsecMb& bare, Direction) { bare.prepare(); }
void prepare(ImbJobApi& api, Direction direction) { api.prepare(direction); }
void work(BareIpsecMb& bare, Direction direction) { direction == Direction::kSeal ? bare.protect() : bare.unprotect(); }
void work(ImbJobApi& api, Direction) { api.run(); }

/// A baseline must do the same work: its tags, and what it decrypts, are those of our packets.
template <class Baseline>
void check(const Case& of) {
  const Shape few{.streams = 8, .burst = of.shape.burst, .size = of.shape.size};
  Traffic traffic(few);
  Parties parties(EngineKind::kIpsecMb, *of.suite, few.streams, Direction::kSeal);
  TransformRun ours(parties, traffic);
  ours.prepare_clear();
  const std::vector<std::uint8_t> clear(traffic.packet(0), traffic.packet(0) + few.size);
  ours.protect();
  ours.check();
  std::vector<std::vector<std::uint8_t>> tags;
  for (std::size_t i = 0; i < traffic.packets(); ++i) {
    const std::uint8_t* tag = traffic.packet(i) + few.size;
    tags.emplace_back(tag, tag + of.suite->rtp_tag_len);
  }
  Baseline baseline(*of.suite, traffic, parties.measured);
  for (const Direction direction : {Direction::kOpen, Direction::kSeal}) {
    prepare(baseline, direction);
    work(baseline, direction);
    for (std::size_t i = 0; i < tags.size(); ++i) {
      if (!std::equal(tags[i].begin(), tags[i].end(), baseline.tag(i))) throw std::runtime_error("a wrong tag");
    }
    const bool same = std::equal(clear.begin(), clear.end(), traffic.packet(0));
    const bool should_be = direction == Direction::kOpen || !of.suite->encrypts();
    if (same != should_be) throw std::runtime_error("a baseline decrypts wrongly");
  }
}

/// Opens what is no cipher text, which takes as long: nothing is compared, and sealing it first would warm the keys.
template <class Baseline>
void bench_baseline(benchmark::State& state, const Case& of, PartiesAtHand& at_hand) {
  check<Baseline>(of);
  Traffic traffic(of.shape);
  Baseline baseline(*of.suite, traffic, at_hand.get(EngineKind::kIpsecMb, of).measured);
  const auto prepare_next = [&] {
    traffic.advance();
    prepare(baseline, of.direction);
  };
  PassTimer(state, of.seconds).run(traffic, prepare_next, [&] { work(baseline, of.direction); });
}

/// `engine`: null for the baselines.
void add_rows(const Case& of, const Engine* engine, PartiesAtHand& at_hand) {
  const auto add = [&](std::string_view name, auto run) {
    const char* direction = of.direction == Direction::kSeal ? "protect" : "unprotect";
    add_row(row_name("srtp", direction, of.suite->name, of.shape, name),
            [=, &at_hand](benchmark::State& state) { run(state, at_hand); });
  };
  if (engine != nullptr) {
    const EngineKind kind = engine->kind_for(*of.suite);
    if (!engine->supports(*of.suite)) return;
    return add(to_string(kind), [=](benchmark::State& s, PartiesAtHand& p) { bench_engine(s, of, kind, p); });
  }
  add("ipsec_mb_bare", [=](benchmark::State& s, PartiesAtHand& p) { bench_baseline<BareIpsecMb>(s, of, p); });
  if (of.shape.burst == 1 && of.suite->cipher != crypto::Cipher::kAesF8) {
    add("ipsec_mb_jobs", [=](benchmark::State& s, PartiesAtHand& p) { bench_baseline<ImbJobApi>(s, of, p); });
  }
}

/// Those that this host can run, and null; which it cannot run is said.
std::vector<std::unique_ptr<Engine>> available_engines() {
  std::vector<std::unique_ptr<Engine>> engines;
  for (const EngineKind kind : {EngineKind::kLanes, EngineKind::kIpsecMb, EngineKind::kOpenSsl, EngineKind::kLibSrtp}) {
    try {
      engines.push_back(crypto::make_engine(kind));
    } catch (const SetupError& error) {
      std::fprintf(stderr, "absent: %s\n", error.what());
    }
  }
  engines.push_back(nullptr);
  return engines;
}

}  // namespace
}  // namespace sallyport::perf

int main(int argc, char** argv) {
  using namespace sallyport;
  const perf::Shapes shapes = perf::take_shapes(argc, argv);
  const auto engines = perf::available_engines();
  perf::PartiesAtHand at_hand;
  for (const std::uint32_t streams : shapes.streams) {
    for (const crypto::Suite& suite : crypto::kSuites) {
      for (const auto direction : {crypto::Direction::kSeal, crypto::Direction::kOpen}) {
        for (const auto& engine : engines) {
          for (const perf::Shape& shape : shapes.of(streams)) {
            perf::add_rows({&suite, direction, shape, shapes.seconds}, engine.get(), at_hand);
          }
        }
      }
    }
  }
  return perf::run_rows(argc, argv);
}
