// Times a piece of control's work, for benches whose rows are microseconds rather than ns a packet.
#pragma once

#include <benchmark/benchmark.h>

#include "perf/pass_timer.hpp"

namespace sallyport::perf {

/// Runs `work()` as often as the benchmark asks for; the row's value is the thread's processor time for each, in us.
template <class Work>
void measure_us(benchmark::State& state, Work work) {
  const double start = thread_seconds();
  for (auto iteration : state) {
    static_cast<void>(iteration);
    work();
  }
  state.counters["value"] = (thread_seconds() - start) * 1e6 / static_cast<double>(state.iterations());
  state.SetLabel("us");
}

}  // namespace sallyport::perf
