#include "dataplane/pause_log.hpp"

#include <algorithm>

namespace sallyport::dataplane {

void PauseLog::add(const Pause& pause) noexcept {
  const auto kind = static_cast<std::size_t>(pause.kind);
  counts_[kind].add();
  ticks_[kind].add(pause.ended - pause.began);
  const std::uint64_t number = done_.load(std::memory_order_relaxed);
  Slot& slot = slots_[number % kKept];
  if (number >= kKept) forgotten_until_.store(slot.ended.load(std::memory_order_relaxed), std::memory_order_release);
  begun_.store(number + 1, std::memory_order_relaxed);
  slot.began.store(pause.began, std::memory_order_release);
  slot.ended.store(pause.ended, std::memory_order_release);
  slot.kind.store(pause.kind, std::memory_order_release);
  done_.store(number + 1, std::memory_order_release);
}

void PauseLog::begin_window() noexcept {
  for (std::size_t kind = 0; kind < kPauseKinds; ++kind) {
    longest_before_[kind].set(longest_[kind].read());
    longest_[kind].set(0);
  }
}

Tsc PauseLog::longest_own(PauseKind kind) const noexcept {
  const auto index = static_cast<std::size_t>(kind);
  return std::max(longest_[index].read(), longest_before_[index].read());
}

std::vector<Pause> PauseLog::recent(Tsc since) const {
  const std::uint64_t end = done_.load(std::memory_order_acquire);
  const std::uint64_t first = end > kKept ? end - kKept : 0;
  std::vector<Pause> pauses;
  for (std::uint64_t i = first; i < end; ++i) {
    const Slot& slot = slots_[i % kKept];
    pauses.push_back({slot.began.load(std::memory_order_acquire), slot.ended.load(std::memory_order_acquire),
                      slot.kind.load(std::memory_order_acquire)});
  }
  // What was written over meanwhile.
  const std::uint64_t begun = begun_.load(std::memory_order_relaxed);
  const std::uint64_t kept = begun > kKept ? begun - kKept : 0;
  if (kept > first)
    pauses.erase(pauses.begin(), pauses.begin() + static_cast<std::ptrdiff_t>(std::min(kept, end) - first));
  std::erase_if(pauses, [since](const Pause& pause) { return pause.ended <= since; });
  return pauses;
}

}  // namespace sallyport::dataplane
