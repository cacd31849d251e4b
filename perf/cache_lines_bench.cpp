// How many cache lines of a stream's own memory one packet touches, by suite, engine and direction; counted, not
// computed. While one of its contexts is made, every allocation is recorded. Then bursts of packets of different
// streams go through protect() or unprotect(), and in each of them the processor watches four other words of that
// memory. What all streams share (workspace, code, the engine's scratch memory) and the packet itself are not counted.
//
// Options beside Google Benchmark's: --burst and --size (shape.hpp). Rows are named memory_lines.
#include <cstdio>
#include <set>
#include <stdexcept>

#include "crypto/error.hpp"
#include "crypto/rtp_wire.hpp"
#include "perf/pass_timer.hpp"
#include "perf/recorded_memory.hpp"
#include "perf/sealer.hpp"
#include "perf/watchpoint.hpp"

namespace sallyport::perf {
namespace {

using crypto::Context;
using crypto::Direction;
using crypto::Engine;
using crypto::EngineKind;
using crypto::SrtpPacket;
using crypto::Suite;

constexpr std::uintptr_t kLine = 64;

/// A burst of one packet per stream, and the memory of one of the streams.
class WatchedBurst {
 public:
  WatchedBurst(EngineKind kind, const Suite& suite, Direction direction, const Shape& shape);

  /// Lines of the watched stream that its next packets touch.
  std::size_t lines(Touch touch);

 private:
  static Shape one_stream_each(Shape shape) {
    shape.streams = shape.burst;
    return shape;
  }
  std::span<SrtpPacket> describe(const Contexts& contexts, std::size_t length);
  /// Makes the next burst; what is left to do is watched.
  std::span<SrtpPacket> prepare();
  void run(std::span<SrtpPacket> burst);

  std::unique_ptr<Engine> engine_;
  Direction direction_;
  Traffic traffic_;
  std::size_t sealed_length_;
  Contexts senders_;
  Contexts receivers_;
  std::vector<Region> regions_;
  crypto::WorkspacePtr workspace_;
  std::vector<SrtpPacket> burst_;
};

/// One context more in place of the middle one, made while allocations are recorded.
std::vector<Region> record_one(Contexts& contexts, Engine& engine, const Suite& suite) {
  const std::size_t watched = contexts.size() / 2;
  crypto::MasterKey master;
  crypto::store_be32(master.key.data(), static_cast<std::uint32_t>(watched));
  AllocationRecord record;
  auto context = std::make_unique<Context>(engine, suite, master);
  std::vector<Region> regions = record.finish();
  contexts[watched] = std::move(context);
  return regions;
}

WatchedBurst::WatchedBurst(EngineKind kind, const Suite& suite, Direction direction, const Shape& shape)
    : engine_(crypto::make_engine(kind)),
      direction_(direction),
      traffic_(one_stream_each(shape)),
      sealed_length_(shape.size + srtp_overhead(suite, crypto::PacketKind::kRtp)),
      senders_(make_contexts(*engine_, suite, shape.burst)),
      receivers_(make_contexts(*engine_, suite, shape.burst)),
      regions_(record_one(direction == Direction::kSeal ? senders_ : receivers_, *engine_, suite)),
      workspace_(crypto::make_workspace()),
      burst_(shape.burst) {
  run(prepare());  // the first packet of a stream is not like the others
}

std::span<SrtpPacket> WatchedBurst::describe(const Contexts& contexts, std::size_t length) {
  for (std::size_t i = 0; i < burst_.size(); ++i) {
    SrtpPacket packet{};
    packet.context = contexts[traffic_.stream_of(i)].get();
    packet.data = traffic_.packet(i);
    packet.length = static_cast<std::uint16_t>(length);
    packet.header_len = crypto::kRtpFixedHeader;
    packet.room = static_cast<std::uint16_t>(traffic_.room());
    packet.kind = crypto::PacketKind::kRtp;
    burst_[i] = packet;
  }
  return burst_;
}

std::span<SrtpPacket> WatchedBurst::prepare() {
  traffic_.advance();
  const std::span<SrtpPacket> clear = describe(senders_, traffic_.shape().size);
  if (direction_ == Direction::kSeal) return clear;
  crypto::protect(*engine_, *workspace_, clear);
  return describe(receivers_, sealed_length_);
}

void WatchedBurst::run(std::span<SrtpPacket> burst) {
  if (direction_ == Direction::kSeal) {
    crypto::protect(*engine_, *workspace_, burst);
  } else {
    crypto::unprotect(*engine_, *workspace_, burst);
  }
  for (const SrtpPacket& packet : burst) {
    if (packet.verdict != crypto::Verdict::kOk) throw std::runtime_error("a packet was refused");
  }
}

std::size_t WatchedBurst::lines(Touch touch) {
  std::vector<std::uintptr_t> words;
  for (const Region& region : regions_) {
    const std::uintptr_t first = region.start / Watchpoints::kWord * Watchpoints::kWord;
    for (std::uintptr_t word = first; word < region.start + region.size; word += Watchpoints::kWord) {
      words.push_back(word);
    }
  }
  std::set<std::uintptr_t> touched;
  for (std::size_t i = 0; i < words.size(); i += Watchpoints::kMost) {
    const std::size_t count = std::min(Watchpoints::kMost, words.size() - i);
    const std::span<SrtpPacket> burst = prepare();
    Watchpoints points;
    for (std::size_t k = 0; k < count; ++k) points.add(words[i + k], touch);
    run(burst);
    for (std::size_t k = 0; k < count; ++k) {
      if (points.touched(k)) touched.insert(words[i + k] / kLine);
    }
  }
  return touched.size();
}

void add_row_of(EngineKind kind, const Suite& suite, Direction direction, const Shape& shape, Touch touch) {
  const std::string name =
      row_name("memory_lines", direction == Direction::kSeal ? "protect" : "unprotect", suite.name,
               {.streams = shape.burst, .burst = shape.burst, .size = shape.size}, to_string(kind)) +
      (touch == Touch::kWrite ? "/touch:write" : "/touch:any");
  add_row(name, [=, &suite](benchmark::State& state) {
    for (auto iteration : state) {
      static_cast<void>(iteration);
      WatchedBurst burst(kind, suite, direction, shape);
      state.counters["value"] = static_cast<double>(burst.lines(touch));
      state.SetIterationTime(1);
    }
    state.SetLabel("cache lines");
  });
}

void add_rows(EngineKind kind, const Shape& shape) {
  std::unique_ptr<Engine> engine;
  try {
    engine = crypto::make_engine(kind);
  } catch (const SetupError& error) {
    std::fprintf(stderr, "absent: %s\n", error.what());
    return;
  }
  for (const Suite& suite : crypto::kSuites) {
    for (const Direction direction : {Direction::kSeal, Direction::kOpen}) {
      for (const Touch touch : {Touch::kReadOrWrite, Touch::kWrite}) add_row_of(kind, suite, direction, shape, touch);
    }
  }
}

}  // namespace
}  // namespace sallyport::perf

int main(int argc, char** argv) {
  using namespace sallyport;
  perf::record_openssl();
  const perf::Shapes shapes = perf::take_shapes(argc, argv);
  const std::string missing = perf::watchpoints_missing();
  if (missing.empty()) {
    for (const perf::Shape& shape : shapes.all()) {
      for (const auto kind : {crypto::EngineKind::kLanes, crypto::EngineKind::kIpsecMb, crypto::EngineKind::kOpenSsl}) {
        perf::add_rows(kind, shape);
      }
    }
  } else {
    std::fprintf(stderr, "absent: cache lines per packet: %s\n", missing.c_str());
  }
  return perf::run_rows(argc, argv);
}
