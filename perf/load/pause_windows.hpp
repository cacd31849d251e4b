// The time in which packets had to wait for the machine: pauses of the threads that they pass, each with the time that
// the packets which piled up behind it may take. Filled after a run; knows no packets.
#pragma once

#include <span>
#include <vector>

#include "dataplane/pause_log.hpp"

namespace sallyport::load {

class PauseWindows {
 public:
  /// Behind a pause comes `backlog` times its length: at a load of L (0 to 1) what piled up is gone after L / (1 - L).
  explicit PauseWindows(double backlog) : backlog_(backlog) {}

  /// Page faults are a thread's own, and are not taken. Pauses in any order.
  void add(std::span<const dataplane::Pause> pauses);
  /// How many there are.
  std::size_t pauses() const noexcept { return pauses_; }

  /// Whether one of them is within [from, to].
  bool touches(dataplane::Tsc from, dataplane::Tsc to) const noexcept;
  /// The share of [from, to] that they take.
  double share(dataplane::Tsc from, dataplane::Tsc to) const noexcept;

 private:
  struct Window {
    dataplane::Tsc began;
    dataplane::Tsc ended;
  };

  double backlog_;
  std::size_t pauses_ = 0;
  std::vector<Window> windows_;  ///< one behind the other, apart
};

}  // namespace sallyport::load
