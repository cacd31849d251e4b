#include "dataplane/capture.hpp"

#include <algorithm>
#include <cstring>

namespace sallyport::dataplane {

Capture::Capture(CaptureSide side, std::vector<CapturedLeg> legs, std::size_t slots)
    : side_(side),
      legs_(std::move(legs)),
      slots_(std::make_unique<CapturedPacket[]>(slots)),
      filled_(slots),
      free_(slots) {
  for (std::uint32_t slot = 0; slot < slots; ++slot) free_.push(std::uint32_t{slot});
}

void Capture::add(StreamId leg, bool sent, bool rtcp, std::span<const std::uint8_t> packet) noexcept {
  const auto captured = std::ranges::find(legs_, leg, &CapturedLeg::id);
  if (captured == legs_.end()) return;
  std::uint32_t slot = 0;
  if (!free_.pop(slot)) {
    lost_.add();
    return;
  }
  CapturedPacket& copy = slots_[slot];
  copy.at = Clock::now();
  copy.leg = captured->number;
  copy.sent = sent;
  copy.rtcp = rtcp;
  copy.length = static_cast<std::uint16_t>(packet.size());
  copy.kept = static_cast<std::uint16_t>(std::min(packet.size(), copy.bytes.size()));
  std::memcpy(copy.bytes.data(), packet.data(), copy.kept);
  filled_.push(std::move(slot));
}

}  // namespace sallyport::dataplane
