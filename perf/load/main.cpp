// sallyport-load: packet generator and judge. See --help.
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "perf/load/emit_config.hpp"
#include "perf/load/ng_calls.hpp"
#include "perf/load/report.hpp"
#include "perf/load/search_report.hpp"

namespace {

using namespace sallyport::load;

constexpr int kExitRight = 0;
constexpr int kExitWrong = 1;
constexpr int kExitUsage = 2;

/// Keys never go into a core file.
void forbid_core_files() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0);
}

/// The kernel would let the loop sleep 50 us longer than it asks for.
void wake_on_time() { prctl(PR_SET_TIMERSLACK, 1); }

void pin_to(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) {
    throw UsageError("--core " + std::to_string(core) + ": " + std::strerror(errno) + ", expected a core of this host");
  }
}

int search(const LoadOptions& options, Runner& runner) {
  const auto offer = [&](double pps) { return runner.run(pps / options.streams); };
  const SearchResult found = find_rate(*options.find_rate, offer, [&options](const Trial& trial) {
    if (!options.json) print_trial(std::cout, trial);
  });
  options.json ? print_search_json(std::cout, options, found) : print_search_table(std::cout, options, found);
  return found.highest_passed() != nullptr ? kExitRight : kExitWrong;
}

/// The run or the search, and what came of it.
int offer(const LoadOptions& options, Runner& runner) {
  if (options.core) pin_to(*options.core);  // last, since DPDK's own threads would inherit it
  if (options.find_rate) return search(options, runner);
  const RunResult result = runner.run();
  options.json ? print_json(std::cout, options, result) : print_table(std::cout, options, result);
  return result.all_right() ? kExitRight : kExitWrong;
}

int run(const std::vector<std::string>& arguments) {
  const auto options = parse_options(arguments);
  if (!options) return kExitRight;
  forbid_core_files();
  if (options->emit) {
    emit_config(*options);
    return kExitRight;
  }
  wake_on_time();
  if (!options->ng_gateway) {
    Runner runner(*options);
    return offer(*options, runner);
  }
  std::vector<StreamPlan> plan = plan_streams(*options);
  const NgCalls calls(*options, plan);
  Runner runner(*options, plan);
  return offer(*options, runner);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "sallyport-load: " << error.what() << '\n';
    return kExitUsage;
  }
}
