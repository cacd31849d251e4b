// Counts the connections of each peer and of all, and says which new ones are taken. Made by Transport, which tells it
// what becomes of them; control thread only. Closes nothing itself.
#pragma once

#include <map>
#include <optional>
#include <set>

#include "controlplane/signalling/sip/flow.hpp"
#include "controlplane/signalling/sip/limit_log.hpp"
#include "controlplane/signalling/sip/peer_limits.hpp"
#include "controlplane/signalling/sip/rate_limiter.hpp"

namespace sallyport::controlplane::sip {

class ConnectionGate {
 public:
  explicit ConnectionGate(LimitLog& log) : log_(log) {}

  void set_limits(const ConnectionCountLimits& limits, const ConfiguredPeers& configured);

  /// Whether one that comes in from there is taken. Logged and counted where not.
  bool admits(const drivers::IpAddress& remote, TokenBucket::TimePoint now);
  /// One that came in, or one of ours, is there. One that came in is half open until proved().
  void add(const Flow& flow, bool came_in);
  /// It has brought a message.
  void proved(const Flow& flow);
  void remove(const Flow& flow);
  /// One that has to go, now that there are too many half-open ones: the oldest.
  std::optional<FlowId> surplus(TokenBucket::TimePoint now);

  std::size_t half_open() const noexcept { return half_open_.size(); }

 private:
  struct Peer {
    std::size_t connections = 0;
    std::size_t half_open = 0;
  };

  LimitLog& log_;
  ConnectionCountLimits limits_;
  ConfiguredPeers configured_;
  RateLimiter arrivals_;
  std::size_t connections_ = 0;
  std::map<drivers::IpAddress, Peer> peers_;        ///< of whom there are connections
  std::map<FlowId, drivers::IpAddress> half_open_;  ///< ids grow: the oldest first
};

}  // namespace sallyport::controlplane::sip
