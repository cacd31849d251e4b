#include "perf/load/pause_windows.hpp"

#include <algorithm>

namespace sallyport::load {

using dataplane::Tsc;

void PauseWindows::add(std::span<const dataplane::Pause> pauses) {
  for (const dataplane::Pause& pause : pauses) {
    if (pause.kind == dataplane::PauseKind::kFault) continue;
    const auto behind = static_cast<Tsc>(static_cast<double>(pause.ended - pause.began) * backlog_);
    windows_.push_back({pause.began, pause.ended + behind});
    ++pauses_;
  }
  std::sort(windows_.begin(), windows_.end(),
            [](const Window& one, const Window& other) { return one.began < other.began; });
  std::vector<Window> joined;
  for (const Window& window : windows_) {
    if (joined.empty() || window.began > joined.back().ended) {
      joined.push_back(window);
    } else {
      joined.back().ended = std::max(joined.back().ended, window.ended);
    }
  }
  windows_ = std::move(joined);
}

bool PauseWindows::touches(Tsc from, Tsc to) const noexcept {
  // The first that ends at `from` or later.
  const auto next = std::lower_bound(windows_.begin(), windows_.end(), from,
                                     [](const Window& window, Tsc time) { return window.ended < time; });
  return next != windows_.end() && next->began <= to;
}

double PauseWindows::share(Tsc from, Tsc to) const noexcept {
  if (to <= from) return 0;
  Tsc sum = 0;
  for (const Window& window : windows_) {
    const Tsc began = std::max(window.began, from);
    const Tsc ended = std::min(window.ended, to);
    if (ended > began) sum += ended - began;
  }
  return static_cast<double>(sum) / static_cast<double>(to - from);
}

}  // namespace sallyport::load
