// Everything that one worker owns, as its stages see it. No other thread touches it, but for the counters, which any
// thread may read, and the rings, of which the worker holds one end.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "crypto/engine.hpp"
#include "crypto/transform.hpp"
#include "dataplane/burst.hpp"
#include "dataplane/capture.hpp"
#include "dataplane/clock.hpp"
#include "dataplane/device_watch.hpp"
#include "dataplane/event.hpp"
#include "dataplane/hand_over.hpp"
#include "dataplane/net_headers.hpp"
#include "dataplane/packet.hpp"
#include "dataplane/parking.hpp"
#include "dataplane/playout.hpp"
#include "dataplane/quarantine.hpp"
#include "dataplane/ring.hpp"
#include "dataplane/stats.hpp"
#include "dataplane/stream_table.hpp"
#include "dataplane/trace.hpp"
#include "drivers/eth_port.hpp"

namespace sallyport::dataplane {

/// Lets `rate` packets a second pass, with bursts of a tenth of a second (of one packet at least).
class RateLimit {
 public:
  RateLimit(unsigned rate, double hz) noexcept
      : ticks_per_packet_(rate == 0 ? 0 : static_cast<Tsc>(hz / rate)),
        depth_(std::max(static_cast<Tsc>(hz / 10), ticks_per_packet_)) {}
  bool pass(Tsc now) noexcept {
    if (ticks_per_packet_ == 0) return false;
    const Tsc earliest = now > depth_ ? now - depth_ : 0;
    if (spent_until_ < earliest) spent_until_ = earliest;
    if (spent_until_ + ticks_per_packet_ > now) return false;
    spent_until_ += ticks_per_packet_;
    return true;
  }

 private:
  Tsc ticks_per_packet_;
  Tsc depth_;
  Tsc spent_until_ = 0;
};

/// A port as one worker uses it.
struct WorkerPort {
  const drivers::EthPort* port = nullptr;
  const drivers::EthPort* twin = nullptr;  ///< the TAP twin, null where Linux sees the port itself or not at all
  std::uint16_t queue = 0;
  bool has_queue = false;  ///< false: only tx_owner can receive and send here
  WorkerId tx_owner = 0;
  ChecksumOffload offload;
  std::uint16_t max_frame = 1514;  ///< longest Ethernet frame that the port sends
  RateLimit punt_limit{0, 1};
  Burst egress;  ///< finished frames, sent at the end of transmit
  Burst punts;   ///< for the twin
};

struct WorkerState {
  WorkerId id = 0;
  std::size_t workers = 1;
  Tsc now = 0;  ///< start of the pass
  StreamTable table;
  std::vector<WorkerPort> ports;
  std::unique_ptr<Parking> parking;        ///< null unless there is a device
  std::unique_ptr<crypto::Engine> engine;  ///< dies before what its jobs refer to, above
  crypto::AsyncEngine* device = nullptr;   ///< the engine's
  DeviceWatch device_watch;
  Quarantine* quarantine = nullptr;  ///< the worker's; outlives the engine
  crypto::WorkspacePtr workspace;
  std::unique_ptr<Playout> playout;
  rte_mempool* buffers = nullptr;               ///< for packets that are made here
  std::array<crypto::SrtpPacket, kBurst> srtp;  ///< the burst as the transforms see it
  HandOverMesh* hand_over = nullptr;
  Ring<Event>* events = nullptr;  ///< towards control
  Trace* trace = nullptr;         ///< control's; null unless packets are being traced
  Capture* capture = nullptr;     ///< likewise
  WorkerStats stats;
};

/// Ends a packet's life and counts why, for the worker and for the leg (null: none is known). The one place where a
/// drop is counted. Always false, so that a stage can write `return drop(...)` inside Burst::sift.
inline bool drop(WorkerState& worker, rte_mbuf* packet, Stream* leg, DropReason reason) noexcept {
  worker.stats.drops[static_cast<std::size_t>(reason)].add();
  if (leg != nullptr) leg->more->drops[static_cast<std::size_t>(reason)].add();
  if (worker.trace != nullptr) [[unlikely]]
    worker.trace->note_drop(meta_of(packet), reason);
  rte_pktmbuf_free(packet);
  return false;
}

/// Ends a packet's life where it was to go. Always false, as drop().
inline bool consume(WorkerState& worker, rte_mbuf* packet) noexcept {
  worker.stats.consumed.add();
  rte_pktmbuf_free(packet);
  return false;
}

/// Gives a packet to another worker, or drops it where the ring is full. Always false, as drop().
inline bool hand_over(WorkerState& worker, rte_mbuf* packet, WorkerId to, HandOver why) noexcept {
  PacketMeta& meta = meta_of(packet);
  meta.hand_over = why;
  Stream* leg = meta.leg;
  meta.leg = nullptr;
  // Written down before: the packet is the other worker's once it is in the ring.
  if (worker.trace != nullptr) [[unlikely]]
    worker.trace->note(meta, step::HandedOver{to, why});
  rte_mbuf* moved = packet;
  if (to >= worker.workers || !worker.hand_over->between(worker.id, to).push(std::move(moved))) {
    return drop(worker, packet, leg, DropReason::kHandOverFull);
  }
  worker.stats.handed_out.add();
  return false;
}

}  // namespace sallyport::dataplane
