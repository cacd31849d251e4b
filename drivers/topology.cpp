#include "drivers/topology.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

namespace sallyport::drivers {
namespace {

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

bool contains(const std::vector<unsigned>& cores, unsigned core) {
  return std::find(cores.begin(), cores.end(), core) != cores.end();
}

/// "3" or "0-3"; anything else adds nothing.
void append_range(std::string_view text, std::vector<unsigned>& cores) {
  unsigned first = 0;
  const char* const end = text.data() + text.size();
  auto [next, error] = std::from_chars(text.data(), end, first);
  if (error != std::errc{}) return;
  unsigned last = first;
  if (next != end && *next == '-') {
    if (std::from_chars(next + 1, end, last).ec != std::errc{}) return;
  }
  for (unsigned core = first; core <= last && core < CPU_SETSIZE; ++core) cores.push_back(core);
}

/// Of a thread, 0 being the calling one; none of one that is not there any more.
cpu_set_t affinity_of(pid_t thread) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(thread, sizeof set, &set) != 0) CPU_ZERO(&set);
  return set;
}

std::vector<unsigned> cores_in(const cpu_set_t& set) {
  std::vector<unsigned> cores;
  for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

}  // namespace

std::vector<unsigned> available_cores() { return cores_in(affinity_of(0)); }

std::vector<unsigned> process_cores() {
  cpu_set_t all = affinity_of(0);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", error)) {
    const std::string name = entry.path().filename().string();
    pid_t thread = 0;
    std::from_chars(name.data(), name.data() + name.size(), thread);
    const cpu_set_t more = affinity_of(thread);
    CPU_OR(&all, &all, &more);
  }
  for (const unsigned core : core_isolation().isolated) CPU_SET(core, &all);
  return cores_in(all);
}

int numa_node_of_device(const PortOptions& options) {
  std::string text;
  if (options.kind == DeviceKind::kPci) text = first_line("/sys/bus/pci/devices/" + options.device + "/numa_node");
  if (options.kind == DeviceKind::kLinux) text = first_line("/sys/class/net/" + options.device + "/device/numa_node");
  int node = -1;
  std::from_chars(text.data(), text.data() + text.size(), node);
  return node;
}

int numa_node_of_core(unsigned core) {
  std::error_code error;
  const std::string folder = "/sys/devices/system/cpu/cpu" + std::to_string(core);
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    int node = -1;
    if (name.starts_with("node") && std::from_chars(name.data() + 4, name.data() + name.size(), node).ec == std::errc{})
      return node;
  }
  return -1;
}

CoreIsolation core_isolation() {
  return {parse_cpu_list(first_line("/sys/devices/system/cpu/isolated")),
          parse_cpu_list(first_line("/sys/devices/system/cpu/nohz_full"))};
}

std::vector<std::string> isolation_warnings(const std::vector<unsigned>& worker_cores, const CoreIsolation& isolation) {
  std::vector<std::string> warnings;
  for (const unsigned core : worker_cores) {
    if (!contains(isolation.isolated, core)) {
      warnings.push_back("worker core " + std::to_string(core) +
                         " is shared with other programs (boot with isolcpus= to set it apart)");
    } else if (!contains(isolation.tickless, core)) {
      warnings.push_back("worker core " + std::to_string(core) +
                         " takes timer interrupts (boot with nohz_full= to spare it)");
    }
  }
  return warnings;
}

std::vector<unsigned> control_cores(const std::vector<unsigned>& available, const std::vector<unsigned>& worker_cores,
                                    const std::vector<unsigned>& isolated) {
  std::vector<unsigned> free;
  std::vector<unsigned> best;
  for (const unsigned core : available) {
    if (contains(worker_cores, core)) continue;
    free.push_back(core);
    if (!contains(isolated, core)) best.push_back(core);
  }
  return best.empty() ? free : best;
}

void stay_on(const std::vector<unsigned>& cores) {
  if (cores.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const unsigned core : cores) CPU_SET(core, &set);
  sched_setaffinity(0, sizeof set, &set);
}

OnCore::OnCore(unsigned core) : before_(available_cores()) { stay_on({core}); }

OnCore::~OnCore() { stay_on(before_); }

std::vector<std::string> numa_warnings(const std::vector<NumaPlace>& ports,
                                       const std::vector<NumaPlace>& worker_cores) {
  std::vector<std::string> warnings;
  for (const NumaPlace& port : ports) {
    std::string elsewhere;
    for (const NumaPlace& core : worker_cores) {
      if (port.node < 0 || core.node < 0 || core.node == port.node) continue;
      elsewhere += (elsewhere.empty() ? "" : ", ") + core.name + " (node " + std::to_string(core.node) + ")";
    }
    if (elsewhere.empty()) continue;
    warnings.push_back(
        "port " + port.name + " is on NUMA node " + std::to_string(port.node) + ", these worker cores are not: " +
        elsewhere + "; its packets cross between processors, which cores of its own node in workers.cores spare them");
  }
  return warnings;
}

std::vector<unsigned> parse_cpu_list(std::string_view text) {
  std::vector<unsigned> cores;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    append_range(text.substr(0, comma), cores);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return cores;
}

std::string format_cpu_list(const std::vector<unsigned>& cores) {
  std::string text;
  for (const unsigned core : cores) text += (text.empty() ? "" : ", ") + std::to_string(core);
  return text.empty() ? "none" : text;
}

}  // namespace sallyport::drivers
