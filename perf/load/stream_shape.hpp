// What the packets of a stream look like, one after the other and then from the beginning: the same for every stream.
// Sender and judge compute each packet alike from it. Made once from the options, then read by everybody.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace sallyport::load {

struct PacketShape {
  std::uint16_t size = 160;         ///< of the payload, bytes
  std::uint8_t type = 0;            ///< second byte of RTP: marker and payload type (RFC 3550 5.1)
  std::uint32_t timestamp = 0;      ///< since the round's first packet, RTP clock units
  std::chrono::nanoseconds time{};  ///< likewise; in order. All zero: evenly, at the rate of the options
};

class StreamShape {
 public:
  /// G.711 at 20 ms.
  StreamShape() : StreamShape({160}, 0, 160) {}
  /// Packets of these sizes in turn; the marker is on a stream's first packet.
  StreamShape(const std::vector<std::uint16_t>& sizes, std::uint8_t payload_type, std::uint32_t timestamp_step);
  /// As they are; one round takes `timestamp_span` clock units and `time_span`.
  StreamShape(std::vector<PacketShape> packets, std::uint32_t timestamp_span, std::chrono::nanoseconds time_span);

  /// Payload bytes of a stream's packet `counter`, counted from 0.
  std::uint16_t size(std::uint32_t counter) const noexcept { return packet(counter).size; }
  /// The second byte of RTP.
  std::uint8_t type(std::uint32_t counter) const noexcept {
    return static_cast<std::uint8_t>(packet(counter).type | (counter == 0 ? first_marker_ : 0));
  }
  std::uint8_t payload_type() const noexcept { return packets_.front().type & 0x7f; }
  /// Clock units since the stream's first packet.
  std::uint32_t timestamp(std::uint32_t counter) const noexcept {
    return round_of(counter) * timestamp_span_ + packet(counter).timestamp;
  }

  /// Whether packets have times of their own.
  bool timed() const noexcept { return time_span_.count() > 0; }
  /// Of packet `counter`, since the stream's first one; only if timed().
  std::chrono::nanoseconds time(std::uint64_t counter) const noexcept;
  /// How many packets are due within `elapsed`; only if timed().
  std::uint64_t due(std::chrono::nanoseconds elapsed) const noexcept;
  /// Packets per second on average; only if timed().
  double rate() const noexcept;

 private:
  const PacketShape& packet(std::uint32_t counter) const noexcept { return packets_[counter % length()]; }
  std::uint32_t round_of(std::uint32_t counter) const noexcept { return counter / length(); }
  std::uint32_t length() const noexcept { return static_cast<std::uint32_t>(packets_.size()); }

  std::vector<PacketShape> packets_;
  std::uint32_t timestamp_span_;
  std::chrono::nanoseconds time_span_{};
  std::uint8_t first_marker_ = 0;
};

}  // namespace sallyport::load
