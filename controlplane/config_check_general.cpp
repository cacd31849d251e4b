#include <algorithm>

#include "controlplane/config_check.hpp"
#include "drivers/topology.hpp"

namespace sallyport::controlplane {
namespace {

void check_cores(const Draft& draft, Faults& faults) {
  const std::vector<unsigned> usable = drivers::process_cores();
  const Section& section = draft.general.at("workers");
  for (const unsigned core : draft.config.workers.cores) {
    if (std::binary_search(usable.begin(), usable.end(), core)) continue;
    section.fault(faults, "cores",
                  "cores that exist and that this process may use (" + drivers::format_cpu_list(usable) + ")");
    return;
  }
}

/// Which worker a stream falls to follows from its UDP port: all of them may fall to one.
void check_room(const Draft& draft, Faults& faults) {
  const std::size_t sides = 2 * draft.streams.size();
  if (sides <= draft.config.max_streams) return;
  draft.general.at("memory").fault(faults, "max_streams",
                                   "at least " + std::to_string(sides) + ", two sides for each of the " +
                                       std::to_string(draft.streams.size()) +
                                       " streams, which may all fall to one worker");
}

}  // namespace

void check_general(const Draft& draft, Faults& faults) {
  check_cores(draft, faults);
  check_room(draft, faults);
  if (draft.ports.empty()) faults.add(1, "no port: expected at least one section [port.NAME]");
}

}  // namespace sallyport::controlplane
