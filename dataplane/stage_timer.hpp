// Counts what a stage did and how long it took, for non-empty bursts.
#pragma once

#include "dataplane/clock.hpp"
#include "dataplane/stats.hpp"

namespace sallyport::dataplane {

/// Measures the stages of one pass back to back: each lap() reads the clock once.
class StageTimer {
 public:
  explicit StageTimer(WorkerStats& stats) noexcept : stats_(stats), last_(Clock::now()) {}

  /// Everything since the previous lap belongs to `stage`, which worked on `packets`.
  void lap(Stage stage, std::uint64_t packets) noexcept {
    const Tsc now = Clock::now();
    if (packets != 0) {
      StageStats& stage_stats = stats_.stages[static_cast<std::size_t>(stage)];
      stage_stats.packets.add(packets);
      stage_stats.bursts.add();
      stage_stats.ticks.add(now - last_);
    }
    last_ = now;
  }

 private:
  WorkerStats& stats_;
  Tsc last_;
};

}  // namespace sallyport::dataplane
