// The part of Call that rings all phones of a line at once: each gets the same offer in an INVITE of its own, the first
// that answers has the call (RFC 3261 16.7, field case 10). One of them is always the leg of the call, the others wait
// beside it.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "controlplane/session/call.hpp"
#include "controlplane/session/call_parties.hpp"

namespace sallyport::controlplane {
namespace {

/// Which of two refusals tells the caller more (RFC 3261 16.7 6): a party that spoke before one that was not reached.
bool says_more(int one, int other) {
  const auto rank = [](int status) {
    if (status >= 600) return 0;
    if (status == 408 || status == 480 || status == 487 || status >= 500) return 2;
    return 1;
  };
  return rank(one) < rank(other);
}

}  // namespace

/// The other phones of a line that is invited. They get the offer that was made for the first one: those whose
/// signalling is protected otherwise, or that other addresses would be needed for, are left out.
void Call::invite_forks(std::size_t number, const SecretString& offer) {
  const Side& side = sides_[number];
  if (side.party.line == nullptr || side.in_clear) return;
  const sip::Flow& first = side.leg->flow();
  for (const Binding& binding : world_.directory.bindings(side.party.line->name)) {
    const bool same_phone = binding.contact == invitation_.uri;
    const bool same_path = signalling_path(binding.flow) == signalling_path(first) &&
                           binding.flow.remote.address.v6 == first.remote.address.v6;
    if (same_phone) continue;
    if (!same_path) {
      spdlog::info("call {}: {} does not ring at {}, which it is reached by differently", id_, side.party.to_string(),
                   binding.flow.remote.to_string());
      continue;
    }
    sip::CallLeg& fork = *forks_.emplace_back(Fork{std::make_unique<sip::CallLeg>(world_.agent), binding.contact}).leg;
    sip::Invitation invitation = invitation_;
    invitation.uri = binding.contact;
    fork.use(binding.flow);
    fork.invite(binding.flow, binding.to, invitation, offer, fork_events(number, fork, binding.contact));
  }
}

/// A phone that answers becomes the call's leg before anything else is told.
sip::CallLeg::Events Call::fork_events(std::size_t number, sip::CallLeg& fork, const std::string& contact) {
  sip::CallLeg::Events events = events_of(number, fork, contact);
  events.answered = [this, number, &fork](const SecretString& text) {
    promote(number, fork);
    answered(number, text);
  };
  events.failed = [this, number, &fork](int status, const std::string& why) { fork_failed(number, fork, status, why); };
  return events;
}

/// That phone is the leg of the call from here on, the one that was is out.
void Call::promote(std::size_t number, sip::CallLeg& fork) {
  const auto found =
      std::find_if(forks_.begin(), forks_.end(), [&](const Fork& each) { return each.leg.get() == &fork; });
  std::unique_ptr<sip::CallLeg> leg = std::move(found->leg);
  invitation_.uri = std::move(found->uri);
  forks_.erase(found);
  leg->set_events(events_of(number, *leg, invitation_.uri));
  leg->set_call_info(sides_[number].leg->call_info());
  sides_[number].leg->hang_up(200, kElsewhere);
  bury(std::exchange(sides_[number].leg, std::move(leg)));
}

void Call::fork_failed(std::size_t number, sip::CallLeg& fork, int status, const std::string& why) {
  const auto found =
      std::find_if(forks_.begin(), forks_.end(), [&](const Fork& each) { return each.leg.get() == &fork; });
  const Reached phone{fork.flow(), fork.to(), found->uri};
  early_.erase(&fork);
  bury(std::move(found->leg));
  forks_.erase(found);
  spdlog::info("call {}: a phone of {}: {} {}", id_, sides_[number].party.to_string(), status, why);
  if (status < 600) return note_refusal(phone, status, why);
  // RFC 3261 21.6: whoever says that speaks for all of them, and wants no call without SRTP either.
  sides_[number].leg->hang_up(480, why);
  sides_[number].in_clear = true;
  failed(number, status, why);
}

/// The leg of the call has failed. True: another phone rings on in its place.
bool Call::next_fork(std::size_t number, int status, const std::string& why) {
  if (number != invited_) return false;
  // RFC 3261 21.6: it speaks for all of them, also for one that would have had the call without SRTP.
  if (status >= 600) drop_forks(480, why);
  if (forks_.empty()) return false;
  const sip::CallLeg& leg = *sides_[number].leg;
  note_refusal({leg.flow(), leg.to(), invitation_.uri}, status, why);
  early_.erase(&leg);
  promote(number, *forks_.front().leg);
  return true;
}

void Call::note_refusal(const Reached& phone, int status, const std::string& why) {
  if (may_refuse_srtp(status) && !no_srtp_) no_srtp_ = phone;
  if (!refusal_ || says_more(status, refusal_->first)) refusal_.emplace(status, why);
}

/// What the caller is told when no phone is left.
std::pair<int, std::string> Call::final_refusal(int status, const std::string& why) {
  const auto noted = std::exchange(refusal_, std::nullopt);
  return noted && says_more(noted->first, status) ? *noted : std::pair(status, why);
}

/// The others stop ringing; status and reason as in CallLeg::hang_up().
void Call::drop_forks(int status, const std::string& why) {
  refusal_.reset();
  no_srtp_.reset();
  for (Fork& fork : std::exchange(forks_, {})) {
    fork.leg->hang_up(status, why);
    bury(std::move(fork.leg));
  }
}

}  // namespace sallyport::controlplane
