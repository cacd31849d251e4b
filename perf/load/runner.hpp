// Runs: offers what is due, receives what came, until everything is offered and has come back or is given up. One
// thread, one loop, for all directions and links.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dataplane/pause_watch.hpp"
#include "perf/load/links.hpp"
#include "perf/load/pacer.hpp"
#include "perf/load/receiver.hpp"
#include "perf/load/sender.hpp"
#include "perf/load/stop_signal.hpp"

namespace sallyport::load {

/// What one direction came to.
struct DirectionResult {
  std::string name;  ///< "a -> b"
  Findings total;
  Histogram latency;  ///< nanoseconds
  Histogram
      outside;  ///< likewise, of packets that were under way outside of the machine's pauses, if that was asked for
  std::uint32_t rewritten_lanes = 0;
  /// Lanes with faults, the worst first, at most kWorstLanes.
  std::vector<std::pair<std::uint32_t, Findings>> worst;
};
inline constexpr std::size_t kWorstLanes = 5;

/// The machine's pauses, of our thread and the gateway's workers.
struct PausesResult {
  std::size_t own = 0;
  std::size_t workers = 0;
  double share = 0;      ///< of the time, with what piled up behind them
  bool complete = true;  ///< else there were more than are kept, and some were not left out
};

struct RunResult {
  std::vector<DirectionResult> directions;
  double seconds = 0;       ///< of offering
  double asked_pps = 0;     ///< per direction; 0: flat out
  double offered_pps = 0;   ///< per direction; the lesser one
  double own_delay_us = 0;  ///< the longest that our own thread was behind its schedule
  std::vector<std::string> links;
  LinkStats link_stats;
  std::optional<PausesResult> pauses;  ///< if they were asked for
  bool interrupted = false;

  /// Something came back, and nothing is wrong.
  bool all_right() const noexcept;
};

class Runner {
 public:
  /// Throws UsageError or SetupError where keys or links cannot be had.
  explicit Runner(const LoadOptions& options);
  /// With a plan that has its keys already; it may go afterwards.
  Runner(const LoadOptions& options, const std::vector<StreamPlan>& plan);
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  /// At the rate of the options.
  RunResult run() { return run(options_.stream_rate); }
  /// At `stream_rate` packets per second of each stream, at most the options' top_rate(); 0: flat out. May be called
  /// again: what the run before left under way is waited for, streams go on with their numbers and SRTP indices.
  RunResult run(double stream_rate);

 private:
  struct Direction {
    std::unique_ptr<Judge> judge;
    std::unique_ptr<Sender> sender;
    std::unique_ptr<Receiver> receiver;
  };
  /// The run's clockwork, set up when it begins.
  struct Schedule {
    double stream_rate;
    Pacer packets;
    Pacer reports;
    std::uint64_t turns;       ///< in all, per direction
    dataplane::Tsc deadline;   ///< when offering ends at the latest
    dataplane::Tsc next_look;  ///< at the stop signal
    dataplane::Tsc last_pass;
    dataplane::Tsc longest_delay = 0;
  };

  Direction make_direction(std::uint32_t run, Side from, const std::vector<StreamPlan>& plan);
  void begin();
  /// What settle() gave up must not come into the next run.
  void drain();
  Schedule make_schedule(double stream_rate) const;
  /// Both return how many packets that were.
  std::uint64_t offer_due(Schedule& schedule, dataplane::Tsc now);
  std::uint64_t receive_all();
  void dispatch(std::span<Packet> packets, dataplane::Tsc now);
  void note_delay(Schedule& schedule, dataplane::Tsc now) const;
  bool offering_over(Schedule& schedule, dataplane::Tsc now);
  void rest(const Schedule& schedule);
  void settle();
  LinkStats link_stats() const;
  RunResult result(const Schedule& schedule, dataplane::Tsc end) const;
  /// What the latency is outside of pauses.
  void leave_out_pauses(RunResult& result, dataplane::Tsc start, dataplane::Tsc end) const;

  const LoadOptions& options_;
  dataplane::Clock clock_;
  Links links_;
  Crypto crypto_;
  dataplane::PauseLog own_pauses_;
  dataplane::PauseWatch pause_watch_;  ///< writes to that
  std::vector<Direction> directions_;  ///< a -> b, and b -> a if that was asked for
  std::uint64_t unexpected_on_a_ = 0;  ///< came to side a, where nothing should
  StopSignal stop_;
  LinkStats before_;  ///< when the run began; the first one counts from the start
  bool ran_ = false;
  bool interrupted_ = false;
};

}  // namespace sallyport::load
