// The part of Call that tries the targets of a trunk one after the other.
#include <spdlog/spdlog.h>

#include "controlplane/session/call.hpp"
#include "controlplane/session/trunk_target.hpp"

namespace sallyport::controlplane {
namespace {

/// How long a target of a trunk may say nothing at all to an INVITE while there is another one to try.
constexpr std::chrono::seconds kTargetPatience{6};

}  // namespace

/// The trunk's targets from the current one on, until one is reached. `why`: the one before was not.
void Call::reach_trunk(const std::string& why) {
  const TrunkConfig& trunk = *sides_[invited_].party.trunk;
  if (target_ >= targets_.size()) return failed(invited_, 503, why);
  const TrunkTarget& target = targets_[target_];
  const bool tls = target.kind == sip::TransportKind::kTls;
  const std::uint64_t attempt = ++attempt_;
  world_.agent.reach(
      destination_of(trunk, target, tls ? world_.tls_for(trunk) : nullptr),
      [this, target, attempt, weak = std::weak_ptr(alive_)](const sip::Flow* flow, const std::string& failed_because) {
        // The call may be another party's by now.
        if (weak.expired() || over_ || attempt != attempt_) return;
        if (flow == nullptr) {
          world_.trunks.doubt(*sides_[invited_].party.trunk, target);
          ++target_;
          return reach_trunk(failed_because);
        }
        world_.agent.timers().schedule(kTargetPatience, [this, attempt, alive = std::weak_ptr(alive_)] {
          if (!alive.expired()) lose_patience(attempt);
        });
        invite_party(invited_, *flow, target.remote, target_uri(number_, target));
      });
}

/// A target that never spoke is left for the next one (RFC 3263 4.3), which is its INVITE's end: what it answers late
/// is cancelled.
void Call::lose_patience(std::uint64_t attempt) {
  sip::CallLeg& leg = *sides_[invited_].leg;
  const bool last = target_ + 1 >= targets_.size();
  if (over_ || last || attempt != attempt_ || leg.up() || leg.over() || leg.heard()) return;
  leg.hang_up(480, "another target is tried");
  if (!try_next_target(408, "no answer")) failed(invited_, 408, "no answer");
}

/// The callee's trunk has another target for a call that this one has not taken up: it is overloaded, or not there
/// (RFC 3261 21.5.4, RFC 3263 4.3). Whoever refuses otherwise speaks for the trunk.
bool Call::try_next_target(int status, const std::string& why) {
  const bool rings = transfer_ ? transfer_->ringing : ringing_;
  if ((status != 408 && status != 503) || rings || target_ + 1 >= targets_.size()) return false;
  world_.trunks.doubt(*sides_[invited_].party.trunk, targets_[target_]);
  spdlog::info("call {}: {} of {}: {} {}; the next target is tried", id_, to_string(targets_[target_]),
               sides_[invited_].party.to_string(), status, why);
  ++target_;
  sides_[invited_].in_clear = false;
  // The leg that failed is told of it right now.
  bury(std::exchange(sides_[invited_].leg, std::make_unique<sip::CallLeg>(world_.agent)));
  reach_trunk(why);
  return true;
}

}  // namespace sallyport::controlplane
