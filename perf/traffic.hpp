// What every SRTP bench works on, so that all of them touch the same buffers in the same order: RTP packets of many
// streams, of which a limited number is in flight at a time, as in a gateway's packet pool.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "perf/shape.hpp"

namespace sallyport::perf {

/// An endless row of packets in which every stream has its turn once per round, each round in a random order; packets()
/// of them are in memory at a time.
class Traffic {
 public:
  /// `position`: where in the row to begin, for contexts that have seen what comes before; see next_position().
  explicit Traffic(const Shape& shape, std::uint64_t position = 0);

  const Shape& shape() const { return shape_; }
  /// How many are in flight: more than a burst, fewer than fill the second-level cache.
  std::size_t packets() const { return kInFlight; }
  std::uint8_t* packet(std::size_t i) { return pool_.get() + i * stride_; }
  std::uint32_t stream_of(std::size_t i) const { return order_[(first_ + i) % order_.size()]; }
  std::uint32_t ssrc_of(std::size_t i) const { return 0x10000 + stream_of(i); }
  /// Bytes from the start of a packet that may be written.
  std::size_t room() const { return stride_; }
  /// Continuous index of packet i, sequence wraps counted.
  std::uint64_t index_of(std::size_t i) const { return start_of_[stream_of(i)] + (first_ + i) / shape_.streams; }

  /// The next packets, in the clear. The first call makes the first ones.
  void advance();
  /// Where the packets behind those that were made begin; the same for all shapes with as many streams.
  std::uint64_t next_position() const { return next_; }
  /// Calls of advance() until every stream has had a packet: before that, first packets are measured.
  std::size_t advances_per_round() const { return (shape_.streams + kInFlight - 1) / kInFlight; }

 private:
  static constexpr std::size_t kInFlight = 1024;

  struct FreeMemory {
    void operator()(std::uint8_t* memory) const noexcept { std::free(memory); }
  };

  void write(std::size_t i);

  Shape shape_;
  std::size_t stride_;
  std::unique_ptr<std::uint8_t, FreeMemory> pool_;
  std::uint64_t next_;
  std::uint64_t first_ = 0;              ///< position of packet 0 in the row
  std::vector<std::uint32_t> order_;     ///< streams, a few rounds of them, then from the start again
  std::vector<std::uint16_t> start_of_;  ///< by stream: sequence number of its first packet
};

}  // namespace sallyport::perf
