// The generator's streams as calls of a gateway that is driven over ng (rtpengine): made by offer and answer, one call
// per stream, side a being the caller, and deleted at the end. Made by main() before the run and outlives it. One
// thread.
#pragma once

#include <string>
#include <vector>

#include "perf/load/ng_client.hpp"
#include "perf/load/plan.hpp"
#include "perf/load/stop_signal.hpp"

namespace sallyport::load {

class NgCalls {
 public:
  /// Makes a call of each stream and writes the gateway's endpoints and the keys of both sides into the plan. Throws
  /// UsageError where the gateway does not want; the calls that were made are deleted then.
  NgCalls(const LoadOptions& options, std::vector<StreamPlan>& plan);
  NgCalls(const NgCalls&) = delete;
  NgCalls& operator=(const NgCalls&) = delete;
  /// Deletes the calls; says so on the standard error stream where that fails.
  ~NgCalls() { remove(); }

 private:
  void make(const LoadOptions& options, StreamPlan& stream);
  void remove() noexcept;

  StopSignal held_;  ///< a signal ends the run behind this, not the process with the calls left in the gateway
  NgClient client_;
  std::string prefix_;
  std::vector<std::string> call_ids_;
};

}  // namespace sallyport::load
