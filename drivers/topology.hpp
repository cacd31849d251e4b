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

/// Cores that workers may be given, ascending: those that any thread of this process runs on, so that they are the same
/// after control has left the workers' cores to the workers (stay_on), and those that isolcpus= has set apart, which no
/// process has before it asks for them.
std::vector<unsigned> process_cores();

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

/// Where the thread that commands the workers runs, so that it never takes a core from one of them: cores that are
/// available and no worker's, those that the kernel does not isolate first. Empty: all cores are workers'.
std::vector<unsigned> control_cores(const std::vector<unsigned>& available, const std::vector<unsigned>& worker_cores,
                                    const std::vector<unsigned>& isolated);

/// Has the calling thread, and those that it will make, run on these cores only; nothing where there are none.
void stay_on(const std::vector<unsigned>& cores);

/// While it lives, the calling thread runs on one core: memory that it touches first is on that core's NUMA node.
class OnCore {
 public:
  explicit OnCore(unsigned core);
  ~OnCore();
  OnCore(const OnCore&) = delete;
  OnCore& operator=(const OnCore&) = delete;

 private:
  std::vector<unsigned> before_;
};

/// A port or a worker's core, and its NUMA node; -1: none is known.
struct NumaPlace {
  std::string name;
  int node = -1;
};

/// One sentence per port whose packets a worker on another NUMA node reads and writes.
std::vector<std::string> numa_warnings(const std::vector<NumaPlace>& ports, const std::vector<NumaPlace>& worker_cores);

/// The kernel's list format, "0-3,8": empty text (or "(null)", which nohz_full may say) is an empty list.
std::vector<unsigned> parse_cpu_list(std::string_view text);
std::string format_cpu_list(const std::vector<unsigned>& cores);

}  // namespace sallyport::drivers
