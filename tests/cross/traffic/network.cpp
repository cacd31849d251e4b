#include "tests/cross/traffic/network.hpp"

#include <algorithm>

namespace sallyport::traffic {
namespace {

constexpr std::size_t kFarthestOvertaking = 100;

}  // namespace

Bytes damaged(const Bytes& packet, Random& random) {
  Bytes bad = packet;
  const auto flip = [&bad, &random](std::size_t first, std::size_t last) {
    bad[random.between(first, last)] ^= static_cast<std::uint8_t>(1U << random.below(8));
  };
  const std::size_t end = packet.size() - 1;
  switch (random.below(7)) {
    case 0:
      flip(0, std::min<std::size_t>(end, 11));
      break;
    case 1:
      flip(std::min<std::size_t>(end, 12), end);
      break;
    case 2:
      flip(packet.size() - std::min<std::size_t>(packet.size(), 20), end);
      break;
    case 3:
      bad.resize(random.below(packet.size()));
      break;
    case 4:
      bad.resize(packet.size() - std::min<std::size_t>(packet.size(), random.between(1, 4)));
      break;
    case 5: {
      const Bytes more = random.bytes(random.between(1, 16));
      bad.insert(bad.end(), more.begin(), more.end());
      break;
    }
    default: {
      std::fill(bad.end() - static_cast<std::ptrdiff_t>(std::min<std::size_t>(bad.size(), 10)), bad.end(),
                static_cast<std::uint8_t>(random.percent(50) ? 0 : 0xff));
      break;
    }
  }
  return bad;
}

void Network::send(Flight flight, bool safe, bool may_be_damaged, Random& random) {
  if (safe) {
    waiting_.push_back(std::move(flight));
    return;
  }
  if (may_be_damaged && random.percent(8)) {
    Flight bad = flight;
    bad.item.packet = damaged(flight.item.packet, random);
    bad.genuine = bad.item.packet == flight.item.packet;
    waiting_.push_back(std::move(bad));
  }
  if (random.percent(8)) return;  // lost
  if (random.percent(5)) late_.push_back(flight);
  if (random.percent(3)) {
    late_.push_back(std::move(flight));
    return;
  }
  const std::size_t overtakes =
      random.percent(10) ? random.below(std::min(waiting_.size(), kFarthestOvertaking) + 1) : 0;
  waiting_.insert(waiting_.end() - static_cast<std::ptrdiff_t>(overtakes), std::move(flight));
}

std::vector<Flight> Network::arrive(std::size_t most, Random& random) {
  std::vector<Flight> arrived;
  const std::size_t count = random.between(1, most);
  while (arrived.size() < count && !empty()) {
    if (!late_.empty() && (waiting_.empty() || random.percent(10))) {
      const auto which = late_.begin() + static_cast<std::ptrdiff_t>(random.below(late_.size()));
      arrived.push_back(std::move(*which));
      late_.erase(which);
      continue;
    }
    if (waiting_.empty()) break;
    arrived.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return arrived;
}

}  // namespace sallyport::traffic
