#include "perf/pass_timer.hpp"

#include <algorithm>
#include <ctime>

namespace sallyport::perf {

double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void PassTimer::add(double elapsed, std::size_t packets) {
  total_ += elapsed;
  ns_per_packet_.push_back(elapsed * 1e9 / static_cast<double>(packets));
}

void PassTimer::report() {
  const auto middle = ns_per_packet_.begin() + static_cast<std::ptrdiff_t>(ns_per_packet_.size() / 2);
  std::nth_element(ns_per_packet_.begin(), middle, ns_per_packet_.end());
  state_.counters["ns_per_packet"] = *middle;
}

int run_rows(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}

}  // namespace sallyport::perf
