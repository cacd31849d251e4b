// The stages of the packet path, in the order in which Worker::poll_once() calls them. Each takes a dense burst and
// leaves one; what leaves a burst has been dropped (and counted), punted or handed over. All run on the worker's own
// thread.
#pragma once

#include "dataplane/burst.hpp"
#include "dataplane/worker_state.hpp"

namespace sallyport::dataplane {

/// Reads the headers of what came in on port `port`, strips them from media, finds each packet's leg. The rest is
/// punted or, where Linux sees the port itself, ignored.
void classify(WorkerState& worker, Burst& burst, std::uint16_t port) noexcept;

/// The second half of classify, for what another worker received for us: finds the leg. False: the packet is gone.
bool find_leg(WorkerState& worker, rte_mbuf* packet) noexcept;

/// SRTP to RTP and SRTCP to RTCP, for legs that have a receiving key.
void unprotect(WorkerState& worker, Burst& burst) noexcept;

/// Before unprotect (kOpen) and protect (kSeal): packets whose keys are a crypto device's leave the burst. They are
/// parked, their jobs submitted.
void park(WorkerState& worker, Burst& burst, crypto::Direction direction) noexcept;

/// Takes back what the device is done with, and gives up what it has had for too long. How many jobs came back; they
/// may be submitted again at once, with another key or ROC.
std::uint16_t collect_from_device(WorkerState& worker) noexcept;

/// Parked packets whose turn has come, a burst of each kind at most: opened ones go on with route, sealed ones with
/// transmit. False: there are none left.
bool resume(WorkerState& worker, Burst& opened, Burst& sealed) noexcept;

/// Has the memory of the legs that the burst will leave by fetched, while unprotect works.
void prefetch_sinks(const WorkerState& worker, const Burst& burst) noexcept;

/// Counts what each leg received and passes it to the leg's sink, with the payload types of that side.
void route(WorkerState& worker, Burst& burst) noexcept;

/// The second half of route: clear media for the leg `sink` of this worker gets that leg's numbers. False: it is gone.
bool deliver(WorkerState& worker, rte_mbuf* packet, StreamId sink) noexcept;

/// Frames of prompts whose moment has come, as clear media with the numbers of the legs that they leave by; a burst at
/// most, into an empty one. False: none is due.
bool pace(WorkerState& worker, Burst& burst) noexcept;

/// Gives the player of a leg back to control, if it has one; there is room for the event. `finished`: as in
/// PlayerRetired.
void stop_playing(WorkerState& worker, Stream& leg, bool finished) noexcept;

/// RTP to SRTP and RTCP to SRTCP, for legs that have a sending key.
void protect(WorkerState& worker, Burst& burst) noexcept;

/// Puts the leg's header in front and sends. Empties the burst.
void transmit(WorkerState& worker, Burst& burst) noexcept;

/// A finished frame for port `port`; sent by flush_egress.
void queue_frame(WorkerState& worker, std::uint16_t port, rte_mbuf* packet) noexcept;

/// Sends what waits for each port.
void flush_egress(WorkerState& worker) noexcept;

/// Gives the frames that wait for Linux to the TAP twin of port `port` and sends what Linux has. Returns the number of
/// frames moved.
std::uint16_t exchange_punts(WorkerState& worker, std::uint16_t port) noexcept;

}  // namespace sallyport::dataplane
