// Something that is wrong for a while. Seen again and again by a poller, it changes when it begins and when it has been
// over for some time, so that what flickers is said once. Pure; knows no clock.
#pragma once

#include <chrono>

namespace sallyport::controlplane {

class Condition {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Change { kNone, kBegan, kEnded };

  /// `calm`: how long it has to be over until it counts as over.
  explicit Condition(std::chrono::milliseconds calm) : calm_(calm) {}

  /// `wrong`: what is seen at `now`; not called with an earlier time than before.
  Change see(bool wrong, Time now) noexcept {
    if (wrong) {
      last_ = now;
      if (holds_) return Change::kNone;
      holds_ = true;
      begin_ = now;
      return Change::kBegan;
    }
    if (!holds_ || now - last_ < calm_) return Change::kNone;
    holds_ = false;
    return Change::kEnded;
  }

  bool holds() const noexcept { return holds_; }
  /// From its beginning until it was last seen.
  std::chrono::duration<double> lasted() const noexcept { return last_ - begin_; }

 private:
  std::chrono::milliseconds calm_;
  bool holds_ = false;
  Time begin_{};
  Time last_{};
};

}  // namespace sallyport::controlplane
