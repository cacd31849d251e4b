// DPDK's environment, brought up once per process from the configuration. Called by main (control thread) before
// anything else of DPDK; cannot be brought up again in the same process.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::drivers {

enum class HugePages : std::uint8_t { kAuto, kNever, kAlways };

struct EalOptions {
  std::vector<unsigned> worker_cores;       ///< each becomes an lcore; the calling thread keeps its own affinity
  HugePages huge_pages = HugePages::kAuto;  ///< auto: used when enough are free
  unsigned memory_mb = 512;                 ///< for pools and DPDK's own tables
  std::vector<std::string> pci_devices;     ///< addresses to allow; none: the PCI bus is not scanned
  std::string file_prefix;                  ///< empty: from the process id
  bool log_debug = false;
};

class Eal {
 public:
  /// Throws SetupError (with DPDK's own last words where it had any).
  explicit Eal(const EalOptions& options);
  ~Eal();
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;
  bool huge_pages_in_use() const noexcept { return huge_pages_; }
  /// The lcore pinned to a worker core, for rte_eal_remote_launch; 1 and up (0 is the calling thread).
  /// `core` must be one of options.worker_cores; throws SetupError where it is not.
  unsigned lcore_of_core(unsigned core) const;

 private:
  bool huge_pages_ = false;
  std::vector<unsigned> worker_cores_;  ///< lcore i + 1 runs on worker_cores_[i]
};

}  // namespace sallyport::drivers
