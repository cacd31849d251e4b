// What a worker counts. Written by that worker alone, read by any thread at any time.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "dataplane/counter.hpp"
#include "dataplane/drop_reason.hpp"
#include "dataplane/pause_log.hpp"

namespace sallyport::dataplane {

/// The steps of Worker::poll_once() that are measured.
enum class Stage : std::uint8_t { kRx, kClassify, kUnprotect, kRoute, kPace, kProtect, kTransmit, kPunt, kCount };

inline constexpr std::size_t kStages = static_cast<std::size_t>(Stage::kCount);
inline constexpr std::array<std::string_view, kStages> kStageNames{"rx",   "classify", "unprotect", "route",
                                                                   "pace", "protect",  "transmit",  "punt"};

struct StageStats {
  Counter packets;
  Counter bursts;
  Counter ticks;  ///< TSC ticks spent on non-empty bursts
};

/// What is played to legs, and how punctually.
struct PlayoutStats {
  /// Upper ends, in us, of the classes of `lateness`; what is later is in the last one.
  static constexpr std::array<std::uint32_t, 7> kLateness{50, 100, 250, 500, 1000, 5000, 20000};

  Counter frames;     ///< that were made into packets
  Counter skipped;    ///< that were not, since their time had gone
  Counter no_buffer;  ///< turns at which there was no packet buffer; skipped a round later
  std::array<Counter, kLateness.size() + 1> lateness;  ///< turns, by how long after its moment each came

  void note_late(std::uint64_t us, std::uint64_t count) noexcept {
    std::size_t i = 0;
    while (i < kLateness.size() && us >= kLateness[i]) ++i;
    lateness[i].add(count);
  }
};

/// One worker's part in one port.
struct alignas(64) PortStats {
  Counter rx;       ///< taken from the port
  Counter astray;   ///< of them, media that is another worker's and was handed over
  Counter tx;       ///< taken by the port
  Counter refused;  ///< not taken by the port: dropped as tx_full
};

struct alignas(64) WorkerStats {
  Counter rx;           ///< taken from the ports
  Counter from_kernel;  ///< taken from TAP twins
  Counter handed_in;    ///< taken from other workers
  Counter generated;    ///< made here (players, mixers)
  Counter tx;           ///< taken by the ports
  Counter punted;       ///< taken by TAP twins
  Counter handed_out;   ///< given to other workers
  Counter consumed;     ///< ended here on purpose
  Counter parked;       ///< given to the crypto device
  Counter resumed;      ///< back from there
  std::array<Counter, kDropReasons> drops;
  std::array<StageStats, kStages> stages;
  PlayoutStats playout;
  Counter playing;  ///< legs that something is played to
  Counter passes;
  Counter busy_ticks;   ///< TSC ticks of passes that found work
  Counter total_ticks;  ///< TSC ticks since the worker started
  Counter slept_ticks;  ///< of them in which it slept
  Counter idle_sleeps;
  Counter commands;              ///< of control that were carried out
  Counter command_ticks;         ///< TSC ticks spent on them
  Counter imbalances;            ///< checks at which the accounting identity did not hold: always 0
  Counter streams;               ///< streams that are installed
  Counter unanswered;            ///< jobs that the crypto device has and did not answer in time
  Counter preempted;             ///< times that Linux gave the worker's core to another thread
  Counter silent;                ///< 1 while the crypto device counts as silent
  std::vector<PortStats> ports;  ///< in the order of the ports; as long as the worker lives
  PauseLog pauses;               ///< its pauses, and what it worked at a stretch

  /// Packets that the worker took up.
  std::uint64_t taken() const noexcept { return rx.read() + from_kernel.read() + handed_in.read() + resumed.read(); }

  /// The same, with those that it made.
  std::uint64_t worked_on() const noexcept { return taken() + generated.read(); }

  std::uint64_t dropped() const noexcept {
    std::uint64_t sum = 0;
    for (const Counter& drop : drops) sum += drop.read();
    return sum;
  }
  /// The accounting identity; holds whenever the worker is between two passes.
  bool balanced() const noexcept {
    return taken() + generated.read() ==
           tx.read() + punted.read() + handed_out.read() + consumed.read() + parked.read() + dropped();
  }
};

}  // namespace sallyport::dataplane
