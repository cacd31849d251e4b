#include "controlplane/session/call.hpp"

#include <spdlog/spdlog.h>

#include "controlplane/session/call_parties.hpp"
#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/random_token.hpp"

namespace sallyport::controlplane {
namespace {

using sip::NameAddress;

/// What the caller is told of a callee's final answer: what it cannot act on becomes something that it can.
int status_for_caller(int status) {
  if (status >= 300 && status < 400) return 480;
  if (status == 401 || status == 407) return 403;
  return status;
}

SdpOrigin new_origin() {
  SdpOrigin origin;
  // Digits only, as some parties take it for a number; 48 bits fit all of them.
  origin.session_id = std::to_string(std::stoull(sip::random_token(6), nullptr, 16));
  return origin;
}

}  // namespace

Call::Call(CallWorld& world, std::uint64_t id, Party caller, Target target)
    : world_(world),
      id_(id),
      number_(std::move(target.number)),
      sides_{make_side(std::move(caller)), make_side(std::move(target.party))} {}

Call::Side Call::make_side(Party party) const {
  Side side;
  side.party = std::move(party);
  side.leg = std::make_unique<sip::CallLeg>(world_.agent);
  side.origin = new_origin();
  return side;
}

/// Of that leg, which is or may become the one of that number. `contact`: where it was invited; empty: it called.
sip::CallLeg::Events Call::events_of(std::size_t number, const sip::CallLeg& leg, const std::string& contact) {
  const Party& party = sides_[number].party;
  return {
      .progress = [this, number, &leg](int status, const SecretString& text) { progress(number, leg, status, text); },
      .answered = [this, number](const SecretString& text) { answered(number, text); },
      .failed = [this, number](int status, const std::string& why) { failed(number, status, why); },
      .challenged = world_.directory.answers_challenges(party),
      .reach = reach_again(world_, party, leg.flow(), contact),
      .fits = [&directory = world_.directory, party](const sip::Flow& flow) { return directory.fits(party, flow); },
      .acknowledged = [this, number](const SecretString& text) { acknowledged(number, text); },
      .offered = [this, number](const SecretString& text) { offered(number, text); },
      .info =
          [this, number](const std::shared_ptr<sip::ServerTransaction>& info) {
            sides_[other(number)].leg->relay(info->request(), [info](int status) { info->respond(status); });
          },
      .refer = [this, number](const std::shared_ptr<sip::ServerTransaction>& asked) { refer(number, asked); },
      .ended = [this, number](const std::string& why) { ended(number, why); }};
}

void Call::start(const std::shared_ptr<sip::ServerTransaction>& invite) {
  const sip::Message& request = invite->request();
  const auto from = NameAddress::parse(request.value("From"));
  const std::string caller = from ? from->uri.user : std::string();
  sip::CallLeg& leg = *sides_[kCaller].leg;
  leg.use(invite->flow());
  if (const std::string problem = leg.take(invite, number_, events_of(kCaller, leg, {})); !problem.empty())
    return end(problem);
  invite->respond(100);
  // What is left of the hops goes on, so that a loop over trunks ends (RFC 7332).
  const auto hops = sip::parse_count(request.value("Max-Forwards"), 255);
  invitation_.max_forwards = hops.value_or(0) == 0 ? invitation_.max_forwards : *hops - 1;
  const std::string host = host_for(sides_[kCallee].party);
  invitation_.from = name_address(from ? from->display : std::string(), caller, host);
  invitation_.to = name_address({}, number_, host);
  invitation_.contact = caller;
  sides_[kCaller].identity = invitation_.from;
  sides_[kCallee].identity = invitation_.to;
  first_offer_ = request.body();
  spdlog::info("call {}: {} calls {} ({})", id_, sides_[kCaller].party.to_string(), number_,
               sides_[kCallee].party.to_string());
  world_.agent.timers().schedule(kRinging, [this, weak = std::weak_ptr(alive_)] {
    if (!weak.expired() && !answered_) hang_up("nobody answered");
  });
  reach_party(kCallee);
}

void Call::progress(std::size_t number, const sip::CallLeg& leg, int status, const SecretString& description) {
  if (over_ || number != invited_) return;
  if (transfer_) {
    // Early media would need the party that stays to be asked twice: it hears the new one when that answers.
    if (!std::exchange(transfer_->ringing, true) && !transfer_->gone) {
      if (!transfer_->cseq.empty()) transfer_->before.leg->notify_refer(transfer_->cseq, status);
    }
    return;
  }
  sip::CallLeg& caller = *sides_[other(number)].leg;
  if (caller.up()) return;
  ringing_ = true;
  if (!description.empty() && offer_) {
    std::string refusal;
    Text text = pass_answer(description, refusal);
    // A provisional answer that is of no use is no reason to end the call: the final one counts.
    if (text) {
      early_[&leg] = {std::move(*text), description};
      early_at_work_ = &leg;
    } else {
      spdlog::info("call {}: early media of {} not used: {}", id_, sides_[number].party.to_string(), refusal);
    }
  }
  const auto early = early_.find(&leg);
  caller.progress(status, early == early_.end() ? SecretString{} : early->second.answer);
}

/// Says the answer to a leg that offered: by its INVITE's 200, or where we had asked for the offer by the ACK.
void Call::deliver(std::size_t number, SecretString answer) {
  sip::CallLeg& leg = *sides_[number].leg;
  if (leg.asks()) return leg.accept(std::move(answer));
  leg.acknowledge(std::move(answer));
}

void Call::answered(std::size_t number, const SecretString& description) {
  if (over_ || renewed(number, description)) return;
  if (number == invited_) drop_forks(200, kElsewhere);
  if (given_up_ == number) {
    // The transfer that it was asked for is no more, and it has keys of it: both legs agree anew.
    given_up_.reset();
    sides_[number].leg->acknowledge({});
    invited_ = other(number);
    joining_ = true;
    join_tries_ = 0;
    return join_legs();
  }
  if (transfer_ && number == transfer_->number && invited_ == number) return transferee_answered(description);
  sip::CallLeg& one = *sides_[number].leg;
  sip::CallLeg& two = *sides_[other(number)].leg;
  if (!offer_) {
    // It was asked for an offer (RFC 3261 13.2.1): the other one answers in its ACK.
    Refused refused{488, "an answer without an offer"};
    Text text = description.empty() ? std::nullopt : pass_offer(number, description, refused);
    if (!text) {
      one.acknowledge({});
      return hang_up(refused.why);
    }
    answered_ = answered_.value_or(Clock::now());
    if (two.asks()) return two.accept(std::move(*text));
    if (two.reinvite(std::move(*text))) return;
    one.acknowledge({});
    offer_.reset();
    return join_later();
  }
  std::string refusal = "an answer without a description";
  Text text = final_answer_of(number, description, refusal);
  one.acknowledge({});
  offer_.reset();
  if (!text) {
    // Whoever answered works by it already, the other one never will: nothing is left to go on with.
    spdlog::info("call {}: the answer of {} is refused: {}", id_, sides_[number].party.to_string(), refusal);
    two.refuse(488, refusal);
    return hang_up(refusal);
  }
  early_.clear();
  if (!answered_) {
    answered_ = Clock::now();
    first_offer_.clear();
  }
  settled();
  // A transfer's new party has had its answer before: it is the one that stays who answered now.
  if (transfer_ && !two.asks()) return transfer_done();
  deliver(other(number), std::move(*text));
  if (transfer_) return transfer_done();
  joining_ = false;
}

/// What the caller is answered with, who may have it already by a provisional answer of the same leg (RFC 3261 13.2.1).
Call::Text Call::final_answer_of(std::size_t number, const SecretString& description, std::string& refusal) {
  const sip::CallLeg* const leg = sides_[number].leg.get();
  const auto early = early_.find(leg);
  if (early == early_.end() || (!description.empty() && description != early->second.source)) {
    return description.empty() ? std::nullopt : pass_answer(description, refusal);
  }
  if (early_at_work_ == leg) return early->second.answer;
  // Another phone was heard since.
  return pass_answer(early->second.source, refusal);
}

void Call::acknowledged(std::size_t number, const SecretString& description) {
  if (over_ || !offer_ || offer_->offerer != other(number)) return;
  std::string refusal = "an ACK without the answer";
  Text text = description.empty() ? std::nullopt : pass_answer(description, refusal);
  offer_.reset();
  sides_[other(number)].leg->acknowledge(text ? std::move(*text) : SecretString{});
  if (!text) return hang_up(refusal);
  settled();
}

void Call::failed(std::size_t number, int status, const std::string& reason) {
  if (over_ || renewal_failed(number, status) || next_fork(number, status, reason)) return;
  if (refusal_ && number == invited_) {
    const auto said = final_refusal(status, reason);
    return failed(number, said.first, said.second);
  }
  if (given_up_ == number) return given_up_.reset();
  sip::CallLeg& two = *sides_[other(number)].leg;
  if (transfer_) {
    const bool invited = number == invited_ && !sides_[number].leg->up();
    if (invited && (retry_in_clear(number, status) || try_next_target(status, reason))) return;
    return transfer_failed(status_for_caller(status), reason);
  }
  if (sides_[number].leg->up()) {
    // Legs that were joined and do not agree have nothing to go back to.
    if (joining_) {
      if (offer_ && offer_->offerer != number) sides_[offer_->offerer].leg->acknowledge({});
      offer_.reset();
      if (status == 491 || status == 500) return join_later();  // RFC 3261 14.1
      return hang_up("transfer: " + std::to_string(status) + " " + reason);
    }
    // A re-offer was refused: whoever made it is told, and what was up stays up.
    offer_.reset();
    settled();
    return two.refuse(status_for_caller(status), reason);
  }
  if (retry_in_clear(number, status) || (number == invited_ && try_next_target(status, reason))) return;
  two.refuse(status_for_caller(status), reason);
  end(std::to_string(status) + " " + reason);
}

void Call::offered(std::size_t number, const SecretString& description) {
  sip::CallLeg& one = *sides_[number].leg;
  sip::CallLeg& two = *sides_[other(number)].leg;
  if (!two.up() || two.busy() || offer_ || transfer_ || joining_ || renewal_ || given_up_) return one.refuse(491, {});
  SecretString onward;
  if (!description.empty()) {
    Refused refused;
    Text text = pass_offer(number, description, refused);
    if (!text) return one.refuse(refused.status, refused.why);
    onward = std::move(*text);
  }
  if (two.reinvite(std::move(onward))) return;
  offer_.reset();
  one.refuse(491, {});
}

void Call::ended(std::size_t number, const std::string& why) {
  if (over_) return;
  // A party that replaces another has thought better of it.
  if (transfer_ && number == transfer_->number) return transfer_failed(487, why);
  sides_[other(number)].leg->hang_up(480, why);
  if (transfer_ && !transfer_->gone) transfer_->before.leg->hang_up(480, why);
  end(sides_[number].party.to_string() + ": " + why);
}

void Call::hang_up(const std::string& why) {
  if (over_) return;
  for (const Side& side : sides_) side.leg->hang_up(480, why);
  if (transfer_ && !transfer_->gone) transfer_->before.leg->hang_up(480, why);
  end(why);
}

void Call::refused(StreamHandle handle) {
  if (media_ && media_->refused(handle) && !over_) hang_up("a worker would not take its media");
}

void Call::end(const std::string& why) {
  if (over_) return;
  over_ = true;
  drop_forks(480, why);
  for (const auto& leg : leaving_) leg->hang_up(480, why);
  ended_ = Clock::now();
  why_ = why;
  spdlog::info("call {}: over: {}", id_, why);
  world_.over(*this);
}

CallView Call::view() const {
  CallView view;
  view.id = id_;
  view.state = over_ ? "over" : answered_ ? "up" : ringing_ ? "ringing" : "setup";
  view.number = number_;
  for (std::size_t number = 0; number < sides_.size(); ++number) {
    const Side& side = sides_[number];
    view.legs[number] = {side.party.to_string(),
                         side.leg->call_id(),
                         signalling_path(side.leg->flow()),
                         side.agreed.empty() ? nullptr : &side.agreed,
                         media_ ? media_->count(number) : LegCount{},
                         !over_ && misses_media(number)};
  }
  view.began = began_;
  view.answered = answered_;
  view.ended = ended_;
  view.status = status_;
  view.history = history_;
  view.transfers = transfers_;
  view.why = why_;
  return view;
}

}  // namespace sallyport::controlplane
