#include "controlplane/signalling/sip/connection_gate.hpp"

#include "controlplane/signalling/sip/peer_address.hpp"

namespace sallyport::controlplane::sip {
namespace {

/// Of arrivals: a site of phones behind one NAT connects all at once when its power is back.
constexpr unsigned kSecondsAtOnce = 10;

}  // namespace

void ConnectionGate::set_limits(const ConnectionCountLimits& limits, const ConfiguredPeers& configured) {
  limits_ = limits;
  configured_ = configured;
  arrivals_.set_rates({limits.new_per_peer, limits.new_per_peer * kSecondsAtOnce}, {});
}

bool ConnectionGate::admits(const drivers::IpAddress& remote, TokenBucket::TimePoint now) {
  const auto refuse = [&](Limit limit) {
    log_.bites(limit, remote, now);
    return false;
  };
  if (connections_ >= limits_.in_all) return refuse(Limit::kConnections);
  if (configured_.contains({remote, 0})) return true;
  if (const auto found = peers_.find(peer_address(remote)); found != peers_.end()) {
    if (found->second.connections >= limits_.per_peer) return refuse(Limit::kConnectionsOfPeer);
    if (found->second.half_open >= limits_.half_open_per_peer) return refuse(Limit::kHalfOpenOfPeer);
  }
  return arrivals_.take(remote, now) == RateLimiter::Verdict::kWithin || refuse(Limit::kNewConnections);
}

void ConnectionGate::add(const Flow& flow, bool came_in) {
  ++connections_;
  Peer& peer = peers_[peer_address(flow.remote.address)];
  ++peer.connections;
  if (!came_in || configured_.contains(configured_as(flow))) return;
  ++peer.half_open;
  half_open_.emplace(flow.id, flow.remote.address);
}

void ConnectionGate::proved(const Flow& flow) {
  if (half_open_.erase(flow.id) != 0) --peers_.at(peer_address(flow.remote.address)).half_open;
}

void ConnectionGate::remove(const Flow& flow) {
  proved(flow);
  --connections_;
  const auto found = peers_.find(peer_address(flow.remote.address));
  if (--found->second.connections == 0) peers_.erase(found);
}

std::optional<FlowId> ConnectionGate::surplus(TokenBucket::TimePoint now) {
  if (half_open_.size() <= limits_.half_open) return std::nullopt;
  const auto oldest = half_open_.begin();
  log_.bites(Limit::kHalfOpen, oldest->second, now);
  return oldest->first;
}

}  // namespace sallyport::controlplane::sip
