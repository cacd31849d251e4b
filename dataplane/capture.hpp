// Copies of a leg's packets on their way from its worker to control. Made by control for one worker, filled by that
// worker through the hooks of watch.hpp, emptied by control. Copies lie in slots that are made beforehand and go round
// between the two through a pair of rings. Where control is late, packets are not copied, and counted; no packet waits
// for a copy of itself.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/clock.hpp"
#include "dataplane/counter.hpp"
#include "dataplane/ids.hpp"
#include "dataplane/ring.hpp"

namespace sallyport::dataplane {

/// The most of a packet that is copied.
inline constexpr std::size_t kSnapLength = 2048;

/// Where packets are looked at: as they are on the wire, whole frames; or, without headers below RTP, after unprotect
/// and before protect.
enum class CaptureSide : std::uint8_t { kWire, kClear };

struct CapturedPacket {
  Tsc at = 0;
  std::uint8_t leg = 0;      ///< by the order in which control named them
  bool sent = false;         ///< by the gateway; else received
  bool rtcp = false;         ///< known on the clear side only
  std::uint16_t length = 0;  ///< of the packet
  std::uint16_t kept = 0;    ///< bytes of it that are here
  std::array<std::uint8_t, kSnapLength> bytes;
};

/// A leg of this worker that is captured.
struct CapturedLeg {
  StreamId id;
  std::uint8_t number = 0;  ///< CapturedPacket::leg
};

class Capture {
 public:
  /// `slots`: packets that may wait for control, a power of two. Throws std::bad_alloc.
  Capture(CaptureSide side, std::vector<CapturedLeg> legs, std::size_t slots);

  // Worker thread.

  CaptureSide side() const noexcept { return side_; }
  /// Copies a packet if `leg` is captured.
  void add(StreamId leg, bool sent, bool rtcp, std::span<const std::uint8_t> packet) noexcept;

  // Control thread.

  /// Calls take(const CapturedPacket&) for the oldest packet. False: there is none.
  template <typename Take>
  bool take_one(Take&& take) {
    std::uint32_t slot = 0;
    if (!filled_.pop(slot)) return false;
    take(slots_[slot]);
    free_.push(std::move(slot));
    return true;
  }
  bool empty() const noexcept { return filled_.size() == 0; }
  /// Packets for which there was no slot. Any thread.
  std::uint64_t lost() const noexcept { return lost_.read(); }

 private:
  CaptureSide side_;
  std::vector<CapturedLeg> legs_;
  std::unique_ptr<CapturedPacket[]> slots_;
  Ring<std::uint32_t> filled_;  ///< towards control
  Ring<std::uint32_t> free_;    ///< towards the worker
  Counter lost_;
};

}  // namespace sallyport::dataplane
