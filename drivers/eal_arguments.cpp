#include "drivers/eal_arguments.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "crypto/error.hpp"
#include "drivers/topology.hpp"

namespace sallyport::drivers {
namespace {

constexpr unsigned kKilobytesPerMegabyte = 1024;

/// Free megabytes in one size of huge pages; the folder's name ends in the size, "hugepages-2048kB".
unsigned free_megabytes(const std::filesystem::path& folder) {
  const std::string name = folder.filename().string();
  const std::size_t dash = name.find('-');
  if (dash == std::string::npos) return 0;
  std::uint64_t kilobytes = 0;
  std::from_chars(name.data() + dash + 1, name.data() + name.size(), kilobytes);
  std::uint64_t free_pages = 0;
  std::uint64_t reserved = 0;
  std::ifstream(folder / "free_hugepages") >> free_pages;
  std::ifstream(folder / "resv_hugepages") >> reserved;
  return static_cast<unsigned>((free_pages - std::min(free_pages, reserved)) * kilobytes / kKilobytesPerMegabyte);
}

void check_worker_cores(const EalOptions& options, const HostResources& host) {
  const auto& wanted = options.worker_cores;
  for (auto core = wanted.begin(); core != wanted.end(); ++core) {
    if (std::find(host.cores.begin(), host.cores.end(), *core) == host.cores.end()) {
      throw SetupError("worker core " + std::to_string(*core) + " does not exist here, expected one of " +
                       format_cpu_list(host.cores));
    }
    if (std::find(wanted.begin(), core, *core) != core) {
      throw SetupError("worker core " + std::to_string(*core) + " is listed twice, expected one worker per core");
    }
  }
}

/// lcore 0 is the calling thread with all its cores, 1 and up are the workers: "0@(0,1),1@1".
std::string lcore_map(const EalOptions& options, const HostResources& host) {
  std::string map = "0@(";
  for (std::size_t i = 0; i < host.cores.size(); ++i) map += (i == 0 ? "" : ",") + std::to_string(host.cores[i]);
  map += ")";
  for (std::size_t i = 0; i < options.worker_cores.size(); ++i) {
    map += "," + std::to_string(i + 1) + "@" + std::to_string(options.worker_cores[i]);
  }
  return map;
}

}  // namespace

HostResources host_resources() {
  HostResources host;
  host.cores = process_cores();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/sys/kernel/mm/hugepages", error)) {
    host.free_huge_pages_mb += free_megabytes(entry.path());
  }
  return host;
}

bool wants_huge_pages(const EalOptions& options, const HostResources& host) {
  const bool enough = host.free_huge_pages_mb >= options.memory_mb;
  if (options.huge_pages == HugePages::kAlways && !enough) {
    throw SetupError("huge pages are demanded, but only " + std::to_string(host.free_huge_pages_mb) +
                     " MB of them are free, expected " + std::to_string(options.memory_mb) +
                     " MB (see /proc/sys/vm/nr_hugepages)");
  }
  return enough && options.huge_pages != HugePages::kNever;
}

std::vector<std::string> eal_arguments(const EalOptions& options, const HostResources& host) {
  check_worker_cores(options, host);
  const std::string prefix =
      options.file_prefix.empty() ? std::string(kDefaultPrefix) + std::to_string(getpid()) : options.file_prefix;
  std::vector<std::string> arguments{"sallyport",
                                     "--no-telemetry",
                                     "--file-prefix=" + prefix,
                                     "--main-lcore=0",
                                     "--lcores=" + lcore_map(options, host),
                                     "-m",
                                     std::to_string(options.memory_mb)};
  if (wants_huge_pages(options, host)) {
    arguments.emplace_back("--in-memory");  // anonymous huge pages: no mount, no files left behind
  } else {
    arguments.emplace_back("--no-huge");  // not compatible with --in-memory, so say the rest of it one by one
    arguments.emplace_back("--no-shconf");
  }
  if (options.pci_devices.empty()) arguments.emplace_back("--no-pci");
  for (const std::string& device : options.pci_devices) {
    arguments.emplace_back("-a");
    arguments.push_back(device);
  }
  arguments.emplace_back(options.log_debug ? "--log-level=*:debug" : "--log-level=error");
  return arguments;
}

}  // namespace sallyport::drivers
