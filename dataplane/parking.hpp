// Packets whose crypto job is with an asynchronous device. Each is parked in a slot of a fixed pool, and stands in its
// lane (one per stream and direction) until its job is done and all before it have left: packets of a stream keep their
// order, whatever order the device answers in, and one that never comes back holds up its own lane alone. One worker's
// own; allocates nothing after its construction.
#pragma once

#include <rte_mbuf.h>

#include <cstddef>
#include <memory>

#include "crypto/pending_packet.hpp"
#include "dataplane/lane.hpp"

namespace sallyport::dataplane {

struct Stream;

struct ParkedPacket {
  crypto::PendingPacket pending;
  rte_mbuf* packet = nullptr;  ///< null: the slot is free
  Stream* leg = nullptr;
  crypto::Direction direction = crypto::Direction::kSeal;
  bool done = false;
  bool refused = false;          ///< done because the device took no more
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
  void enter(ParkedPacket& parked, rte_mbuf* packet, Stream& leg, crypto::Direction direction) noexcept;
  /// Its verdict is final; releases it, and those behind it that waited only for it.
  void mark_done(ParkedPacket& parked) noexcept;
  /// The next packet that left its lane, null where there is none. give_back() follows.
  ParkedPacket* next_released() noexcept;
  bool has_released() const noexcept { return first_released_ != nullptr; }
  void give_back(ParkedPacket& parked) noexcept;

  /// The slot of a job that the device gave back.
  static ParkedPacket& of(crypto::Job& job) noexcept;

 private:
  std::unique_ptr<ParkedPacket[]> slots_;
  std::size_t size_;
  ParkedPacket* free_ = nullptr;
  ParkedPacket* first_released_ = nullptr;
  ParkedPacket* last_released_ = nullptr;
};

}  // namespace sallyport::dataplane
