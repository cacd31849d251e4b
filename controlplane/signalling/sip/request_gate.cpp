#include "controlplane/signalling/sip/request_gate.hpp"

#include <limits>

namespace sallyport::controlplane::sip {
namespace {

/// What a site of phones behind one NAT may need when its power is back, and what the control thread does in a second
/// or two.
constexpr unsigned kSecondsOfPeer = 10;
constexpr unsigned kSecondsOfAll = 2;

Rate rate_of(unsigned per_second, unsigned seconds) noexcept {
  const unsigned most = std::numeric_limits<unsigned>::max() / seconds;
  return {per_second, std::min(per_second, most) * seconds};
}

}  // namespace

void RequestGate::set_limits(const RequestLimits& limits, ConfiguredPeers configured) {
  requests_.set_rates(rate_of(limits.per_peer, kSecondsOfPeer), rate_of(limits.in_all, kSecondsOfAll));
  refusals_.set_rates(rate_of(limits.per_peer, 1), rate_of(limits.in_all, 1));
  configured_ = std::move(configured);
  std::erase_if(own_, [this](const auto& entry) { return !configured_.contains(entry.first); });
}

Admission RequestGate::admit(const Flow& flow, TokenBucket::TimePoint now) {
  if (const auto found = configured_.find(configured_as(flow)); found != configured_.end()) {
    const Rate rate = rate_of(found->second, kSecondsOfPeer);
    if (own_[found->first].take(now, rate)) return Admission::kServed;
    return refuse(Limit::kRequestsOfTrunk, flow, now);
  }
  switch (requests_.take(flow.remote.address, now)) {
    case RateLimiter::Verdict::kWithin:
      return Admission::kServed;
    case RateLimiter::Verdict::kBeyondOwn:
      return refuse(Limit::kRequestsOfPeer, flow, now);
    case RateLimiter::Verdict::kBeyondAll:
      break;
  }
  return refuse(Limit::kRequests, flow, now);
}

Admission RequestGate::refuse(Limit limit, const Flow& flow, TokenBucket::TimePoint now) {
  log_.bites(limit, flow.remote.address, now);
  return may_refuse(flow, now) ? Admission::kBusy : Admission::kDropped;
}

bool RequestGate::may_refuse(const Flow& flow, TokenBucket::TimePoint now) {
  if (flow.reliable() || refusals_.take(flow.remote.address, now) == RateLimiter::Verdict::kWithin) return true;
  log_.bites(Limit::kUnanswered, flow.remote.address, now);
  return false;
}

}  // namespace sallyport::controlplane::sip
