// Names of things that cross threads: workers, streams and where a stream's media goes. Never pointers, so that what
// was removed meanwhile is noticed by its generation.
#pragma once

#include <cstdint>

#include "drivers/port_owner.hpp"

namespace sallyport::dataplane {

using WorkerId = std::uint16_t;

/// A stream (one leg) within its worker. The generation tells a slot's successive tenants apart; 0 is never used.
struct StreamId {
  std::uint32_t index = 0;
  std::uint32_t generation = 0;

  bool valid() const noexcept { return generation != 0; }
  bool operator==(const StreamId&) const = default;
};

/// Where a stream's received media goes: a peer leg, on this worker or another; without a stream (generation 0) it has
/// come where it was to go.
struct Sink {
  WorkerId worker = 0;
  StreamId stream;

  bool operator==(const Sink&) const = default;
};

/// One packet that is being traced: the how-manieth it was of that worker's in that trace (Trace).
struct TraceMark {
  std::uint32_t session = 0;  ///< 0: of none; no other number comes twice
  WorkerId worker = 0;        ///< that received it
  std::uint16_t number = 0;

  bool operator==(const TraceMark&) const = default;
};

/// The worker that owns a local UDP port. An RTP port and the RTCP port above it fall together. A NIC that steers media
/// goes by the same function.
constexpr WorkerId worker_of(std::uint16_t port, std::size_t workers) noexcept {
  return static_cast<WorkerId>(drivers::owner_of_port(port, static_cast<std::uint32_t>(workers)));
}

}  // namespace sallyport::dataplane
