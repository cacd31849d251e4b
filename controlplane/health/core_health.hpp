// Watches whether one worker has its core to itself: Linux counts how often it gives the core to somebody else while
// the worker has work to do. Pure, as PortHealth.
#pragma once

#include <cstdint>
#include <string>

#include "controlplane/health/condition.hpp"
#include "controlplane/health/report.hpp"

namespace sallyport::controlplane {

class CoreHealth {
 public:
  CoreHealth(std::size_t worker, unsigned core);

  /// `preempted`: involuntary context switches of the worker's thread since it started.
  HealthReports look(std::uint64_t preempted, Condition::Time now);
  bool shared() const noexcept { return shared_.holds(); }

 private:
  std::string name_;
  Condition shared_;
  std::uint64_t window_count_ = 0;  ///< at the beginning of the window
  Condition::Time window_start_{};
};

}  // namespace sallyport::controlplane
