// A leg that gives its place to another party's: REFER, blind and attended (RFC 3515, 5589), and INVITE with Replaces
// (RFC 3891); see call.hpp. The party that stays is asked last, so that a transfer that comes to nothing leaves the
// call as it was. It gets new keys, as does the new party, and keeps its own side's ROC.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "controlplane/session/call.hpp"
#include "controlplane/session/call_parties.hpp"
#include "controlplane/signalling/sip/header_values.hpp"

namespace sallyport::controlplane {
namespace {

/// How long a party that transferred the call has for its BYE.
constexpr std::chrono::seconds kLeaving{10};
/// The party that stays may be changing its session itself just now.
constexpr std::chrono::milliseconds kAskAgain{500};
constexpr unsigned kAskTries = 8;

}  // namespace

void Call::refer(std::size_t number, const std::shared_ptr<sip::ServerTransaction>& transaction) {
  const sip::Message& request = transaction->request();
  const auto values = request.all("Refer-To");
  const auto to = values.size() == 1 ? sip::NameAddress::parse(values.front()) : std::nullopt;
  if (!to || to->uri.user.empty()) return transaction->respond(400, "Bad Refer-To");
  if (!ready()) return transaction->respond(491);
  if (const auto replaces = to->uri.header("Replaces")) {
    const auto [consulted, consulting] = world_.find(sip::replaced_dialog(*replaces));
    if (consulted == nullptr || consulted == this || !consulted->ready()) return transaction->respond(481);
    // Only the party of both calls may join them.
    if (!consulted->sides_[consulting].party.same(sides_[number].party)) return transaction->respond(403);
    transaction->respond(202);
    return transfer_attended(number, *transaction, *consulted, consulting);
  }
  Target target = world_.directory.route(to->uri.user);
  if (target.refused) return transaction->respond(target.refused->status);
  transaction->respond(202);
  transfer_blind(number, *transaction, std::move(target));
}

bool Call::ready() const {
  return answered_ && !over_ && !transfer_ && !offer_ && !joining_ && !renewal_ && !given_up_ &&
         std::all_of(sides_.begin(), sides_.end(), [](const Side& side) { return side.leg->up(); });
}

/// Another party is behind the leg. Its keys are known to itself and us alone: one that takes no new ones may keep
/// them.
void Call::ask_new_keys(Side& side) {
  if (side.party.settings().rekeys) side.new_keys = true;
}

void Call::begin_transfer(std::size_t number, std::string cseq, Party party) {
  spdlog::info("call {}: {} gives its place to {}", id_, sides_[number].party.to_string(), party.to_string());
  Side made = make_side(std::move(party));
  transfer_ = Transfer{number, std::exchange(sides_[number], std::move(made)), number_, std::move(cseq)};
  transfer_->serial = ++last_transfer_;
  transfer_->worn = sides_[other(number)].new_keys;
  let_leave(*transfer_->before.leg, transfer_->before.party, [this](const std::string&) {
    if (transfer_) transfer_->gone = true;  // it need not wait for the new party
  });
  ask_new_keys(sides_[other(number)]);
}

void Call::transfer_blind(std::size_t number, const sip::ServerTransaction& refer, Target target) {
  const auto cseq = sip::CSeq::parse(refer.request().value("CSeq"));
  begin_transfer(number, std::to_string(cseq->number), std::move(target.party));
  Side& before = transfer_->before;
  before.leg->notify_refer(transfer_->cseq, 100);
  number_ = target.number;
  const std::string host = host_for(sides_[number].party);
  invitation_ = {};
  invitation_.from = sides_[other(number)].identity;
  invitation_.to = name_address({}, number_, host);
  invitation_.contact = number_;
  invitation_.referred_by = std::string(refer.request().value("Referred-By"));
  if (invitation_.referred_by.empty()) invitation_.referred_by = before.identity;
  sides_[number].identity = invitation_.to;
  first_offer_ = sides_[other(number)].said;
  world_.agent.timers().schedule(kRinging, [this, serial = last_transfer_, weak = std::weak_ptr(alive_)] {
    if (weak.expired() || over_ || !transfer_ || transfer_->serial != serial) return;
    if (!sides_[transfer_->number].leg->up()) transfer_failed(408, "nobody answered");
  });
  reach_party(number);
}

/// The new party has answered. What it said is offered to the one that stays, whose answer brings the media together.
void Call::transferee_answered(const SecretString& description) {
  const std::size_t number = transfer_->number;
  Side& made = sides_[number];
  std::string refusal = "an answer without a description";
  Text text = description.empty() || !offer_ ? std::nullopt : plan_answer_of(description, refusal);
  offer_.reset();
  if (text) {
    made.agreed = std::move(planned_[number]);
    // Nothing more is said to it once the one that stays has answered.
    tell(made, judge());
  }
  made.leg->acknowledge({});
  if (!text) return transfer_failed(488, refusal);
  invited_ = other(number);  // whatever comes now is of a leg that is up
  Refused refused;
  Text offer = pass_offer(number, description, refused);
  if (!offer) return transfer_failed(refused.status, refused.why);
  ask_staying(std::move(*offer));
}

void Call::ask_staying(SecretString offer) {
  sip::CallLeg& staying = *sides_[other(transfer_->number)].leg;
  transfer_->asked = true;
  if (staying.reinvite(offer) || !transfer_) return;
  transfer_->asked = false;
  if (++transfer_->tries > kAskTries) return transfer_failed(491, "the other party is busy with another change");
  world_.agent.timers().schedule(
      kAskAgain, [this, offer = std::move(offer), serial = transfer_->serial, weak = std::weak_ptr(alive_)] {
        if (!weak.expired() && !over_ && transfer_ && transfer_->serial == serial) ask_staying(offer);
      });
}

void Call::transfer_done() {
  Transfer done = std::move(*transfer_);
  transfer_.reset();
  first_offer_.clear();
  media_->forget_parked();
  transfers_.push_back({Clock::now(), done.before.party.to_string(), sides_[done.number].party.to_string()});
  spdlog::info("call {}: transferred from {} to {}", id_, transfers_.back().from, transfers_.back().to);
  if (done.gone) return bury(std::move(done.before.leg));
  sip::CallLeg* const leg = done.before.leg.get();
  leaving_.push_back(std::move(done.before.leg));
  if (!done.cseq.empty()) leg->notify_refer(done.cseq, 200);
  const auto leave = [this, leg] {
    const auto at = std::find_if(leaving_.begin(), leaving_.end(), [&](const auto& each) { return each.get() == leg; });
    if (at == leaving_.end()) return;
    (*at)->hang_up(480, "transferred");
    bury(std::move(*at));
    leaving_.erase(at);
  };
  let_leave(*leg, done.before.party, [leave](const std::string&) { leave(); });
  if (done.cseq.empty()) return leave();  // replaced: it has nothing to say any more
  world_.agent.timers().schedule(kLeaving, [leave, weak = std::weak_ptr(alive_)] {
    if (!weak.expired()) leave();
  });
}

void Call::transfer_failed(int status, const std::string& why) {
  Transfer failed = std::move(*transfer_);
  transfer_.reset();
  ++attempt_;
  drop_forks(480, why);
  offer_.reset();
  first_offer_.clear();
  spdlog::info("call {}: transfer to {} failed: {} {}", id_, sides_[failed.number].party.to_string(), status, why);
  sip::CallLeg& made = *sides_[failed.number].leg;
  if (made.asks()) {
    made.refuse(status, why);
  } else {
    made.hang_up(480, why);
  }
  if (failed.gone) {
    bury(std::move(failed.before.leg));
    return hang_up("transfer: " + std::to_string(status) + " " + why);
  }
  bury(std::move(sides_[failed.number].leg));
  sides_[failed.number] = std::move(failed.before);
  number_ = std::move(failed.called);
  const std::size_t stays = other(failed.number);
  if (failed.asked && sides_[stays].leg->busy()) {
    given_up_ = stays;
  } else {
    sides_[stays].new_keys = failed.worn;
  }
  sides_[failed.number].leg->set_events(
      events_of(failed.number, *sides_[failed.number].leg, sides_[failed.number].leg->uri()));
  media_->unpark();
  if (!failed.cseq.empty()) sides_[failed.number].leg->notify_refer(failed.cseq, status);
}

/// Joins the party that stays here with the one of the call that was made to ask it; both are up.
void Call::transfer_attended(std::size_t number, const sip::ServerTransaction& refer, Call& consulted,
                             std::size_t consulting) {
  const auto cseq = sip::CSeq::parse(refer.request().value("CSeq"));
  Side& theirs = consulted.sides_[other(consulting)];
  begin_transfer(number, std::to_string(cseq->number), theirs.party);
  transfer_->before.leg->notify_refer(transfer_->cseq, 100);
  number_ = consulted.number_;
  // The consulted call keeps a leg that is over, so that it can be shown.
  sides_[number] = std::exchange(theirs, consulted.make_side(theirs.party));
  ask_new_keys(sides_[number]);
  sides_[number].leg->set_events(events_of(number, *sides_[number].leg, sides_[number].leg->uri()));
  media_->adopt(number, *consulted.media_, other(consulting));
  update_status();
  consulted.hang_up("transferred to call " + std::to_string(id_));
  joining_ = true;
  join_tries_ = 0;
  invited_ = number;
  transfer_done();
  join_legs();
}

/// The one that stays makes the offer, so that nothing that either can do is lost (RFC 3725 4.4).
void Call::join_legs() {
  const std::size_t number = invited_;
  if (!sides_[other(number)].leg->reinvite({})) join_later();
}

/// Either party is busy with a change of its own.
void Call::join_later() {
  if (over_) return;
  if (++join_tries_ > kAskTries) return hang_up("transfer: the other party is busy with another change");
  world_.agent.timers().schedule(kAskAgain * join_tries_, [this, weak = std::weak_ptr(alive_)] {
    if (!weak.expired() && !over_ && joining_) join_legs();
  });
}

void Call::replace_leg(std::size_t number, const std::shared_ptr<sip::ServerTransaction>& invite, Party party) {
  if (invite->request().value("Replaces").find("early-only") != std::string_view::npos) return invite->respond(486);
  if (!ready()) return invite->respond(481);
  if (invite->request().body().empty()) return invite->respond(488, "Replaces Needs An Offer");
  begin_transfer(number, {}, std::move(party));
  Side& made = sides_[number];
  made.leg->use(invite->flow());
  invited_ = number;
  const auto from = sip::NameAddress::parse(invite->request().value("From"));
  made.identity = name_address(from ? from->display : std::string(), from ? from->uri.user : std::string(),
                               world_.directory.config()->realm);
  if (!made.leg->take(invite, number_, events_of(number, *made.leg, {})).empty())
    return transfer_failed(400, "bad INVITE");
  try {
    prepare_media(number);
  } catch (const SetupError& error) {
    return transfer_failed(503, error.what());
  }
  invited_ = other(number);
  Refused refused;
  Text offer = pass_offer(number, invite->request().body(), refused);
  if (!offer) return transfer_failed(refused.status, refused.why);
  ask_staying(std::move(*offer));
}

/// What a leg may still do whose place is another's: answer, and hang up.
void Call::let_leave(sip::CallLeg& leg, const Party& party, std::function<void(const std::string& why)> ended) {
  sip::CallLeg::Events events;
  events.progress = [](int, const SecretString&) {};
  events.answered = [&leg](const SecretString&) { leg.acknowledge({}); };
  events.failed = [](int, const std::string&) {};
  events.challenged = world_.directory.answers_challenges(party);
  events.reach = reach_again(world_, party, leg.flow(), leg.uri());
  events.fits = [&directory = world_.directory, party](const sip::Flow& flow) { return directory.fits(party, flow); };
  events.acknowledged = [](const SecretString&) {};
  events.offered = [&leg](const SecretString&) { leg.refuse(491, {}); };
  events.info = [](const std::shared_ptr<sip::ServerTransaction>& info) { info->respond(200); };
  events.refer = [](const std::shared_ptr<sip::ServerTransaction>& asked) { asked->respond(491); };
  events.ended = std::move(ended);
  leg.set_events(std::move(events));
}

/// Whoever told us that a leg is over is still at work in it.
void Call::bury(std::unique_ptr<sip::CallLeg> leg) {
  buried_.push_back(std::move(leg));
  world_.agent.timers().schedule(std::chrono::milliseconds(0), [this, weak = std::weak_ptr(alive_)] {
    if (!weak.expired()) buried_.clear();
  });
}

}  // namespace sallyport::controlplane
