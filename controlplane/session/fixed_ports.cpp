#include "controlplane/session/fixed_ports.hpp"

#include <string>

#include "crypto/error.hpp"

namespace sallyport::controlplane {

void FixedPorts::claim(const std::vector<StreamConfig>& streams) {
  for (auto& [place, held] : held_) held = {held.pair, false, true};
  try {
    for (const StreamConfig& stream : streams) {
      claim(stream, stream.a);
      claim(stream, stream.b);
    }
  } catch (const SetupError&) {
    undo(PortAllocator::Clock::now());
    throw;
  }
}

/// All that it receives on: a stream may begin at an odd port, and end in the pair above.
void FixedPorts::claim(const StreamConfig& stream, const StreamSideConfig& side) {
  const unsigned last = side.local.port + (side.rtcp == RtcpMode::kPair ? 1U : 0U);
  for (unsigned even = side.local.port & ~1U; even <= last; even += 2) {
    const auto port = static_cast<std::uint16_t>(even);
    const Place place{side.local.address, port};
    if (const auto found = held_.find(place); found != held_.end()) {
      found->second.claimed = true;
      continue;
    }
    if (const auto pair = ports_.take_fixed(side.local.address, port)) {
      held_[place] = {*pair, true, false};
    } else if (ports_.in_use(side.local.address, port)) {
      throw SetupError("stream " + stream.name + ": a call has " + side.local.to_string() +
                       " now: expected another port, or a reload when that call is over");
    }
  }
}

void FixedPorts::keep(PortAllocator::Clock::time_point now) { drop_unless(&Held::claimed, now); }

void FixedPorts::undo(PortAllocator::Clock::time_point now) { drop_unless(&Held::before, now); }

void FixedPorts::drop_unless(bool Held::*wanted, PortAllocator::Clock::time_point now) {
  for (auto held = held_.begin(); held != held_.end();) {
    if (held->second.*wanted) {
      ++held;
    } else {
      ports_.give_back(held->second.pair, now);
      held = held_.erase(held);
    }
  }
}

}  // namespace sallyport::controlplane
