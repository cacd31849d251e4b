// Packets whose crypto job is with an asynchronous device. Each is parked in a slot of a fixed pool, and stands in its
// lane (one per stream and direction) until its job is done and all before it have left: packets of a stream keep their
// order, whatever order the device answers in. One that is not answered in time holds up its own lane alone, and that
// only until it is given up. One worker's own; allocates nothing after its construction.
#pragma once

#include <rte_mbuf.h>

#include <cstddef>
#include <memory>
#include <span>

#include "crypto/pending_packet.hpp"
#include "dataplane/clock.hpp"
#include "dataplane/lane.hpp"

namespace sallyport::dataplane {

struct Stream;

/// How a parked packet's time in its lane ends.
enum class ParkedEnd : std::uint8_t {
  kNotYet,
  kVerdict,     ///< with the verdict of its transform
  kRefused,     ///< the device took no more
  kUnanswered,  ///< the device was silent, or left this one out
};

struct ParkedPacket {
  crypto::PendingPacket pending;
  rte_mbuf* packet = nullptr;  ///< null: the slot is free
  Stream* leg = nullptr;
  crypto::Direction direction = crypto::Direction::kSeal;
  ParkedEnd end = ParkedEnd::kNotYet;
  bool with_device = false;      ///< its job is: the engine has slot, packet and key until it gives the job back
  bool in_quarantine = false;    ///< it is neither in a lane nor released nor free
  std::uint32_t place = 0;       ///< in the quarantine
  Tsc since = 0;                 ///< when it was parked
  ParkedPacket* next = nullptr;  ///< in its lane, among the released or the free
};

class Parking {
 public:
  explicit Parking(std::size_t slots);
  /// Frees packets that are still parked; whoever had their jobs is gone.
  ~Parking();
  Parking(const Parking&) = delete;
  Parking& operator=(const Parking&) = delete;

  /// A slot for a packet, null where all are taken or the lane is full. enter() or give_back() follows.
  ParkedPacket* take(const Stream& leg, crypto::Direction direction) noexcept;
  /// The packet is the last of its lane from now on.
  void enter(ParkedPacket& parked, rte_mbuf* packet, Stream& leg, crypto::Direction direction, Tsc now) noexcept;
  /// Releases it, and those behind it that waited only for it.
  void finish(ParkedPacket& parked, ParkedEnd end) noexcept;
  /// The next packet that left its lane, null where there is none. give_back() follows.
  ParkedPacket* next_released() noexcept;
  bool has_released() const noexcept { return first_released_ != nullptr; }
  void give_back(ParkedPacket& parked) noexcept;
  /// The next of kShares shares of all slots, in turn; some of them may be free.
  std::span<ParkedPacket> next_share() noexcept;
  static constexpr std::size_t kShares = 64;

  /// The slot of a job that the device gave back.
  static ParkedPacket& of(crypto::Job& job) noexcept;

 private:
  std::unique_ptr<ParkedPacket[]> slots_;
  std::size_t size_;
  std::size_t share_begin_ = 0;
  ParkedPacket* free_ = nullptr;
  ParkedPacket* first_released_ = nullptr;
  ParkedPacket* last_released_ = nullptr;
};

}  // namespace sallyport::dataplane
