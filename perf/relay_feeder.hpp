// One queue of a Relay and its worker, played by one thread: makes packets, puts them in, lets the worker pass over
// them, takes out what has come, and keeps what the worker's time per packet was.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "perf/relay.hpp"
#include "perf/sealer.hpp"

namespace sallyport::perf {

/// One figure per stage, then one for the whole pass.
template <typename T>
using PerStage = std::array<T, dataplane::kStages + 1>;

/// What the feeders of a relay, each with its thread, know of each other.
struct RelayPlay {
  explicit RelayPlay(const Relay& relay)
      : warming(relay.workers()), unsated(relay.queues()), playing(relay.workers()) {}

  std::atomic<std::uint64_t> fed = 0;        ///< by all; none runs far ahead of the slowest worker
  std::atomic<std::uint64_t> collected = 0;  ///< likewise
  std::atomic<unsigned> warming;             ///< feeders that have not played every flow once
  std::atomic<unsigned> unsated;             ///< that want to measure longer
  std::atomic<unsigned> playing;
  std::atomic<bool> failed = false;  ///< one of them has thrown: no use in waiting for it
};

class RelayFeeder {
 public:
  /// For queue and worker `id`; a worker without a queue only passes. All three outlive it. `in`: what the flows that
  /// come in are protected with, null where they are RTP.
  RelayFeeder(Relay& relay, unsigned id, const Shape& shape, const crypto::Suite* in, crypto::EngineKind engine,
              RelayPlay& play);

  /// Plays until every worker with a queue was busy for `seconds` since each flow had its first packet, and until
  /// everything that anyone has put in has come out. Throws where it does not: a dropped packet is a fast one.
  /// The others stop then.
  void run(double seconds);

  /// Packets that were put in while it was measured.
  std::uint64_t fed() const { return fed_; }
  /// The worker's time for that, in nanoseconds: the median of what a packet took that it passed on, times all those.
  PerStage<double> busy();

 private:
  struct Reading {
    PerStage<std::uint64_t> ticks;
    std::uint64_t passed_on;  ///< sent or handed over
  };

  Reading read() const;
  void play(double seconds);
  void round();
  void prepare();
  void pass();
  void wait_for_room();
  void wait_for_none(std::atomic<unsigned>& feeders);
  void settle();

  Relay& relay_;
  unsigned id_;
  std::uint32_t burst_;
  RelayPlay& play_;
  dataplane::Worker& worker_;
  std::unique_ptr<crypto::Engine> engine_;
  std::optional<Traffic> traffic_;  ///< nothing: no flow arrives here
  std::optional<Sealer> sealer_;
  std::vector<rte_mbuf*> packets_;
  PerStage<std::vector<double>> samples_;  ///< nanoseconds per packet passed on, by round
  std::uint64_t passed_on_ = 0;            ///< while it was measured
  std::uint64_t fed_ = 0;
};

}  // namespace sallyport::perf
