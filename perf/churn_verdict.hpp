// What churn_bench's worker stood still for: control, its own work, or the machine. Pure, called once a run.
//
// The machine's are pauses in which the worker had nothing to do or Linux ran another thread. A pause in the middle of
// commands may be the machine's, too: a hypervisor does not ask what a processor is doing. So they are, as long as
// there are no more of them in that time than the machine makes in time without work (and three standard deviations of
// such a count); else the longest of them is control's. A page fault always is.
#pragma once

#include <span>

#include "dataplane/pause_log.hpp"

namespace sallyport::perf {

/// Seconds of the worker's time.
struct WorkerTimes {
  double busy = 0;
  double idle = 0;
  double commands = 0;  ///< of the busy ones

  WorkerTimes operator-(const WorkerTimes& before) const {
    return {busy - before.busy, idle - before.idle, commands - before.commands};
  }
};

/// Packets that were seen to be missing at a time.
struct Loss {
  dataplane::Tsc seen;
  std::uint64_t packets;
};

struct ChurnVerdict {
  bool complete = false;  ///< else there were more pauses than are kept, and nothing below is known
  double control_pause_us = 0;
  double packets_pause_us = 0;
  double machine_pause_us = 0;
  double machine_pauses_per_second = 0;  ///< of idle time
  double packet_pauses_per_second = 0;   ///< of time with packets
  double command_pauses = 0;
  double expected_command_pauses = 0;
  double lost_outside = 0;   ///< packets, outside of the machine's pauses in either thread and what piled up behind
  double machine_share = 0;  ///< that these take of the time
};

/// `worker`, `own`: pauses of the worker and of the thread that plays network and control, since `start`. `spent`: the
/// worker's time since then.
ChurnVerdict judge_churn(const dataplane::PauseLog& worker, const dataplane::PauseLog& own, const WorkerTimes& spent,
                         std::span<const Loss> losses, dataplane::Tsc start, const dataplane::Clock& clock);

}  // namespace sallyport::perf
