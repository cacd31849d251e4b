// Timers of transactions, dialogs and registrations. Knows no clock: whoever owns it says what time it is, so that
// tests do. The owner calls run() before it lets anybody else schedule: delays count from now(), which stands still
// between two runs. One thread; a timer's function may schedule and cancel others.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace sallyport::controlplane::sip {

class TimerQueue {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;
  using Action = std::function<void()>;
  /// Names a timer for cancel(); a default one names none.
  using Id = std::pair<TimePoint, std::uint64_t>;

  explicit TimerQueue(TimePoint now) : now_(now) {}

  TimePoint now() const noexcept { return now_; }
  Id schedule(Duration delay, Action action) {
    const Id id{now_ + delay, ++last_};
    timers_.emplace(id, std::move(action));
    return id;
  }
  /// A timer that has run, or none, is no error.
  void cancel(const Id& id) { timers_.erase(id); }
  /// Runs what is due by `now`, in order. Each sees its own time in now(), also where it runs late, so that what it
  /// schedules keeps its distance.
  void run(TimePoint now) {
    while (!timers_.empty() && timers_.begin()->first.first <= now) {
      auto due = timers_.extract(timers_.begin());
      now_ = std::max(now_, due.key().first);
      due.mapped()();
    }
    now_ = std::max(now_, now);
  }
  std::optional<TimePoint> next() const {
    return timers_.empty() ? std::nullopt : std::optional(timers_.begin()->first.first);
  }
  std::size_t size() const noexcept { return timers_.size(); }

 private:
  TimePoint now_;
  std::uint64_t last_ = 0;
  std::map<Id, Action> timers_;
};

}  // namespace sallyport::controlplane::sip
