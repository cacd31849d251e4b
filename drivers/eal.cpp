#include "drivers/eal.hpp"

#include <rte_eal.h>
#include <rte_errno.h>
#include <sched.h>

#include <algorithm>
#include <filesystem>

#include "crypto/error.hpp"
#include "drivers/dpdk_log.hpp"
#include "drivers/eal_arguments.hpp"

namespace sallyport::drivers {
namespace {

/// DPDK pins the thread that brings it up; this gives the thread its own cores back.
class KeepAffinity {
 public:
  KeepAffinity() { known_ = sched_getaffinity(0, sizeof set_, &set_) == 0; }
  ~KeepAffinity() {
    if (known_) sched_setaffinity(0, sizeof set_, &set_);
  }
  KeepAffinity(const KeepAffinity&) = delete;
  KeepAffinity& operator=(const KeepAffinity&) = delete;

 private:
  cpu_set_t set_{};
  bool known_ = false;
};

/// DPDK makes a folder per file prefix and never removes it. Those of gateways that were killed have their process id
/// in the name and nothing in them.
void remove_stale_folders(const std::filesystem::path& own) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(own.parent_path(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(kDefaultPrefix)) continue;
    const std::string process = name.substr(kDefaultPrefix.size());
    const bool number = !process.empty() && process.find_first_not_of("0123456789") == std::string::npos;
    if (number && !std::filesystem::exists("/proc/" + process)) std::filesystem::remove(entry.path(), ignored);
  }
}

}  // namespace

Eal::Eal(const EalOptions& options) : worker_cores_(options.worker_cores) {
  const HostResources host = host_resources();
  std::vector<std::string> arguments = eal_arguments(options, host);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  const KeepAffinity keep;
  DpdkLogCapture log;
  if (rte_eal_init(static_cast<int>(arguments.size()), argv.data()) < 0) {
    throw SetupError(std::string("DPDK does not start: ") + rte_strerror(rte_errno) + log.last_words());
  }
  huge_pages_ = wants_huge_pages(options, host);
  remove_stale_folders(rte_eal_get_runtime_dir());
}

Eal::~Eal() {
  const std::filesystem::path folder = rte_eal_get_runtime_dir();
  rte_eal_cleanup();
  std::error_code ignored;
  std::filesystem::remove(folder, ignored);
}

unsigned Eal::lcore_of_core(unsigned core) const {
  const auto found = std::find(worker_cores_.begin(), worker_cores_.end(), core);
  if (found == worker_cores_.end()) throw SetupError("core " + std::to_string(core) + " is not a worker core");
  return static_cast<unsigned>(found - worker_cores_.begin()) + 1;
}

}  // namespace sallyport::drivers
