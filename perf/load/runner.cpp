#include "perf/load/runner.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "perf/load/worker_pauses.hpp"

namespace sallyport::load {
namespace {

using dataplane::Clock;
using dataplane::PauseKind;
using dataplane::Tsc;
using std::chrono::nanoseconds;

constexpr nanoseconds kLeadIn = std::chrono::milliseconds(2);   ///< between set-up and the first packet
constexpr nanoseconds kLook = std::chrono::milliseconds(5);     ///< between two looks at the stop signal
constexpr nanoseconds kQuiet = std::chrono::milliseconds(50);   ///< for copies that come after everything is there
constexpr nanoseconds kLongestDrain = std::chrono::seconds(5);  ///< where it does not get quiet between two runs
constexpr nanoseconds kFirstReport = std::chrono::milliseconds(500);
constexpr nanoseconds kNap = std::chrono::milliseconds(1);
constexpr nanoseconds kPollSeveral = std::chrono::microseconds(50);

std::vector<StreamPlan> plan_with_keys(const LoadOptions& options) {
  std::vector<StreamPlan> plan = plan_streams(options);
  read_keys(options, plan);
  return plan;
}

std::uint32_t random_run() {
  std::uint32_t run = 0;
  if (::getrandom(&run, sizeof run, 0) != sizeof run) throw UsageError("no random numbers");
  return run;
}

/// Packets of a lane that may be under way: two seconds' worth; flat out, what four million in all come to.
std::uint32_t window_for(const LoadOptions& options) {
  constexpr double kSeconds = 2;
  constexpr double kFlatOut = 4 << 20;
  const double packets = options.top_rate() > 0 ? options.top_rate() * kSeconds : kFlatOut / options.streams;
  return std::bit_ceil(static_cast<std::uint32_t>(std::clamp(packets, 0.0, kFlatOut)) + 64);
}

/// Turns per direction; a duration at a given rate is a number of packets, the same for each lane.
std::uint64_t turns_for(const LoadOptions& options, double stream_rate) {
  std::uint64_t packets = std::numeric_limits<std::uint32_t>::max();
  if (options.packets_per_stream != 0) packets = options.packets_per_stream;
  if (options.duration.count() > 0 && stream_rate > 0) {
    const double timed = std::round(stream_rate * static_cast<double>(options.duration.count()) * 1e-9);
    packets = std::min(packets, std::max<std::uint64_t>(1, static_cast<std::uint64_t>(timed)));
  }
  return packets * options.streams;
}

std::vector<std::pair<std::uint32_t, Findings>> worst_lanes(const Judge& judge) {
  std::vector<std::pair<std::uint32_t, Findings>> worst;
  for (std::uint32_t i = 0; i < judge.options().lanes; ++i) {
    if (faults(judge.findings(i)) > 0) worst.emplace_back(i, judge.findings(i));
  }
  const auto shown = static_cast<std::ptrdiff_t>(std::min(worst.size(), kWorstLanes));
  std::partial_sort(worst.begin(), worst.begin() + shown, worst.end(),
                    [](const auto& x, const auto& y) { return faults(x.second) > faults(y.second); });
  worst.resize(static_cast<std::size_t>(shown));
  return worst;
}

}  // namespace

bool RunResult::all_right() const noexcept {
  return std::all_of(directions.begin(), directions.end(), [](const DirectionResult& direction) {
    return direction.total.right > 0 && faults(direction.total) == 0;
  });
}

Runner::Runner(const LoadOptions& options) : Runner(options, plan_with_keys(options)) {}

Runner::Runner(const LoadOptions& options, const std::vector<StreamPlan>& plan)
    : options_(options),
      clock_(Clock::calibrate()),
      links_(options, plan),
      crypto_(options.engine),
      pause_watch_(own_pauses_, clock_) {
  const std::uint32_t run = random_run();
  directions_.push_back(make_direction(run, Side::kA, plan));
  if (options.bidirectional) directions_.push_back(make_direction(run, Side::kB, plan));
}

Runner::Direction Runner::make_direction(std::uint32_t run, Side from, const std::vector<StreamPlan>& plan) {
  const bool from_a = from == Side::kA;
  const SideOptions& out = from_a ? options_.a : options_.b;
  const SideOptions& in = from_a ? options_.b : options_.a;
  const auto out_side = from_a ? &StreamPlan::a : &StreamPlan::b;
  const auto in_side = from_a ? &StreamPlan::b : &StreamPlan::a;
  JudgeOptions judge;
  judge.run = run;
  judge.direction = from_a ? 0 : kFromB;
  judge.lanes = options_.streams;
  judge.window = window_for(options_);
  judge.shape = options_.shape;
  judge.late_ticks = clock_.ticks(options_.late);
  judge.duplicates_pass = out.suite == nullptr && in.suite == nullptr;
  if (!options_.pauses_of.empty()) judge.flights = turns_for(options_, options_.stream_rate);
  judge.bad_tags_arrive = judge.replays_arrive = options_.direct();

  Direction direction;
  direction.judge = std::make_unique<Judge>(std::move(judge), clock_);
  direction.sender = std::make_unique<Sender>(
      options_, from, SrtpSide(crypto_, out, plan, out_side, &SidePlan::send_keys), links_.of(from), *direction.judge);
  direction.receiver = std::make_unique<Receiver>(
      options_.rtcp, SrtpSide(crypto_, in, plan, in_side, &SidePlan::receive_keys), *direction.judge);
  return direction;
}

Runner::Schedule Runner::make_schedule(double stream_rate) const {
  const Tsc start = Clock::now() + clock_.ticks(kLeadIn);
  Tsc deadline = std::numeric_limits<Tsc>::max();
  if (options_.duration.count() > 0) {
    // Paced, the number of packets ends the run; the deadline is for a rate that cannot be had.
    const bool paced = stream_rate > 0;
    const nanoseconds longest = paced ? options_.duration * 5 / 4 + std::chrono::seconds(1) : options_.duration;
    deadline = start + clock_.ticks(longest);
  }
  return {.stream_rate = stream_rate,
          .packets = options_.own_times ? Pacer(options_.shape, options_.streams, clock_, start)
                                        : Pacer(stream_rate * options_.streams, clock_, start),
          // One a second and stream, the first when its numbers are known on the far side.
          .reports = Pacer(options_.streams, clock_, start + clock_.ticks(kFirstReport)),
          .turns = turns_for(options_, stream_rate),
          .deadline = deadline,
          .next_look = start,
          .last_pass = start};
}

RunResult Runner::run(double stream_rate) {
  begin();
  Schedule schedule = make_schedule(stream_rate);
  Tsc before = Clock::now();
  while (!offering_over(schedule, Clock::now())) {
    const Tsc now = Clock::now();
    note_delay(schedule, now);
    const std::uint64_t packets = offer_due(schedule, now) + receive_all();
    const Tsc after = Clock::now();
    pause_watch_.stretch(packets == 0 ? PauseKind::kIdle : PauseKind::kPackets, before, after, packets);
    before = after;
    if (packets != 0 || options_.spin) continue;
    rest(schedule);
    before = Clock::now();
  }
  const Tsc end = Clock::now();
  settle();
  for (Direction& direction : directions_) direction.judge->finish();
  return result(schedule, end);
}

void Runner::begin() {
  if (ran_) {
    drain();
    before_ = link_stats();
  }
  ran_ = true;
  for (Direction& direction : directions_) {
    direction.judge->begin();
    direction.sender->begin();
  }
  unexpected_on_a_ = 0;
}

void Runner::drain() {
  const Tsc start = Clock::now();
  Tsc last = start;
  for (Tsc now = start; now - last < clock_.ticks(kQuiet) && now - start < clock_.ticks(kLongestDrain);) {
    const bool received = receive_all() != 0;
    if (!received && !options_.spin) links_.all().front()->wait(kPollSeveral);
    now = Clock::now();
    if (received) last = now;
  }
}

void Runner::note_delay(Schedule& schedule, Tsc now) const {
  Tsc expected = schedule.last_pass;
  if (schedule.stream_rate > 0) {
    const std::uint64_t turns = directions_.front().sender->turns();
    expected = turns < schedule.turns ? schedule.packets.time_of(turns) : now;
  }
  schedule.last_pass = now;
  if (now > expected) schedule.longest_delay = std::max(schedule.longest_delay, now - expected);
}

std::uint64_t Runner::offer_due(Schedule& schedule, Tsc now) {
  const std::uint64_t due = std::min(schedule.packets.due(now), schedule.turns);
  const std::uint64_t reports = options_.rtcp == RtcpMode::kOff ? 0 : schedule.reports.due(now);
  std::uint64_t packets = 0;
  for (Direction& direction : directions_) {
    Sender& sender = *direction.sender;
    if (due > sender.turns()) packets += sender.offer(due - sender.turns());
    if (reports > sender.report_turns()) packets += sender.offer_reports(reports - sender.report_turns());
  }
  return packets;
}

std::uint64_t Runner::receive_all() {
  std::array<Packet, kBurst> packets;
  std::uint64_t packets_received = 0;
  for (Link* link : links_.all()) {
    std::size_t count = kBurst;
    // What was sent in one pass comes back in a few; more than that, and the schedule waits.
    for (unsigned round = 0; round < 4 && count == kBurst; ++round) {
      count = link->receive(packets);
      dispatch(std::span(packets).first(count), Clock::now());
      link->release(std::span(packets).first(count));
      packets_received += count;
    }
  }
  return packets_received;
}

void Runner::dispatch(std::span<Packet> packets, Tsc now) {
  // Side b's packets are of direction a -> b.
  const auto middle = std::stable_partition(packets.begin(), packets.end(),
                                            [](const Packet& packet) { return packet.flow.side == Side::kB; });
  directions_.front().receiver->take({packets.begin(), middle}, now);
  const std::span<Packet> on_a(middle, packets.end());
  if (directions_.size() > 1) {
    directions_.back().receiver->take(on_a, now);
  } else {
    unexpected_on_a_ += on_a.size();
  }
}

bool Runner::offering_over(Schedule& schedule, Tsc now) {
  if (now >= schedule.next_look) {
    schedule.next_look = now + clock_.ticks(kLook);
    pause_watch_.sample(now);
    interrupted_ |= stop_.arrived();
  }
  const bool all = std::all_of(directions_.begin(), directions_.end(), [&schedule](const Direction& direction) {
    return direction.sender->turns() >= schedule.turns;
  });
  return all || interrupted_ || now >= schedule.deadline;
}

void Runner::rest(const Schedule& schedule) {
  Tsc next = std::numeric_limits<Tsc>::max();
  for (const Direction& direction : directions_) {
    const std::uint64_t turns = direction.sender->turns();
    if (turns < schedule.turns) next = std::min(next, schedule.packets.time_of(turns));
  }
  const Tsc now = Clock::now();
  if (next <= now) return;
  const nanoseconds until(static_cast<std::int64_t>(clock_.nanoseconds(next - now)));
  const nanoseconds longest = links_.all().size() > 1 ? kPollSeveral : kLook;  // only one link can wake us
  links_.all().front()->wait(std::min(until, longest));
}

void Runner::settle() {
  const Tsc start = Clock::now();
  const Tsc end = start + clock_.ticks(options_.settle);
  const Tsc quiet = start + clock_.ticks(std::min(options_.settle, kQuiet));
  for (;;) {
    bool done = true;
    for (Direction& direction : directions_) {
      done &= direction.sender->finish() && direction.judge->outstanding() == 0;
    }
    const bool received = receive_all() != 0;
    const Tsc now = Clock::now();
    if (now >= end || (done && now >= quiet)) return;
    if (!received && !options_.spin) links_.all().front()->wait(std::min(kNap, kPollSeveral));
  }
}

LinkStats Runner::link_stats() const {
  LinkStats sum;
  for (const Link* link : links_.all()) {
    const LinkStats stats = link->stats();
    sum.missed += stats.missed;
    sum.foreign += stats.foreign;
  }
  return sum;
}

RunResult Runner::result(const Schedule& schedule, Tsc end) const {
  RunResult result;
  for (const Direction& direction : directions_) {
    const Judge& judge = *direction.judge;
    const bool from_a = judge.options().direction == 0;
    result.directions.push_back({.name = from_a ? "a -> b" : "b -> a",
                                 .total = judge.total(),
                                 .latency = judge.latency(),
                                 .outside = {},
                                 .rewritten_lanes = judge.rewritten_lanes(),
                                 .worst = worst_lanes(judge)});
  }
  result.directions.front().total.unexpected += unexpected_on_a_;
  const Tsc start = schedule.packets.start();
  result.seconds = end > start ? clock_.nanoseconds(end - start) * 1e-9 : 0;
  result.asked_pps = schedule.stream_rate * options_.streams;
  const std::uint64_t offered = std::min(directions_.front().sender->turns(), directions_.back().sender->turns());
  result.offered_pps = result.seconds > 0 ? static_cast<double>(offered) / result.seconds : 0;
  result.own_delay_us = clock_.nanoseconds(schedule.longest_delay) * 1e-3;
  for (const Link* link : links_.all()) result.links.push_back(link->description());
  result.link_stats = link_stats();
  result.link_stats.missed -= before_.missed;
  result.link_stats.foreign -= before_.foreign;
  result.interrupted = interrupted_;
  if (!options_.pauses_of.empty()) leave_out_pauses(result, start, end);
  return result;
}

void Runner::leave_out_pauses(RunResult& result, Tsc start, Tsc end) const {
  const WorkerPauses workers = ask_for_pauses(options_.pauses_of, start);
  PauseWindows windows(options_.backlog);
  windows.add(workers.pauses);
  PausesResult pauses;
  pauses.workers = windows.pauses();
  windows.add(own_pauses_.recent(start));
  pauses.own = windows.pauses() - pauses.workers;
  pauses.share = windows.share(start, end);
  pauses.complete = workers.complete && own_pauses_.forgotten_until() <= start;
  for (std::size_t i = 0; i < directions_.size(); ++i) {
    result.directions[i].outside = directions_[i].judge->flights().outside(windows, clock_);
  }
  result.pauses = pauses;
}

}  // namespace sallyport::load
