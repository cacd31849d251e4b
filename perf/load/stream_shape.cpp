#include "perf/load/stream_shape.hpp"

#include <algorithm>

namespace sallyport::load {
namespace {

constexpr std::uint8_t kMarker = 0x80;

}  // namespace

StreamShape::StreamShape(const std::vector<std::uint16_t>& sizes, std::uint8_t payload_type,
                         std::uint32_t timestamp_step)
    : timestamp_span_(static_cast<std::uint32_t>(sizes.size()) * timestamp_step), first_marker_(kMarker) {
  for (const std::uint16_t size : sizes) {
    const auto before = static_cast<std::uint32_t>(packets_.size());
    packets_.push_back({.size = size, .type = payload_type, .timestamp = before * timestamp_step, .time = {}});
  }
}

StreamShape::StreamShape(std::vector<PacketShape> packets, std::uint32_t timestamp_span,
                         std::chrono::nanoseconds time_span)
    : packets_(std::move(packets)), timestamp_span_(timestamp_span), time_span_(time_span) {}

std::chrono::nanoseconds StreamShape::time(std::uint64_t counter) const noexcept {
  const auto rounds = static_cast<std::int64_t>(counter / packets_.size());
  return rounds * time_span_ + packets_[counter % packets_.size()].time;
}

std::uint64_t StreamShape::due(std::chrono::nanoseconds elapsed) const noexcept {
  if (elapsed.count() < 0) return 0;
  const auto rounds = static_cast<std::uint64_t>(elapsed / time_span_);
  const auto behind =
      std::upper_bound(packets_.begin(), packets_.end(), elapsed % time_span_,
                       [](std::chrono::nanoseconds time, const PacketShape& packet) { return time < packet.time; });
  return rounds * packets_.size() + static_cast<std::uint64_t>(behind - packets_.begin());
}

double StreamShape::rate() const noexcept {
  return static_cast<double>(packets_.size()) * 1e9 / static_cast<double>(time_span_.count());
}

}  // namespace sallyport::load
