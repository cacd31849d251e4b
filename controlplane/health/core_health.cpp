#include "controlplane/health/core_health.hpp"

#include <cmath>

namespace sallyport::controlplane {
namespace {

/// Programs come and go on a shared core: it is said once in a while, not at each of them.
constexpr std::chrono::milliseconds kCalm{60000};
constexpr std::chrono::seconds kWindow{2};
/// Housekeeping of the kernel stays below that on a core of our own.
constexpr double kPerSecond = 20;

}  // namespace

CoreHealth::CoreHealth(std::size_t worker, unsigned core)
    : name_("worker " + std::to_string(worker) + " shares core " + std::to_string(core)), shared_(kCalm) {}

HealthReports CoreHealth::look(std::uint64_t preempted, Condition::Time now) {
  if (window_start_ == Condition::Time{}) {
    window_start_ = now;
    window_count_ = preempted;
  }
  const std::chrono::duration<double> passed = now - window_start_;
  if (passed < kWindow) return {};
  const double rate = static_cast<double>(preempted - window_count_) / passed.count();
  window_start_ = now;
  window_count_ = preempted;
  if (shared_.see(rate > kPerSecond, now) != Condition::Change::kBegan) return {};
  return {{false, name_ + ": Linux gave it to other threads " + std::to_string(std::lround(rate)) +
                      " times a second; packets wait meanwhile (isolcpus= sets a core apart)"}};
}

}  // namespace sallyport::controlplane
