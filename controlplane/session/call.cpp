#include "controlplane/session/call.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "controlplane/session/digest_reply.hpp"
#include "controlplane/signalling/sip/header_values.hpp"
#include "controlplane/signalling/sip/random_token.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using sip::NameAddress;

/// RFC 3261 16.6's timer C: how long a callee may ring.
constexpr std::chrono::minutes kRinging{3};

/// What the caller is told of a callee's final answer: what it cannot act on becomes something that it can.
int status_for_caller(int status) {
  if (status >= 300 && status < 400) return 480;
  if (status == 401 || status == 407) return 403;
  return status;
}

/// Whether a refusal may be one of SRTP: a party that wants none says one of these.
bool may_refuse_srtp(int status) { return status == 488 || status == 415 || status == 606; }

/// An address with a display name, for From.
std::string name_address(const std::string& display, const std::string& user, const std::string& host) {
  std::string text = display.empty() ? std::string() : sip::quoted(display) + " ";
  return text.append("<sip:").append(user).append(user.empty() ? "" : "@").append(host).append(">");
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
      parties_{std::move(caller), std::move(target.party)},
      number_(std::move(target.number)),
      legs_{std::make_unique<sip::CallLeg>(world.agent), std::make_unique<sip::CallLeg>(world.agent)},
      origins_{new_origin(), new_origin()} {}

sip::CallLeg::Events Call::events_of(std::size_t number) {
  return {.progress = [this, number](int status, const SecretString& text) { progress(number, status, text); },
          .answered = [this, number](const SecretString& text) { answered(number, text); },
          .failed = [this, number](int status, const std::string& why) { failed(number, status, why); },
          .challenged = [this, number](const sip::Message& challenge,
                                       sip::Message& request) { return answer_challenge(number, challenge, request); },
          .acknowledged = [this, number](const SecretString& text) { acknowledged(number, text); },
          .offered = [this, number](const SecretString& text) { offered(number, text); },
          .info =
              [this, number](const std::shared_ptr<sip::ServerTransaction>& info) {
                legs_[other(number)]->relay(info->request(), [info](int status) { info->respond(status); });
              },
          .ended = [this, number](const std::string& why) { ended(number, why); }};
}

void Call::start(const std::shared_ptr<sip::ServerTransaction>& invite) {
  const sip::Message& request = invite->request();
  const auto from = NameAddress::parse(request.value("From"));
  const std::string caller = from ? from->uri.user : std::string();
  if (!legs_[kCaller]->take(invite, number_, events_of(kCaller))) return end("an INVITE without From tag or Contact");
  invite->respond(100);
  // What is left of the hops goes on, so that a loop over trunks ends (RFC 7332).
  const auto hops = sip::parse_count(request.value("Max-Forwards"), 255);
  invitation_.max_forwards = hops.value_or(0) == 0 ? invitation_.max_forwards : *hops - 1;
  const TrunkConfig* trunk = parties_[kCallee].trunk;
  const std::string& host =
      trunk != nullptr && !trunk->domain.empty() ? trunk->domain : world_.directory.config()->realm;
  invitation_.from = name_address(from ? from->display : std::string(), caller, host);
  invitation_.to = name_address({}, number_, host);
  invitation_.contact = caller;
  first_offer_ = request.body();
  spdlog::info("call {}: {} calls {} ({})", id_, parties_[kCaller].to_string(), number_, parties_[kCallee].to_string());
  world_.agent.timers().schedule(kRinging, [this, weak = std::weak_ptr(alive_)] {
    if (!weak.expired() && !answered_) hang_up("nobody answered");
  });
  reach_callee();
}

void Call::reach_callee() {
  if (parties_[kCallee].trunk != nullptr) {
    targets_ = world_.trunks.targets(*parties_[kCallee].trunk);
    return reach_trunk("it has no target");
  }
  const std::vector<Binding> bindings = world_.directory.bindings(parties_[kCallee].line->name);
  if (bindings.empty()) return failed(kCallee, 480, "the line is not registered");
  invite_callee(bindings.front().flow, bindings.front().to, bindings.front().contact);
}

void Call::invite_callee(const sip::Flow& flow, const Endpoint& to, const std::string& uri) {
  try {
    if (!media_) {
      const bool caller_v6 = legs_[kCaller]->flow().remote.address.v6;
      media_ = std::make_unique<CallMedia>(
          world_.gate, std::array{world_.pool_for(parties_[kCaller].settings(), caller_v6),
                                  world_.pool_for(parties_[kCallee].settings(), flow.remote.address.v6)});
    }
    // The callee's path has to be known before it is offered keys.
    legs_[kCallee]->use(flow);
    attempts_[kCallee] = {};
    SecretString onward;
    if (!first_offer_.empty()) {
      Refused refused;
      Text text = pass_offer(kCaller, first_offer_, refused);
      if (!text) return failed(kCallee, refused.status, refused.why);
      onward = std::move(*text);
    }
    invitation_.uri = uri;
    legs_[kCallee]->invite(flow, to, invitation_, std::move(onward), events_of(kCallee));
  } catch (const SetupError& error) {
    failed(kCallee, 503, error.what());
  }
}

/// `speaks`: a description of ours for that leg will come of it, with a version of its own (RFC 3264 8).
Leg Call::negotiating(std::size_t number, bool speaks) {
  const PartyConfig& party = parties_[number].settings();
  Leg leg;
  leg.policy = media_policy(*parties_[number].config, party);
  leg.path = signalling_path(legs_[number]->flow());
  leg.local = media_->local(number);
  leg.origin = origins_[number];
  if (speaks) ++versions_[number];
  leg.origin.version = std::to_string(versions_[number]);
  for (const auto& local : leg.local) {
    if (!local) continue;
    leg.origin.connection = SdpConnection::of(local->address);
    break;
  }
  leg.up = agreed_[number].empty() ? nullptr : &agreed_[number];
  leg.in_clear = number == kCallee && in_clear_;
  leg.new_keys = worn_[number];
  return leg;
}

/// What to send on of a party's offer; nothing where it is refused.
Call::Text Call::pass_offer(std::size_t from, const SecretString& text, Refused& refused) try {
  refused.status = 488;
  auto parsed = parse_sdp(text);
  if (const auto* fault = std::get_if<SdpFault>(&parsed)) {
    refused.why = "SDP " + fault->to_string();
    return std::nullopt;
  }
  Offer offer;
  offer.offerer = from;
  offer.received = std::move(std::get<SessionDescription>(parsed));
  media_->reserve(lines_to_serve(offer.received, negotiating(from, false)));
  const Leg offerer = negotiating(from, false);
  const Leg answerer = negotiating(other(from), true);
  offer.plan = plan_offer(offer.received, offerer, answerer);
  if (offer.plan.refusal) {
    refused.why = offer.plan.refusal->reason;
    return std::nullopt;
  }
  offer_ = std::move(offer);
  return to_string(offer_->plan.offer);
} catch (const PoolExhausted& error) {
  refused = {503, error.what()};
  return std::nullopt;
} catch (const SetupError& error) {
  refused.why = error.what();
  return std::nullopt;
}

/// What to answer the offerer with; the media are what was agreed then. Nothing where the answer is refused.
Call::Text Call::pass_answer(const SecretString& text, std::string& refusal) try {
  auto parsed = parse_sdp(text);
  if (const auto* fault = std::get_if<SdpFault>(&parsed)) {
    refusal = "SDP " + fault->to_string();
    return std::nullopt;
  }
  const std::size_t from = offer_->offerer;
  const Leg offerer = negotiating(from, true);
  const Leg answerer = negotiating(other(from), false);
  AnswerPlan plan =
      plan_answer(offer_->plan, std::get<SessionDescription>(parsed), offer_->received, offerer, answerer);
  if (plan.refusal) {
    refusal = plan.refusal->reason;
    return std::nullopt;
  }
  const bool by_caller = from == kCaller;
  media_->apply(by_caller ? plan.offerer : plan.answerer, by_caller ? plan.answerer : plan.offerer, plan.relays, from);
  agreed_[from] = std::move(plan.offerer);
  agreed_[other(from)] = std::move(plan.answerer);
  worn_ = {};
  update_status();
  return to_string(plan.answer);
} catch (const SetupError& error) {
  refusal = error.what();
  return std::nullopt;
}

bool Call::answer_challenge(std::size_t number, const sip::Message& challenge, sip::Message& request) {
  DigestClient* client = world_.directory.credentials_for(parties_[number]);
  if (client == nullptr) return false;
  const DigestOutcome outcome =
      sallyport::controlplane::answer_challenge(*client, attempts_[number], challenge, request);
  if (outcome == DigestOutcome::kAnswerable) return true;
  spdlog::warn("call {}: {} asks for credentials: {}", id_, parties_[number].to_string(),
               sallyport::controlplane::to_string(outcome));
  return false;
}

void Call::progress(std::size_t number, int status, const SecretString& description) {
  if (over_ || number != kCallee || legs_[kCaller]->up()) return;
  ringing_ = true;
  if (!description.empty() && offer_) {
    std::string refusal;
    Text text = pass_answer(description, refusal);
    // A provisional answer that is of no use is no reason to end the call: the final one counts.
    if (text) {
      early_answer_ = std::move(*text);
      early_source_ = description;
    } else {
      spdlog::info("call {}: early media of {} not used: {}", id_, parties_[number].to_string(), refusal);
    }
  }
  legs_[kCaller]->progress(status, early_answer_);
}

void Call::answered(std::size_t number, const SecretString& description) {
  if (over_ || renewed(number, description)) return;
  sip::CallLeg& one = *legs_[number];
  sip::CallLeg& two = *legs_[other(number)];
  if (!offer_) {
    // It was asked for an offer (RFC 3261 13.2.1): the other one answers in its ACK.
    Refused refused{488, "an answer without an offer"};
    Text text = description.empty() ? std::nullopt : pass_offer(number, description, refused);
    if (!text) {
      one.acknowledge({});
      return hang_up(refused.why);
    }
    answered_ = answered_.value_or(Clock::now());
    return two.accept(std::move(*text));
  }
  one.acknowledge({});
  std::string refusal = "an answer without a description";
  Text text;
  // The caller has it already where a provisional answer said the same (RFC 3261 13.2.1).
  if (!early_answer_.empty() && (description.empty() || description == early_source_)) {
    text = early_answer_;
  } else if (!description.empty()) {
    text = pass_answer(description, refusal);
  }
  offer_.reset();
  const bool first = !two.up();
  if (!text) {
    // Whoever answered works by it already, the other one never will: nothing is left to go on with.
    spdlog::info("call {}: the answer of {} is refused: {}", id_, parties_[number].to_string(), refusal);
    two.refuse(488, refusal);
    return hang_up(refusal);
  }
  early_answer_.clear();
  early_source_.clear();
  if (first) {
    answered_ = Clock::now();
    first_offer_.clear();
  }
  settled();
  two.accept(std::move(*text));
}

void Call::acknowledged(std::size_t number, const SecretString& description) {
  if (over_ || !offer_ || offer_->offerer != other(number)) return;
  sip::CallLeg& offerer = *legs_[other(number)];
  std::string refusal = "an ACK without the answer";
  Text text = description.empty() ? std::nullopt : pass_answer(description, refusal);
  offer_.reset();
  offerer.acknowledge(text ? std::move(*text) : SecretString{});
  if (!text) return hang_up(refusal);
  settled();
}

/// The callee has no SRTP: once more without, where policy lets.
bool Call::retry_in_clear(int status) {
  if (in_clear_ || !offer_ || !may_refuse_srtp(status) || first_offer_.empty()) return false;
  const MediaPolicy policy = media_policy(*parties_[kCallee].config, parties_[kCallee].settings());
  const bool offered_srtp = std::any_of(offer_->plan.lines.begin(), offer_->plan.lines.end(),
                                        [](const OfferedLine& line) { return !line.suites.empty(); });
  if (policy.block_unencrypted || !offered_srtp) return false;
  in_clear_ = true;
  const sip::CallLeg& leg = *legs_[kCallee];
  spdlog::info("call {}: {} refused SRTP, tried again with RTP", id_, parties_[kCallee].to_string());
  // The leg that failed is told of it right now, and must outlive this.
  world_.agent.timers().schedule(std::chrono::milliseconds(0), [this, flow = leg.flow(), to = leg.to(),
                                                                uri = invitation_.uri, weak = std::weak_ptr(alive_)] {
    if (weak.expired() || over_) return;
    legs_[kCallee] = std::make_unique<sip::CallLeg>(world_.agent);
    invite_callee(flow, to, uri);
  });
  return true;
}

void Call::failed(std::size_t number, int status, const std::string& reason) {
  if (over_) return;
  sip::CallLeg& two = *legs_[other(number)];
  if (renewal_failed(number, status)) return;
  if (legs_[number]->up()) {
    // A re-offer was refused: whoever made it is told, and what was up stays up.
    offer_.reset();
    settled();
    return two.refuse(status_for_caller(status), reason);
  }
  if (retry_in_clear(status) || (number == kCallee && try_next_target(status, reason))) return;
  two.refuse(status_for_caller(status), reason);
  end(std::to_string(status) + " " + reason);
}

void Call::offered(std::size_t number, const SecretString& description) {
  sip::CallLeg& one = *legs_[number];
  sip::CallLeg& two = *legs_[other(number)];
  if (!two.up() || two.busy() || offer_) return one.refuse(491, {});
  SecretString onward;
  if (!description.empty()) {
    Refused refused;
    Text text = pass_offer(number, description, refused);
    if (!text) return one.refuse(refused.status, refused.why);
    onward = std::move(*text);
  }
  attempts_[other(number)] = {};
  if (two.reinvite(std::move(onward))) return;
  offer_.reset();
  one.refuse(491, {});
}

void Call::ended(std::size_t number, const std::string& why) {
  if (over_) return;
  legs_[other(number)]->hang_up(480, why);
  end(parties_[number].to_string() + ": " + why);
}

void Call::hang_up(const std::string& why) {
  if (over_) return;
  for (const auto& leg : legs_) leg->hang_up(480, why);
  end(why);
}

void Call::refused(StreamHandle handle) {
  if (media_ && media_->refused(handle) && !over_) hang_up("a worker would not take its media");
}

void Call::flow_closed(const sip::Flow& flow) {
  for (const auto& leg : legs_) {
    if (!over_ && leg->flow().id == flow.id && !leg->over()) leg->flow_closed();
  }
}

void Call::update_status() {
  std::array<LegSecurity, 2> legs;
  for (std::size_t number = 0; number < legs.size(); ++number) {
    legs[number] = {.name = parties_[number].to_string(),
                    .path = signalling_path(legs_[number]->flow()),
                    .media = agreed_[number].empty() ? nullptr : &agreed_[number],
                    .all_nonsecure = parties_[number].config->cluster_security == ClusterSecurity::kNonsecure};
  }
  CallStatus now = call_status(legs);
  if (!history_.empty() && now.security == status_.security && now.reason == status_.reason) return;
  status_ = std::move(now);
  history_.emplace_back(Clock::now(), status_);
  spdlog::info("call {}: {} ({})", id_, to_string(status_.security), status_.reason);
}

void Call::end(const std::string& why) {
  if (over_) return;
  over_ = true;
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
  for (std::size_t number = 0; number < legs_.size(); ++number) {
    view.legs[number] = {parties_[number].to_string(),
                         legs_[number]->call_id(),
                         signalling_path(legs_[number]->flow()),
                         agreed_[number].empty() ? nullptr : &agreed_[number],
                         media_ ? media_->count(number) : LegCount{},
                         !over_ && misses_media(number)};
  }
  view.began = began_;
  view.answered = answered_;
  view.ended = ended_;
  view.status = status_;
  view.history = history_;
  view.why = why_;
  return view;
}

}  // namespace sallyport::controlplane
