// What streams cost in memory: the growth of this program's resident set (/proc/self/statm) while the contexts of
// --streams streams are made, both directions, each with its keys for SRTP and for SRTCP; by suite and engine, and
// by how many SSRCs a key may remember: rows memory_rss. Rows memory_leg are of legs as a worker has them, with one
// SSRC per key: all of it (the worker's tables, too), and what a leg takes beside its two contexts. Each figure in a
// process of its own, whose heap nothing has used before.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <functional>
#include <stdexcept>

#include "crypto/error.hpp"
#include "drivers/eal.hpp"
#include "perf/pass_timer.hpp"
#include "perf/relay.hpp"
#include "perf/sealer.hpp"

namespace sallyport::perf {
namespace {

using crypto::Engine;
using crypto::EngineKind;
using crypto::Suite;

constexpr double kMebibyte = 1024 * 1024;

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  if (!(statm >> total >> resident)) throw std::runtime_error("/proc/self/statm: not readable");
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double growth(EngineKind kind, const Suite& suite, std::uint32_t streams, std::uint32_t max_ssrcs) {
  const auto engine = crypto::make_engine(kind);
  static_cast<void>(make_contexts(*engine, suite, 1));  // what is allocated once
  const double before = resident_bytes();
  const Contexts senders = make_contexts(*engine, suite, streams, max_ssrcs);
  const Contexts receivers = make_contexts(*engine, suite, streams, max_ssrcs);
  return resident_bytes() - before;
}

/// Of a worker with that many secure legs; in pairs, as they are in a relay.
double growth_of_legs(EngineKind kind, const Suite& suite, std::uint32_t legs) {
  drivers::EalOptions options;
  options.memory_mb = 64;
  const drivers::Eal eal(options);
  drivers::MbufPool pool(1023, -1);
  { const Relay once({.in = &suite, .out = &suite, .flows = 1, .engine = kind}, pool); }
  const double before = resident_bytes();
  const Relay relay({.in = &suite, .out = &suite, .flows = legs / 2, .engine = kind}, pool);
  return resident_bytes() - before;
}

/// What `growth` says, in a child.
double apart(const std::function<double()>& growth) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) throw std::runtime_error("pipe failed");
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("fork failed");
  if (child == 0) {
    const double bytes = growth();
    _exit(write(pipe_ends[1], &bytes, sizeof bytes) == sizeof bytes ? 0 : 1);
  }
  close(pipe_ends[1]);
  double bytes = 0;
  const bool whole = read(pipe_ends[0], &bytes, sizeof bytes) == sizeof bytes;
  close(pipe_ends[0]);
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0 || !whole) throw std::runtime_error("the child failed");
  return bytes;
}

void add_row_of(EngineKind kind, const Suite& suite, std::uint32_t streams, std::uint32_t max_ssrcs) {
  const std::string name = "memory_rss/suite:" + std::string(suite.name) + "/streams:" + std::to_string(streams) +
                           "/ssrcs:" + std::to_string(max_ssrcs) + "/engine:" + std::string(to_string(kind));
  add_row(name, [=, &suite](benchmark::State& state) {
    for (auto iteration : state) {
      static_cast<void>(iteration);
      state.counters["value"] = apart([&] { return growth(kind, suite, streams, max_ssrcs); }) / kMebibyte;
      state.SetIterationTime(1);
    }
    state.SetLabel("MiB");
  });
}

void add_leg_rows(EngineKind kind, const Suite& suite, std::uint32_t streams) {
  const std::string name = "memory_leg/suite:" + std::string(suite.name) + "/streams:" + std::to_string(streams) +
                           "/engine:" + std::string(to_string(kind));
  const auto add = [&](const char* what, const char* unit, auto figure) {
    add_row(name + "/what:" + what, [=](benchmark::State& state) {
      for (auto iteration : state) {
        static_cast<void>(iteration);
        state.counters["value"] = figure();
        state.SetIterationTime(1);
      }
      state.SetLabel(unit);
    });
  };
  const auto legs = [=, &suite] { return apart([&] { return growth_of_legs(kind, suite, streams); }); };
  const auto contexts = [=, &suite] { return apart([&] { return growth(kind, suite, streams, 1); }); };
  add("all", "MiB", [=] { return legs() / kMebibyte; });
  add("beside_contexts", "bytes a stream", [=] { return (legs() - contexts()) / streams; });
}

}  // namespace
}  // namespace sallyport::perf

int main(int argc, char** argv) {
  using namespace sallyport;
  const perf::Shapes shapes = perf::take_shapes(argc, argv);
  for (const auto kind : {crypto::EngineKind::kLanes, crypto::EngineKind::kIpsecMb, crypto::EngineKind::kOpenSsl}) {
    try {
      static_cast<void>(crypto::make_engine(kind));
    } catch (const SetupError& error) {
      std::fprintf(stderr, "absent: %s\n", error.what());
      continue;
    }
    for (const std::uint32_t streams : shapes.streams) {
      for (const crypto::Suite& suite : crypto::kSuites) {
        if (kind == crypto::EngineKind::kLanes) perf::add_leg_rows(kind, suite, streams);
        for (const std::uint32_t max_ssrcs : {1U, crypto::ContextOptions{}.max_ssrcs}) {
          perf::add_row_of(kind, suite, streams, max_ssrcs);
        }
      }
    }
  }
  return perf::run_rows(argc, argv);
}
