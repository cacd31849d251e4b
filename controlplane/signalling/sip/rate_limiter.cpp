#include "controlplane/signalling/sip/rate_limiter.hpp"

#include "controlplane/signalling/sip/peer_address.hpp"

namespace sallyport::controlplane::sip {

RateLimiter::Verdict RateLimiter::take(const drivers::IpAddress& peer, TimePoint now) {
  if (own_.per_second != 0 && !bucket_of(peer_address(peer), now).take(now, own_)) return Verdict::kBeyondOwn;
  return all_bucket_.take(now, all_) ? Verdict::kWithin : Verdict::kBeyondAll;
}

TokenBucket& RateLimiter::bucket_of(const drivers::IpAddress& peer, TimePoint now) {
  if (const auto found = known_.find(peer); found != known_.end()) {
    peers_.splice(peers_.end(), peers_, found->second);
    return peers_.back().bucket;
  }
  // Those who have all of their rate again are as good as unknown: two for each that comes, so that the table shrinks.
  for (int i = 0; i < 2 && !peers_.empty() && (peers_.front().bucket.full(now) || peers_.size() >= max_peers_); ++i) {
    known_.erase(peers_.front().address);
    peers_.pop_front();
  }
  peers_.push_back({peer, {}});
  known_.emplace(peer, std::prev(peers_.end()));
  return peers_.back().bucket;
}

}  // namespace sallyport::controlplane::sip
