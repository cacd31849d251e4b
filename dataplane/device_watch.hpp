// Whether a worker's crypto device answers, and how much it is given while it does not. A device that leaves a job
// without an answer for its patience, and has answered nothing else since it got that job, counts as silent. It is then
// tried with a job now and then: what it had may be lost for ever, and only an answer shows that it works again. One
// worker's own; knows neither packets nor the device itself.
#pragma once

#include <algorithm>
#include <cstddef>

#include "dataplane/clock.hpp"

namespace sallyport::dataplane {

class DeviceWatch {
 public:
  /// In ticks. `patience`: how long an answer may take.
  explicit DeviceWatch(Tsc patience) noexcept : patience_(patience) {}

  bool silent() const noexcept { return silent_; }
  /// Whether a job that was submitted at `since` has waited too long.
  bool overdue(Tsc since, Tsc now) const noexcept { return now - since >= patience_; }
  /// A job that was submitted at `since` is overdue.
  void missed(Tsc since, Tsc now) noexcept {
    if (silent_ || last_answer_ >= since) return;
    silent_ = true;
    last_trial_ = now;
  }
  /// `answers`: how many jobs the device has given back so far.
  void heard(std::uint64_t answers, Tsc now) noexcept {
    if (answers == answers_) return;
    answers_ = answers;
    last_answer_ = now;
    silent_ = false;
  }
  /// Whether to look for overdue jobs in this pass, at one of `shares` shares of them: so often that each is seen
  /// within a tenth of the patience.
  bool time_to_look(Tsc now, std::size_t shares) noexcept {
    if (now - last_look_ < patience_ / (10 * shares)) return false;
    last_look_ = now;
    return true;
  }
  /// How many of `jobs` (at least one) the device is to be given: all, or while it is silent one each patience.
  std::size_t admit(std::size_t jobs, Tsc now) noexcept {
    if (!silent_) [[likely]]
      return jobs;
    if (now - last_trial_ < patience_) return 0;
    last_trial_ = now;
    return 1;
  }

 private:
  Tsc patience_;
  std::uint64_t answers_ = 0;
  Tsc last_answer_ = 0;
  Tsc last_trial_ = 0;
  Tsc last_look_ = 0;
  bool silent_ = false;
};

}  // namespace sallyport::dataplane
