#include "dataplane/pause_watch.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace sallyport::dataplane {

PauseWatch::PauseWatch(PauseLog& log, const Clock& clock) noexcept
    : log_(log), pause_(clock.ticks(kPause)), window_(clock.ticks(kWindow)) {}

PauseWatch::Usage PauseWatch::usage() noexcept {
  rusage counts{};
  if (getrusage(RUSAGE_THREAD, &counts) != 0) return {};
  return {static_cast<std::uint64_t>(counts.ru_nivcsw),
          static_cast<std::uint64_t>(counts.ru_minflt + counts.ru_majflt)};
}

std::uint64_t PauseWatch::sample(Tsc now) noexcept {
  usage_ = usage();
  if (now - window_began_ > window_) {
    window_began_ = now;
    log_.begin_window();
  }
  return usage_.switches;
}

void PauseWatch::look_closer(PauseKind kind, Tsc began, Tsc ended, std::uint64_t items) noexcept {
  const Tsc spent = ended - began;
  const Usual& usual = usual_[static_cast<std::size_t>(kind)];
  const Tsc work = usual.items == 0 ? 0 : 2 * usual.ticks * items / usual.items;
  const Tsc longest = pause_ + work;
  // A pause counts as that much work, or a load that grew at once would look like pauses for ever.
  if (items != 0) learn(kind, std::min(spent, longest), items);
  if (spent <= longest) return log_.note_own(kind, spent);
  const Usage before = usage_;
  usage_ = usage();
  if (usage_.switches != before.switches) {
    kind = PauseKind::kSwitched;
  } else if (usage_.faults != before.faults) {
    kind = PauseKind::kFault;
  }
  log_.add({began, ended, kind});
}

}  // namespace sallyport::dataplane
