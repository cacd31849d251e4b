// Which local UDP ports the legs of sessions get. A leg has a pair: an even port for RTP and the one above it for RTCP
// (RFC 3550 11). All legs of a session are taken from ports of one worker, so that their media never changes hands.
// Control thread only; knows no sockets and no streams.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "crypto/error.hpp"
#include "dataplane/ids.hpp"
#include "drivers/ip_address.hpp"

namespace sallyport::controlplane {

/// The media ports of one network: the same range on each of its addresses.
struct MediaPool {
  std::string name;
  std::vector<drivers::IpAddress> addresses;
  drivers::PortRange ports;
};

/// A pair of ports that a leg has: `port` for RTP, the next one for RTCP.
struct MediaPort {
  std::uint16_t pool = 0;     ///< which of the pools
  std::uint16_t address = 0;  ///< which of its addresses
  std::uint16_t port = 0;
  bool operator==(const MediaPort&) const = default;
};

/// A pool has no pair left that could be given away, on any one worker. The sentence names the pool, and how many of
/// its pairs are in use or rest.
class PoolExhausted : public SetupError {
 public:
  using SetupError::SetupError;
};

class PortAllocator {
 public:
  using Clock = std::chrono::steady_clock;

  /// Pairs are given away in an order that nobody can guess: who knows the next port can inject media into the next
  /// call. A pair that was given back rests for `rest` before anyone else gets it, so that late packets of its last
  /// call do not reach the next one. Throws SetupError where a pool has no address, or no whole pair.
  PortAllocator(std::vector<MediaPool> pools, std::size_t workers, std::chrono::milliseconds rest);

  /// A pair for each leg, `legs` naming their pools, all owned by one worker: the one that has fewest legs of those
  /// that can serve the whole session. All or nothing: throws PoolExhausted where no worker can.
  std::vector<MediaPort> take(std::span<const std::uint16_t> legs, Clock::time_point now);
  /// That pair for a leg whose port is configured, even while it rests. Nothing: it is in use, in no pool, or odd.
  std::optional<MediaPort> take_fixed(const drivers::IpAddress& address, std::uint16_t port);
  /// Whether somebody has the pair that begins at that port. False where it is in no pool, or odd.
  bool in_use(const drivers::IpAddress& address, std::uint16_t port) const;
  /// The end of a leg. Throws std::logic_error for a pair that is not in use.
  void give_back(const MediaPort& pair, Clock::time_point now);

  dataplane::WorkerId worker_of(const MediaPort& pair) const noexcept {
    return dataplane::worker_of(pair.port, legs_of_.size());
  }
  const MediaPool& pool(std::uint16_t number) const { return pools_.at(number).config; }
  /// Legs that a worker has now.
  std::size_t legs_of(dataplane::WorkerId worker) const { return legs_of_.at(worker); }
  /// Pairs of a pool that are neither in use nor resting at `now`.
  std::size_t available(std::uint16_t pool, Clock::time_point now) const;

 private:
  enum class Use : std::uint8_t { kFree, kTaken, kResting };
  struct Resting {
    MediaPort pair;
    Clock::time_point until;
  };
  /// What a worker owns of a pool.
  struct Share {
    std::vector<MediaPort> free;  ///< from the back
    std::deque<Resting> resting;  ///< in the order in which they end
    std::size_t taken = 0;
  };
  struct Pool {
    MediaPool config;
    std::vector<Use> uses;      ///< by pair_index()
    std::vector<Share> shares;  ///< by worker
  };

  static std::uint16_t first_pair(const MediaPool& pool);
  static std::size_t pairs_per_address(const MediaPool& pool);
  /// Whether `port` begins a pair of the pool's range.
  static bool has_pair(const MediaPool& pool, std::uint16_t port);
  std::optional<MediaPort> find(const drivers::IpAddress& address, std::uint16_t port) const;
  std::size_t pair_index(const MediaPort& pair) const;
  void fill(std::uint16_t number);
  void wake(Share& share, Clock::time_point now);
  MediaPort mark_taken(const MediaPort& pair);
  bool can_serve(dataplane::WorkerId worker, std::span<const std::uint16_t> legs);
  [[noreturn]] void refuse(std::span<const std::uint16_t> legs) const;

  std::vector<Pool> pools_;
  std::vector<std::size_t> legs_of_;  ///< by worker
  std::vector<std::size_t> wanted_;   ///< by pool, of the session being served
  std::chrono::milliseconds rest_;
  std::random_device random_;     ///< the operating system's
  dataplane::WorkerId next_ = 0;  ///< where the search for the least loaded worker begins
};

}  // namespace sallyport::controlplane
