// What a watcher of the gateway's parts has to say.
#pragma once

#include <string>
#include <vector>

namespace sallyport::controlplane {

/// A sentence for the log.
struct HealthReport {
  bool good = false;  ///< something is over; else a warning
  std::string text;
};

using HealthReports = std::vector<HealthReport>;

}  // namespace sallyport::controlplane
