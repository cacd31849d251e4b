// The processor cores that this process may use, and how well they are set apart for workers. Asked by the EAL, by
// status and by the warnings at start; control thread only. Reads sysfs, knows no DPDK.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "drivers/eth_port.hpp"

namespace sallyport::drivers {

/// Cores in the affinity of the calling thread, ascending.
std::vector<unsigned> available_cores();

/// NUMA node of what `options` names, -1 where it has none (or no hardware behind it).
int numa_node_of_device(const PortOptions& options);

/// NUMA node of a core, -1 where the kernel names none.
int numa_node_of_core(unsigned core);

/// Cores that the kernel keeps free of other work (boot parameters).
struct CoreIsolation {
  std::vector<unsigned> isolated;  ///< isolcpus=: no load balancing onto them
  std::vector<unsigned> tickless;  ///< nohz_full=: no timer tick while one thread runs
};
CoreIsolation core_isolation();

/// One sentence per worker core that is shared with the rest of the system; empty where all are set apart.
std::vector<std::string> isolation_warnings(const std::vector<unsigned>& worker_cores, const CoreIsolation& isolation);

/// The kernel's list format, "0-3,8": empty text (or "(null)", which nohz_full may say) is an empty list.
std::vector<unsigned> parse_cpu_list(std::string_view text);
std::string format_cpu_list(const std::vector<unsigned>& cores);

}  // namespace sallyport::drivers
