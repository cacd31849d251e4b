#include "drivers/eal.hpp"

#include <rte_eal.h>
#include <rte_errno.h>
#include <sched.h>

#include <algorithm>

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
}

Eal::~Eal() { rte_eal_cleanup(); }

unsigned Eal::lcore_of_core(unsigned core) const {
  const auto found = std::find(worker_cores_.begin(), worker_cores_.end(), core);
  if (found == worker_cores_.end()) throw SetupError("core " + std::to_string(core) + " is not a worker core");
  return static_cast<unsigned>(found - worker_cores_.begin()) + 1;
}

}  // namespace sallyport::drivers
