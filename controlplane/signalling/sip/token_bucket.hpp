// How often something may happen: so many times a second, with what was not used kept for a while. One point in time is
// all of its state (the virtual schedule of ITU-T I.371's rate algorithm). Knows no clock. One thread.
#pragma once

#include <algorithm>
#include <chrono>

namespace sallyport::controlplane::sip {

/// So many a second, and `at_once` after a pause.
struct Rate {
  unsigned per_second = 0;  ///< 0: no limit
  unsigned at_once = 0;     ///< at least 1 where there is a limit
};

class TokenBucket {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Whether it may happen now; counted where it may. The rate may be another one each time.
  bool take(TimePoint now, const Rate& rate) noexcept {
    if (rate.per_second == 0) return true;
    const std::chrono::nanoseconds interval = std::chrono::nanoseconds(std::chrono::seconds(1)) / rate.per_second;
    const TimePoint start = std::max(full_at_, now);
    if (start - now > interval * (std::max(rate.at_once, 1U) - 1)) return false;
    full_at_ = start + interval;
    return true;
  }
  /// Whether it is as if nothing had ever happened.
  bool full(TimePoint now) const noexcept { return full_at_ <= now; }

 private:
  TimePoint full_at_{};  ///< when all that was taken is there again
};

}  // namespace sallyport::controlplane::sip
