// A worker: one thread on one core, run to completion. poll_once() is the table of contents of the product;
// worker_commands.cpp has what control asks for.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/command.hpp"
#include "dataplane/event.hpp"
#include "dataplane/pause_watch.hpp"
#include "dataplane/retirement.hpp"
#include "dataplane/ring.hpp"
#include "dataplane/worker_state.hpp"

namespace sallyport::dataplane {

class StageTimer;

struct WorkerOptions {
  WorkerId id = 0;
  std::size_t workers = 1;
  std::uint32_t max_streams = 4096;
  std::size_t parked_packets = 1024;  ///< that wait for an asynchronous crypto device at a time
  /// How long such a device may take for a job. What it had longer is no use to a listener any more: the packet is
  /// dropped, its stream goes on without it. A device that works takes thousandths of that.
  std::chrono::milliseconds device_patience{1000};
  unsigned idle_polls = 64;  ///< empty passes before it sleeps; 0: never
  std::chrono::microseconds idle_sleep{50};
  double tsc_hz = 1e9;
  rte_mempool* buffers = nullptr;  ///< for packets that the worker makes itself
};

/// Control's ends of the rings are in DataplaneClient; these are the worker's.
struct WorkerRings {
  Ring<Command>* commands = nullptr;
  Ring<Event>* events = nullptr;
  HandOverMesh* hand_over = nullptr;
};

class Worker {
 public:
  /// Built and destroyed on the control thread. `engine` is the worker's own; keys of its streams were expanded by one
  /// like it.
  Worker(const WorkerOptions& options, std::span<const LocalAddress> addresses, std::vector<WorkerPort> ports,
         const WorkerRings& rings, std::unique_ptr<crypto::Engine> engine);

  /// One pass over everything. True if there was anything to do. Worker thread only.
  bool poll_once() noexcept;
  /// poll_once() until `stop`, sleeping when idle.
  void run(const std::atomic<bool>& stop) noexcept;
  /// Between passes, with no other worker running: frees packets that wait in rings towards this worker and counts
  /// them.
  void discard_handed_over() noexcept;

  WorkerId id() const noexcept { return state_.id; }
  const WorkerStats& stats() const noexcept { return state_.stats; }
  const crypto::Engine& engine() const noexcept { return *state_.engine; }

 private:
  int drain_commands() noexcept;
  void apply(AddStream& command) noexcept;
  void apply(RemoveStream& command) noexcept;
  void apply(SetNextHop& command) noexcept;
  void apply(SetRemote& command) noexcept;
  void apply(SetRtcp& command) noexcept;
  void apply(SetSink& command) noexcept;
  void apply(SetPayloads& command) noexcept;
  void apply(Play& command) noexcept;
  void apply(StopPlaying& command) noexcept;
  void apply(RekeyReceive& command) noexcept;
  void apply(RekeySend& command) noexcept;
  void apply(AdjustStream& command) noexcept;
  void apply(InstallEpochKey& command) noexcept;
  void apply(SendWithKey& command) noexcept;
  void apply(SetRoc& command) noexcept;
  void apply(SnapshotState& command) noexcept;
  void apply(StartTrace& command) noexcept { state_.trace = command.trace; }
  void apply(StopTrace& command) noexcept;
  void apply(StartCapture& command) noexcept { state_.capture = command.capture; }
  void apply(StopCapture& command) noexcept;
  static void apply(std::monostate&) noexcept {}
  Tsc next_stretch(PauseKind kind, Tsc from, std::uint64_t items) noexcept;
  bool poll_port(std::uint16_t port) noexcept;
  bool poll_hand_over() noexcept;
  bool poll_device() noexcept;
  bool poll_players() noexcept;
  void take_handed_over(Burst& received, Burst& media, rte_mbuf* packet) noexcept;
  void run_stages(Burst& received, Burst& media) noexcept;
  void forward(StageTimer& timer, Burst& opened, Burst& media) noexcept;
  void sweep() noexcept;
  void sweep_stream(Stream& stream) noexcept;
  void tell_of_device() noexcept;
  void retire(std::unique_ptr<crypto::Context> context, const Stream& stream) noexcept;
  void give_back(std::unique_ptr<crypto::Context> context) noexcept;

  WorkerOptions options_;
  WorkerRings rings_;
  Quarantine quarantine_;
  Retirement retirement_;  ///< both before state_, whose engine has to die first
  WorkerState state_;
  PauseWatch pauses_;  ///< writes to state_'s log
  Tsc pass_ended_ = 0;
  Tsc idle_since_ = 0;  ///< in run(): what comes before the next pass began then
  Tsc sweep_interval_;
  Tsc last_sweep_ = 0;
  std::uint32_t sweep_next_ = 0;
  std::uint32_t sweep_rounds_ = 0;
  bool told_silent_ = false;  ///< what control knows of the crypto device
};

}  // namespace sallyport::dataplane
