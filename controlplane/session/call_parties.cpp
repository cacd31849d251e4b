// Parties of calls: how they are written and reached, see call_parties.hpp and call.hpp.
#include "controlplane/session/call_parties.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "controlplane/session/call.hpp"
#include "controlplane/session/trunk_target.hpp"
#include "controlplane/signalling/sip/header_values.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
std::string name_address(const std::string& display, const std::string& user, const std::string& host) {
  std::string text = display.empty() ? std::string() : sip::quoted(display) + " ";
  return text.append("<sip:").append(user).append(user.empty() ? "" : "@").append(host).append(">");
}

std::string host_for(const Party& party) {
  return party.trunk != nullptr && !party.trunk->domain.empty() ? party.trunk->domain : party.config->realm;
}

std::function<void(sip::UserAgent::Reached)> reach_again(const CallWorld& world, const Party& party,
                                                         const sip::Flow& flow, const std::string& contact) {
  const bool alone = party.line == nullptr || world.directory.bindings(party.line->name).size() <= 1;
  // What it captures lives as long as the user agent does.
  return [&world, party, contact, alone, kind = flow.kind, remote = flow.remote](sip::UserAgent::Reached reached) {
    if (party.line != nullptr) {
      // Another phone of the same line knows nothing of the call, and is to have none of its keys.
      const std::vector<Binding> bindings = world.directory.bindings(party.line->name);
      const auto same = std::find_if(bindings.begin(), bindings.end(), [&](const Binding& binding) {
        return (alone && bindings.size() == 1) || binding.contact == contact;
      });
      return same == bindings.end() ? reached(nullptr, "the line is not registered") : reached(&same->flow, {});
    }
    const std::vector<TrunkTarget> targets = world.trunks.targets(*party.trunk);
    if (targets.empty()) return reached(nullptr, world.trunks.problem(*party.trunk));
    const auto same = std::find_if(targets.begin(), targets.end(), [&](const TrunkTarget& target) {
      return target.kind == kind && target.remote.address == remote.address;
    });
    const TrunkTarget& target = same == targets.end() ? targets.front() : *same;
    const bool tls = target.kind == sip::TransportKind::kTls;
    world.agent.reach(destination_of(*party.trunk, target, tls ? world.tls_for(*party.trunk) : nullptr),
                      std::move(reached));
  };
}

void Call::reach_party(std::size_t number) {
  invited_ = number;
  targets_.clear();
  early_.clear();
  target_ = 0;
  ++attempt_;
  const Party& party = sides_[number].party;
  if (party.trunk != nullptr) {
    targets_ = world_.trunks.targets(*party.trunk);
    return reach_trunk(world_.trunks.problem(*party.trunk));
  }
  const std::vector<Binding> bindings = world_.directory.bindings(party.line->name);
  if (bindings.empty()) return failed(number, 480, "the line is not registered");
  invite_party(number, bindings.front().flow, bindings.front().to, bindings.front().contact);
}

/// Ports for both legs, those of that leg by the path that it is reached on.
void Call::prepare_media(std::size_t number) {
  const auto pool_of = [this](std::size_t each) {
    const Side& side = sides_[each];
    return world_.pool_for(side.party.settings(), side.leg->flow().remote.address.v6);
  };
  if (!media_) {
    media_ = std::make_unique<CallMedia>(world_.gate, id_, std::array{pool_of(kCaller), pool_of(kCallee)});
  } else if (transfer_ && !media_->parked()) {
    media_->park(number, pool_of(number));
  }
}

void Call::invite_party(std::size_t number, const sip::Flow& flow, const Endpoint& to, const std::string& uri) {
  Side& side = sides_[number];
  try {
    // The party's path has to be known before it is offered keys.
    side.leg->use(flow);
    prepare_media(number);
    SecretString onward;
    if (!first_offer_.empty()) {
      Refused refused;
      Text text = pass_offer(other(number), first_offer_, refused);
      if (!text) return failed(number, refused.status, refused.why);
      onward = std::move(*text);
    }
    invitation_.uri = uri;
    sip::CallLeg* const leg = side.leg.get();
    leg->invite(flow, to, invitation_, onward, events_of(number, *leg, uri));
    invite_forks(number, onward);
  } catch (const SetupError& error) {
    failed(number, 503, error.what());
  }
}

/// A party that has no SRTP: once more without, where policy lets. Of several phones the first that said so.
bool Call::retry_in_clear(std::size_t number, int status) {
  Side& side = sides_[number];
  const auto refused = std::exchange(no_srtp_, std::nullopt);
  if (side.in_clear || !offer_ || first_offer_.empty() || (!refused && !may_refuse_srtp(status))) return false;
  const MediaPolicy policy = media_policy(*side.party.config, side.party.settings());
  const bool offered_srtp = std::any_of(offer_->plan.lines.begin(), offer_->plan.lines.end(),
                                        [](const OfferedLine& line) { return !line.suites.empty(); });
  if (policy.block_unencrypted || !offered_srtp) return false;
  side.in_clear = true;
  spdlog::info("call {}: {} refused SRTP, tried again with RTP", id_, side.party.to_string());
  const Reached to = refused ? *refused : Reached{side.leg->flow(), side.leg->to(), invitation_.uri};
  early_.clear();
  // The leg that failed is told of it right now.
  bury(std::exchange(side.leg, std::make_unique<sip::CallLeg>(world_.agent)));
  invite_party(number, to.flow, to.to, to.uri);
  return true;
}

}  // namespace sallyport::controlplane
