// The command line that DPDK's environment is brought up with, made from the options: a pure function, so that the
// rules (which memory, which bus, which lcore on which core) can be tested without DPDK.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "drivers/eal.hpp"

namespace sallyport::drivers {

/// File prefix without one in the options; the process id follows.
inline constexpr std::string_view kDefaultPrefix = "sallyport";

/// What the host has to offer.
struct HostResources {
  std::vector<unsigned> cores;  ///< that this process may use
  unsigned free_huge_pages_mb = 0;
};
HostResources host_resources();

/// Whether huge pages will be used. Throws SetupError where they are demanded and too few are free.
bool wants_huge_pages(const EalOptions& options, const HostResources& host);

/// Program name first. Throws SetupError on a worker core that is missing or listed twice.
std::vector<std::string> eal_arguments(const EalOptions& options, const HostResources& host);

}  // namespace sallyport::drivers
