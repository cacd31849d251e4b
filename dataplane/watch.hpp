// Where the packet path lets itself be watched: the hooks that write traces (trace.hpp) and fill captures
// (capture.hpp). Worker thread. Where neither is going on a hook is a branch that is not taken, once a burst; only
// transmit has one a packet.
#pragma once

#include "dataplane/worker_state.hpp"

namespace sallyport::dataplane {

// What the hooks do when somebody watches; each takes what its hook takes.
void note_arrival(WorkerState& worker, const Burst& burst, std::uint16_t port) noexcept;
void note_taken(WorkerState& worker, rte_mbuf* packet, WorkerId from) noexcept;
void copy_received(WorkerState& worker, rte_mbuf* packet) noexcept;
void note_found(WorkerState& worker, const Burst& burst) noexcept;
void note_parked(WorkerState& worker, rte_mbuf* packet, crypto::Direction direction) noexcept;
void note_result(WorkerState& worker, rte_mbuf* packet, crypto::Direction direction,
                 const crypto::SrtpPacket& srtp) noexcept;
void note_results(WorkerState& worker, const Burst& burst, crypto::Direction direction, std::size_t count) noexcept;
void note_opened(WorkerState& worker, const Burst& burst) noexcept;
void note_routed(WorkerState& worker, const Burst& burst) noexcept;
void copy_sent(WorkerState& worker, rte_mbuf* frame, const Stream& leg) noexcept;

inline bool is_watched(const WorkerState& worker) noexcept {
  return worker.trace != nullptr || worker.capture != nullptr;
}

/// Before classify: frames as port `port` received them.
inline void watch_arrival(WorkerState& worker, const Burst& burst, std::uint16_t port) noexcept {
  if (worker.trace != nullptr) [[unlikely]]
    note_arrival(worker, burst, port);
}

/// A packet that worker `from` handed over.
inline void watch_taken(WorkerState& worker, rte_mbuf* packet, WorkerId from) noexcept {
  if (worker.trace != nullptr) [[unlikely]]
    note_taken(worker, packet, from);
  if (worker.capture != nullptr && meta_of(packet).hand_over == HandOver::kReceived) [[unlikely]]
    copy_received(worker, packet);
}

/// Before legs are looked up.
inline void watch_received(WorkerState& worker, const Burst& burst) noexcept {
  if (worker.capture == nullptr) [[likely]]
    return;
  for (std::uint16_t i = 0; i < burst.size(); ++i) copy_received(worker, burst[i]);
}

/// Before unprotect: packets whose leg is known.
inline void watch_found(WorkerState& worker, const Burst& burst) noexcept {
  if (worker.trace != nullptr) [[unlikely]]
    note_found(worker, burst);
}

/// The packet is with the crypto device.
inline void watch_parked(WorkerState& worker, rte_mbuf* packet, crypto::Direction direction) noexcept {
  if (worker.trace != nullptr) [[unlikely]]
    note_parked(worker, packet, direction);
}

/// Before what a crypto device is done with goes on.
inline void watch_resumed(WorkerState& worker, crypto::Direction direction) noexcept {
  if (worker.trace != nullptr) [[unlikely]]
    worker.trace->enter(direction == crypto::Direction::kOpen ? Stage::kUnprotect : Stage::kProtect);
}

/// What a transform made of a packet that goes through the crypto device.
inline void watch_result(WorkerState& worker, rte_mbuf* packet, crypto::Direction direction,
                         const crypto::SrtpPacket& srtp) noexcept {
  if (worker.trace != nullptr) [[unlikely]]
    note_result(worker, packet, direction, srtp);
}

/// What a transform made of the first `count` of WorkerState::srtp, which are of this burst, in order.
inline void watch_results(WorkerState& worker, const Burst& burst, crypto::Direction direction,
                          std::size_t count) noexcept {
  if (worker.trace != nullptr) [[unlikely]]
    note_results(worker, burst, direction, count);
}

/// Before route: clear packets on the leg that they came in on.
inline void watch_opened(WorkerState& worker, const Burst& burst) noexcept {
  if (is_watched(worker)) [[unlikely]]
    note_opened(worker, burst);
}

/// Before protect: clear packets with the numbers of the leg that they leave by.
inline void watch_routed(WorkerState& worker, const Burst& burst) noexcept {
  if (is_watched(worker)) [[unlikely]]
    note_routed(worker, burst);
}

/// Before transmit: what comes next is not protect's doing any more.
inline void watch_transmit(WorkerState& worker) noexcept {
  if (worker.trace != nullptr) [[unlikely]]
    worker.trace->enter(Stage::kTransmit);
}

/// A whole frame of `leg`, before it goes to the port.
inline void watch_frame(WorkerState& worker, rte_mbuf* frame, const Stream& leg) noexcept {
  if (worker.capture != nullptr) [[unlikely]]
    copy_sent(worker, frame, leg);
}

}  // namespace sallyport::dataplane
