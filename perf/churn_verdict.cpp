#include "perf/churn_verdict.hpp"

#include <algorithm>
#include <cmath>

#include "perf/load/pause_windows.hpp"

namespace sallyport::perf {
namespace {

using dataplane::Pause;
using dataplane::PauseKind;
using dataplane::PauseLog;
using dataplane::Tsc;

/// The worker has that much to do, or little less: what piled up is gone after so many times the pause's length.
constexpr double kBacklog = 9;

Tsc longest(std::span<const Pause> pauses, std::initializer_list<PauseKind> kinds) {
  Tsc most = 0;
  for (const Pause& pause : pauses) {
    if (std::find(kinds.begin(), kinds.end(), pause.kind) != kinds.end())
      most = std::max(most, pause.ended - pause.began);
  }
  return most;
}

double count(std::span<const Pause> pauses, PauseKind kind) {
  return static_cast<double>(
      std::count_if(pauses.begin(), pauses.end(), [kind](const Pause& pause) { return pause.kind == kind; }));
}

double over(double number, double seconds) { return seconds > 0 ? number / seconds : 0; }

}  // namespace

ChurnVerdict judge_churn(const PauseLog& worker, const PauseLog& own, const WorkerTimes& spent,
                         std::span<const Loss> losses, Tsc start, const dataplane::Clock& clock) {
  const std::vector<Pause> pauses = worker.recent(start);
  const auto microseconds = [&clock](Tsc ticks) { return clock.nanoseconds(ticks) * 1e-3; };
  ChurnVerdict verdict;
  verdict.complete = worker.forgotten_until() <= start && own.forgotten_until() <= start;
  verdict.machine_pauses_per_second = over(count(pauses, PauseKind::kIdle), spent.idle);
  verdict.packet_pauses_per_second = over(count(pauses, PauseKind::kPackets), spent.busy - spent.commands);
  verdict.command_pauses = count(pauses, PauseKind::kCommands);
  verdict.expected_command_pauses = verdict.machine_pauses_per_second * spent.commands;

  const double expected = verdict.expected_command_pauses;
  const bool explained = verdict.command_pauses <= expected + 3 * std::sqrt(expected) + 1;
  Tsc control = std::max({worker.longest_own(PauseKind::kCommands), worker.longest_own(PauseKind::kSweep),
                          longest(pauses, {PauseKind::kFault})});
  if (!explained) control = std::max(control, longest(pauses, {PauseKind::kCommands}));
  verdict.control_pause_us = microseconds(control);
  verdict.packets_pause_us = microseconds(worker.longest_own(PauseKind::kPackets));
  verdict.machine_pause_us = microseconds(longest(pauses, {PauseKind::kIdle, PauseKind::kSwitched}));

  load::PauseWindows windows(kBacklog);
  windows.add(pauses);
  windows.add(own.recent(start));
  Tsc end = start;
  for (const Pause& pause : pauses) end = std::max(end, pause.ended);
  verdict.machine_share = windows.share(start, end);
  for (const Loss& loss : losses) {
    if (!windows.touches(loss.seen, loss.seen)) verdict.lost_outside += static_cast<double>(loss.packets);
  }
  return verdict;
}

}  // namespace sallyport::perf
