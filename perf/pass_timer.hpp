// Measures passes over the packets of a Traffic: thread CPU time, median of the passes. Used by every bench in this
// folder that works on packets.
#pragma once

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "perf/traffic.hpp"

namespace sallyport::perf {

/// Processor time of this thread: what other programs take away on a busy machine does not count.
double thread_seconds();

/// Prepares unmeasured and works measured, pass by pass, until `seconds` of work are done; before that as many passes
/// unmeasured as it takes to meet every stream once.
class PassTimer {
 public:
  PassTimer(benchmark::State& state, double seconds) : state_(state), seconds_(seconds) {}

  /// Reports ns_per_packet.
  template <class Prepare, class Work>
  void run(const Traffic& traffic, Prepare prepare, Work work) {
    for (std::size_t i = 0; i < traffic.advances_per_round(); ++i) {
      prepare();
      work();
    }
    for (auto iteration : state_) {
      static_cast<void>(iteration);
      while (ns_per_packet_.size() < kLeastPasses || total_ < seconds_) {
        prepare();
        const double start = thread_seconds();
        work();
        add(thread_seconds() - start, traffic.packets());
      }
      state_.SetIterationTime(total_);
    }
    report();
  }

 private:
  static constexpr std::size_t kLeastPasses = 5;

  void add(double elapsed, std::size_t packets);
  void report();

  benchmark::State& state_;
  double seconds_;
  double total_ = 0;
  std::vector<double> ns_per_packet_;
};

/// A row of which run(state) makes one figure. Its time is its own matter: Google Benchmark calls it once.
template <class Run>
void add_row(const std::string& name, Run run) {
  benchmark::RegisterBenchmark(name.c_str(), run)->UseManualTime()->Iterations(1);
}

/// Runs all rows that were added. What main() returns.
int run_rows(int argc, char** argv);

}  // namespace sallyport::perf
