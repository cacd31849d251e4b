// The last pauses of one thread that should never stop, how many there were of each kind, and how long it worked at a
// stretch otherwise. Written by that thread alone (PauseWatch), read by any thread at any time.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "dataplane/clock.hpp"
#include "dataplane/counter.hpp"

namespace sallyport::dataplane {

/// What is known of a pause. The first four say what the thread was doing, where nothing else is known.
enum class PauseKind : std::uint8_t {
  kIdle,      ///< nothing: all of it is the machine's
  kPackets,   ///< it worked on packets
  kCommands,  ///< it carried out control's commands
  kSweep,     ///< it looked after its streams
  kSwitched,  ///< Linux ran another thread on its core meanwhile: the machine's
  kFault,     ///< Linux gave it memory meanwhile (page fault): its own
  kCount
};

inline constexpr std::size_t kPauseKinds = static_cast<std::size_t>(PauseKind::kCount);
inline constexpr std::array<std::string_view, kPauseKinds> kPauseKindNames{"idle",  "packets",  "commands",
                                                                           "sweep", "switched", "fault"};

struct Pause {
  Tsc began = 0;
  Tsc ended = 0;
  PauseKind kind = PauseKind::kIdle;
};

class PauseLog {
 public:
  /// Pauses that are kept; at some hundreds a second, which virtual machines have, twenty seconds' worth.
  static constexpr std::size_t kKept = 8192;

  PauseLog() : slots_(kKept) {}

  /// Writer only.
  void add(const Pause& pause) noexcept;
  /// Writer only: a stretch of work without a pause.
  void note_own(PauseKind kind, Tsc spent) noexcept {
    Counter& longest = longest_[static_cast<std::size_t>(kind)];
    if (spent > longest.read()) longest.set(spent);
  }
  /// Writer only: now and then, so that longest_own() does not tell of what is long past.
  void begin_window() noexcept;

  /// Pauses of a kind so far, and their ticks.
  std::uint64_t count(PauseKind kind) const noexcept { return counts_[static_cast<std::size_t>(kind)].read(); }
  Tsc ticks(PauseKind kind) const noexcept { return ticks_[static_cast<std::size_t>(kind)].read(); }
  /// The longest stretch of such work that had no pause in it, in this window and the one before.
  Tsc longest_own(PauseKind kind) const noexcept;
  /// All that are kept and ended after `since`, the oldest first.
  std::vector<Pause> recent(Tsc since = 0) const;
  /// The end of the last pause that is not kept any more; 0 while all are.
  Tsc forgotten_until() const noexcept { return forgotten_until_.load(std::memory_order_acquire); }

 private:
  /// A reader that sees what a writer put into a slot sees its number, too, and so that the slot is written anew.
  struct Slot {
    std::atomic<Tsc> began{0};
    std::atomic<Tsc> ended{0};
    std::atomic<PauseKind> kind{PauseKind::kIdle};
  };

  std::vector<Slot> slots_;
  std::atomic<std::uint64_t> begun_{0};  ///< pauses that are written or being written
  std::atomic<std::uint64_t> done_{0};   ///< pauses that are written
  std::atomic<Tsc> forgotten_until_{0};
  std::array<Counter, kPauseKinds> counts_;
  std::array<Counter, kPauseKinds> ticks_;
  std::array<Counter, kPauseKinds> longest_;         ///< in this window
  std::array<Counter, kPauseKinds> longest_before_;  ///< in the one before
};

}  // namespace sallyport::dataplane
