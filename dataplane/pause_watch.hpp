// Finds the pauses of a thread that should never stop (a worker; sallyport-load's) and tells the machine's from its
// own. The thread gives it each stretch of its time: from when to when, and on how much of what it worked meanwhile.
//
// A stretch has a pause in it where it took more than kPause longer than twice what so much work usually takes. Linux
// is asked only then, and once a millisecond for where it stands: whether it ran another thread meanwhile, or there was
// a page fault. What a hypervisor takes is in no count of Linux, so where nothing is known a pause has the kind of the
// work: without any work it can only be the machine's, and with some it is, as far as such pauses are not more
// frequent there than without.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "dataplane/pause_log.hpp"

namespace sallyport::dataplane {

class PauseWatch {
 public:
  static constexpr std::chrono::microseconds kPause{30};
  /// PauseLog::longest_own() is of one to two of these.
  static constexpr std::chrono::seconds kWindow{10};

  /// The log outlives the watch. Calls no system function: the thread itself may not run yet.
  PauseWatch(PauseLog& log, const Clock& clock) noexcept;

  /// The thread worked on `items` of `kind` (kIdle to kSweep; kIdle: 0) from `began` to `ended`.
  void stretch(PauseKind kind, Tsc began, Tsc ended, std::uint64_t items) noexcept {
    const Tsc spent = ended - began;
    if (spent > pause_) [[unlikely]]
      return look_closer(kind, began, ended, items);
    if (items != 0) {
      learn(kind, spent, items);
      log_.note_own(kind, spent);
    }
  }
  /// Asks Linux where it stands, about once a millisecond. Returns how often it has taken the core from the calling
  /// thread, which did not want to wait.
  std::uint64_t sample(Tsc now) noexcept;

 private:
  /// What work of a kind usually takes; what is long past counts less and less.
  struct Usual {
    Tsc ticks = 0;
    std::uint64_t items = 0;
  };
  /// What Linux counts for the thread.
  struct Usage {
    std::uint64_t switches = 0;
    std::uint64_t faults = 0;
  };
  static constexpr std::uint64_t kRemembered = 1 << 12;  ///< items

  static Usage usage() noexcept;
  void look_closer(PauseKind kind, Tsc began, Tsc ended, std::uint64_t items) noexcept;
  void learn(PauseKind kind, Tsc spent, std::uint64_t items) noexcept {
    Usual& usual = usual_[static_cast<std::size_t>(kind)];
    usual.ticks += spent;
    usual.items += items;
    if (usual.items > kRemembered) usual.ticks /= 2, usual.items /= 2;
  }

  PauseLog& log_;
  Tsc pause_;
  Tsc window_;
  Tsc window_began_ = 0;
  Usage usage_;
  std::array<Usual, kPauseKinds> usual_;
};

}  // namespace sallyport::dataplane
