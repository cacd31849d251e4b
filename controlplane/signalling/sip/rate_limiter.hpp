// A rate for each peer and one for all of them together. Bounded: who has not been seen for longest is forgotten when
// there are too many, and starts anew. Used by the gates of requests and connections; control thread only.
#pragma once

#include <list>
#include <map>

#include "controlplane/signalling/sip/token_bucket.hpp"
#include "drivers/ip_address.hpp"

namespace sallyport::controlplane::sip {

class RateLimiter {
 public:
  using TimePoint = TokenBucket::TimePoint;
  enum class Verdict { kWithin, kBeyondOwn, kBeyondAll };
  /// Peers that are remembered at once; some 150 bytes each.
  static constexpr std::size_t kMaxPeers = 50'000;

  explicit RateLimiter(std::size_t max_peers = kMaxPeers) : max_peers_(max_peers) {}

  void set_rates(const Rate& own, const Rate& all) noexcept {
    own_ = own;
    all_ = all;
  }
  /// Counts one more of that peer. What is beyond its own rate does not count for all, so that one peer cannot use up
  /// what is everybody's.
  Verdict take(const drivers::IpAddress& peer, TimePoint now);
  std::size_t peers() const noexcept { return peers_.size(); }

 private:
  struct Peer {
    drivers::IpAddress address;
    TokenBucket bucket;
  };

  TokenBucket& bucket_of(const drivers::IpAddress& peer, TimePoint now);

  std::size_t max_peers_;
  Rate own_;
  Rate all_;
  TokenBucket all_bucket_;
  std::list<Peer> peers_;  ///< the latest one last
  std::map<drivers::IpAddress, std::list<Peer>::iterator> known_;
};

}  // namespace sallyport::controlplane::sip
