// Offers and answers between a call's legs, and what they make of its status, see call.hpp.
#include <spdlog/spdlog.h>

#include "controlplane/session/call.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

/// What call managers tell phones: the lock, the shield, or neither.
std::string call_info(CallSecurity security) {
  const char* const text = security == CallSecurity::kEncrypted       ? "Encrypted"
                           : security == CallSecurity::kAuthenticated ? "Authenticated"
                                                                      : "NotAuthenticated";
  return std::string("<urn:x-cisco-remotecc:callinfo>;security=") + text;
}

}  // namespace

/// `speaks`: a description of ours for that leg will come of it, with a version of its own (RFC 3264 8).
Leg Call::negotiating(std::size_t number, bool speaks) {
  Side& side = sides_[number];
  const PartyConfig& party = side.party.settings();
  Leg leg;
  leg.policy = media_policy(*side.party.config, party);
  leg.path = signalling_path(side.leg->flow());
  leg.local = media_->local(number);
  leg.origin = side.origin;
  if (speaks) ++side.version;
  leg.origin.version = std::to_string(side.version);
  for (const auto& local : leg.local) {
    if (!local) continue;
    leg.origin.connection = SdpConnection::of(local->address);
    break;
  }
  leg.up = side.agreed.empty() ? nullptr : &side.agreed;
  leg.in_clear = side.in_clear;
  leg.new_keys = side.new_keys;
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
  // Whoever was held by the party that leaves is held no more.
  if (transfer_) set_sendrecv(offer.received);
  media_->reserve(lines_to_serve(offer.received, negotiating(from, false)));
  const Leg offerer = negotiating(from, false);
  const Leg answerer = negotiating(other(from), true);
  offer.plan = plan_offer(offer.received, offerer, answerer);
  if (offer.plan.refusal) {
    refused.why = offer.plan.refusal->reason;
    return std::nullopt;
  }
  sides_[from].said = text;
  offer_ = std::move(offer);
  return to_string(offer_->plan.offer);
} catch (const PoolExhausted& error) {
  refused = {503, error.what()};
  return std::nullopt;
} catch (const SetupError& error) {
  refused.why = error.what();
  return std::nullopt;
}

/// What to answer the offerer with; what is agreed then is noted and not yet at work.
Call::Text Call::plan_answer_of(const SecretString& text, std::string& refusal) {
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
  sides_[other(from)].said = text;
  planned_ = {std::move(plan.offerer), std::move(plan.answerer)};
  relays_ = std::move(plan.relays);
  if (from != kCaller) std::swap(planned_[kCaller], planned_[kCallee]);
  return to_string(plan.answer);
}

/// What to answer the offerer with; the media are what was agreed then. Nothing where the answer is refused.
Call::Text Call::pass_answer(const SecretString& text, std::string& refusal) try {
  Text answer = plan_answer_of(text, refusal);
  if (!answer) return std::nullopt;
  media_->apply(planned_[kCaller], planned_[kCallee], relays_, offer_->offerer);
  for (std::size_t number = 0; number < sides_.size(); ++number) {
    sides_[number].agreed = std::move(planned_[number]);
    sides_[number].new_keys = false;
  }
  update_status();
  return answer;
} catch (const SetupError& error) {
  refusal = error.what();
  return std::nullopt;
}

/// As secure as its legs are by what is agreed with each.
CallStatus Call::judge() const {
  std::array<LegSecurity, 2> legs;
  for (std::size_t number = 0; number < legs.size(); ++number) {
    const Side& side = sides_[number];
    legs[number] = {.name = side.party.to_string(),
                    .path = signalling_path(side.leg->flow()),
                    .media = side.agreed.empty() ? nullptr : &side.agreed,
                    .all_nonsecure = side.party.config->cluster_security == ClusterSecurity::kNonsecure};
  }
  return call_status(legs);
}

/// With whatever is said to the side next; trunks are told nothing.
void Call::tell(const Side& side, const CallStatus& status) {
  if (side.party.line != nullptr) side.leg->set_call_info(call_info(status.security));
}

void Call::update_status() {
  CallStatus now = judge();
  for (const Side& side : sides_) tell(side, now);
  if (!history_.empty() && now.security == status_.security && now.reason == status_.reason) return;
  status_ = std::move(now);
  history_.emplace_back(Clock::now(), status_);
  spdlog::info("call {}: {} ({})", id_, to_string(status_.security), status_.reason);
}

}  // namespace sallyport::controlplane
