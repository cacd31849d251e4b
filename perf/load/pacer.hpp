// When the next packet is due. Every due time is computed from the start, so that neither rounding nor a late call ever
// adds up: after an hour the rate is as exact as the clock.
#pragma once

#include <cstdint>
#include <limits>

#include "dataplane/clock.hpp"
#include "perf/load/stream_shape.hpp"

namespace sallyport::load {

class Pacer {
 public:
  /// `packets_per_second` 0: flat out, everything is always due.
  Pacer(double packets_per_second, const dataplane::Clock& clock, dataplane::Tsc start)
      : start_(start), ticks_per_packet_(packets_per_second > 0 ? clock.hz() / packets_per_second : 0), clock_(clock) {}

  /// Each packet of the shape at its time, all streams one behind the other. The shape outlives the pacer.
  Pacer(const StreamShape& shape, std::uint32_t streams, const dataplane::Clock& clock, dataplane::Tsc start)
      : start_(start), ticks_per_packet_(0), shape_(&shape), streams_(streams), clock_(clock) {}

  dataplane::Tsc start() const noexcept { return start_; }

  /// How many packets should have been sent until `now`; the first one at start().
  std::uint64_t due(dataplane::Tsc now) const noexcept {
    if (now < start_) return 0;
    if (shape_ != nullptr) {
      const auto elapsed = static_cast<std::int64_t>(clock_.nanoseconds(now - start_));
      return shape_->due(std::chrono::nanoseconds(elapsed)) * streams_;
    }
    if (ticks_per_packet_ == 0) return std::numeric_limits<std::uint64_t>::max();
    return static_cast<std::uint64_t>(static_cast<double>(now - start_) / ticks_per_packet_) + 1;
  }

  /// When packet `number`, counted from 0, is due.
  dataplane::Tsc time_of(std::uint64_t number) const noexcept {
    if (shape_ != nullptr) return start_ + clock_.ticks(shape_->time(number / streams_));
    return start_ + static_cast<dataplane::Tsc>(static_cast<double>(number) * ticks_per_packet_);
  }

 private:
  dataplane::Tsc start_;
  double ticks_per_packet_;
  const StreamShape* shape_ = nullptr;  ///< of packets with times of their own
  std::uint32_t streams_ = 1;
  dataplane::Clock clock_;
};

}  // namespace sallyport::load
