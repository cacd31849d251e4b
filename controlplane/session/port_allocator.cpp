#include "controlplane/session/port_allocator.hpp"

#include <algorithm>
#include <stdexcept>

namespace sallyport::controlplane {

using dataplane::WorkerId;

PortAllocator::PortAllocator(std::vector<MediaPool> pools, std::size_t workers, std::chrono::milliseconds rest)
    : legs_of_(workers), wanted_(pools.size()), rest_(rest) {
  for (MediaPool& pool : pools) {
    const std::string who = "media ports of '" + pool.name + "': ";
    if (pool.addresses.empty()) throw SetupError(who + "there is no address that they belong to");
    if (pairs_per_address(pool) == 0) {
      throw SetupError(who + std::to_string(pool.ports.first) + "-" + std::to_string(pool.ports.last) +
                       " holds no even port with the port above it");
    }
    const std::size_t pairs = pairs_per_address(pool) * pool.addresses.size();
    pools_.push_back({std::move(pool), std::vector<Use>(pairs, Use::kFree), std::vector<Share>(workers)});
    fill(static_cast<std::uint16_t>(pools_.size() - 1));
  }
}

std::uint16_t PortAllocator::first_pair(const MediaPool& pool) {
  return static_cast<std::uint16_t>(pool.ports.first + pool.ports.first % 2);
}

std::size_t PortAllocator::pairs_per_address(const MediaPool& pool) {
  const int ports = int{pool.ports.last} + 1 - (pool.ports.first + pool.ports.first % 2);
  return ports < 2 ? 0 : static_cast<std::size_t>(ports) / 2;
}

bool PortAllocator::has_pair(const MediaPool& pool, std::uint16_t port) {
  const std::uint16_t first = first_pair(pool);
  return port % 2 == 0 && port >= first && static_cast<std::size_t>(port - first) / 2 < pairs_per_address(pool);
}

std::size_t PortAllocator::pair_index(const MediaPort& pair) const {
  const MediaPool& pool = pools_[pair.pool].config;
  return pair.address * pairs_per_address(pool) + static_cast<std::size_t>(pair.port - first_pair(pool)) / 2;
}

void PortAllocator::fill(std::uint16_t number) {
  Pool& pool = pools_[number];
  const std::size_t pairs = pairs_per_address(pool.config);
  for (std::size_t address = 0; address < pool.config.addresses.size(); ++address) {
    for (std::size_t i = 0; i < pairs; ++i) {
      const MediaPort pair{number, static_cast<std::uint16_t>(address),
                           static_cast<std::uint16_t>(first_pair(pool.config) + 2 * i)};
      pool.shares[worker_of(pair)].free.push_back(pair);
    }
  }
  for (Share& share : pool.shares) std::shuffle(share.free.begin(), share.free.end(), random_);
}

void PortAllocator::wake(Share& share, Clock::time_point now) {
  while (!share.resting.empty() && share.resting.front().until <= now) {
    const MediaPort pair = share.resting.front().pair;
    share.resting.pop_front();
    pools_[pair.pool].uses[pair_index(pair)] = Use::kFree;
    share.free.push_back(pair);
    // Anywhere among the others, or it would be the next one.
    std::uniform_int_distribution<std::size_t> place(0, share.free.size() - 1);
    std::swap(share.free.back(), share.free[place(random_)]);
  }
}

bool PortAllocator::can_serve(WorkerId worker, std::span<const std::uint16_t> legs) {
  return std::ranges::all_of(
      legs, [&](std::uint16_t pool) { return pools_[pool].shares[worker].free.size() >= wanted_[pool]; });
}

std::vector<MediaPort> PortAllocator::take(std::span<const std::uint16_t> legs, Clock::time_point now) {
  std::ranges::fill(wanted_, 0);
  for (const std::uint16_t pool : legs) ++wanted_.at(pool);
  const std::size_t workers = legs_of_.size();
  WorkerId best = 0;
  bool found = false;
  for (std::size_t i = 0; i < workers; ++i) {
    const auto worker = static_cast<WorkerId>((next_ + i) % workers);
    for (const std::uint16_t pool : legs) wake(pools_[pool].shares[worker], now);
    if (!can_serve(worker, legs) || (found && legs_of_[worker] >= legs_of_[best])) continue;
    best = worker;
    found = true;
  }
  if (!found) refuse(legs);
  next_ = static_cast<WorkerId>((best + 1) % workers);
  std::vector<MediaPort> pairs;
  pairs.reserve(legs.size());
  for (const std::uint16_t pool : legs) {
    Share& share = pools_[pool].shares[best];
    const MediaPort pair = share.free.back();
    share.free.pop_back();
    pairs.push_back(mark_taken(pair));
  }
  return pairs;
}

MediaPort PortAllocator::mark_taken(const MediaPort& pair) {
  Pool& pool = pools_[pair.pool];
  pool.uses[pair_index(pair)] = Use::kTaken;
  ++pool.shares[worker_of(pair)].taken;
  ++legs_of_[worker_of(pair)];
  return pair;
}

void PortAllocator::refuse(std::span<const std::uint16_t> legs) const {
  for (const std::uint16_t number : legs) {
    const Pool& pool = pools_[number];
    const bool enough =
        std::ranges::any_of(pool.shares, [&](const Share& share) { return share.free.size() >= wanted_[number]; });
    if (enough) continue;
    std::size_t taken = 0;
    std::size_t resting = 0;
    for (const Share& share : pool.shares) {
      taken += share.taken;
      resting += share.resting.size();
    }
    throw PoolExhausted("media ports of '" + pool.config.name + "': none left for another session: of " +
                        std::to_string(pool.uses.size()) + " pairs " + std::to_string(taken) + " are in use and " +
                        std::to_string(resting) + " rest after a call");
  }
  throw PoolExhausted("media ports: every pool of the session has some left, but no worker has of all of them");
}

std::optional<MediaPort> PortAllocator::find(const drivers::IpAddress& address, std::uint16_t port) const {
  for (std::uint16_t number = 0; number < pools_.size(); ++number) {
    const MediaPool& pool = pools_[number].config;
    const auto found = std::ranges::find(pool.addresses, address);
    if (found == pool.addresses.end() || !has_pair(pool, port)) continue;
    return MediaPort{number, static_cast<std::uint16_t>(found - pool.addresses.begin()), port};
  }
  return std::nullopt;
}

bool PortAllocator::in_use(const drivers::IpAddress& address, std::uint16_t port) const {
  const auto pair = find(address, port);
  return pair && pools_[pair->pool].uses[pair_index(*pair)] == Use::kTaken;
}

std::optional<MediaPort> PortAllocator::take_fixed(const drivers::IpAddress& address, std::uint16_t port) {
  const auto pair = find(address, port);
  if (!pair) return std::nullopt;
  Pool& pool = pools_[pair->pool];
  const Use use = pool.uses[pair_index(*pair)];
  if (use == Use::kTaken) return std::nullopt;
  Share& share = pool.shares[worker_of(*pair)];
  if (use == Use::kFree) {
    std::erase(share.free, *pair);
  } else {
    std::erase_if(share.resting, [&](const Resting& resting) { return resting.pair == *pair; });
  }
  return mark_taken(*pair);
}

void PortAllocator::give_back(const MediaPort& pair, Clock::time_point now) {
  if (pair.pool >= pools_.size() || pair.address >= pools_[pair.pool].config.addresses.size() ||
      !has_pair(pools_[pair.pool].config, pair.port) || pools_[pair.pool].uses[pair_index(pair)] != Use::kTaken) {
    throw std::logic_error("a media port is given back that is not in use");
  }
  Pool& pool = pools_[pair.pool];
  Share& share = pool.shares[worker_of(pair)];
  pool.uses[pair_index(pair)] = Use::kResting;
  share.resting.push_back({pair, now + rest_});
  --share.taken;
  --legs_of_[worker_of(pair)];
}

std::size_t PortAllocator::available(std::uint16_t pool, Clock::time_point now) const {
  std::size_t count = 0;
  for (const Share& share : pools_.at(pool).shares) {
    count += share.free.size();
    count += static_cast<std::size_t>(
        std::ranges::count_if(share.resting, [now](const Resting& resting) { return resting.until <= now; }));
  }
  return count;
}

}  // namespace sallyport::controlplane
