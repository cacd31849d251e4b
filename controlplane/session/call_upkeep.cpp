// What a call looks after by itself while it is up: keys that wear out, legs that fall silent, ports that no line uses.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <string>

#include "controlplane/session/call.hpp"
#include "controlplane/signalling/sip/random_token.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using std::chrono::milliseconds;

/// Until an offer of ours is tried again that the party has refused, or that had no room beside another one.
constexpr milliseconds kTryAgain{10'000};
constexpr milliseconds kBusy{1000};

/// RFC 3261 14.1: after 491, whoever chose the Call-ID waits 2.1 to 4 s, the other one up to 2 s.
milliseconds after_491(bool ours) {
  const auto random = static_cast<unsigned>(std::stoul(sip::random_token(4), nullptr, 16));
  return milliseconds(ours ? 2100 + random % 1901 : 10 * (random % 201));
}

/// What is agreed with a leg, to be offered once more.
std::vector<OwnSection> sections_of(const LegMedia& agreed) {
  std::vector<OwnSection> sections;
  for (const LegLine& line : agreed) {
    OwnSection section{.kind = line.kind, .codecs = {}, .direction = line.direction, .ptime = line.ptime};
    if (line.active) {
      for (const LegCodec& known : line.codecs) {
        section.codecs.push_back(known.codec);
        section.codecs.back().payload = known.receive_as;
      }
    }
    sections.push_back(std::move(section));
  }
  return sections;
}

}  // namespace

void Call::key_lifetime(StreamHandle handle, const dataplane::KeyLifetime& told) {
  const auto leg = media_ ? media_->leg_with_key(handle, told.context) : std::nullopt;
  if (over_ || !leg) return;
  const std::string party = sides_[*leg].party.to_string();
  const bool rekeys = sides_[*leg].party.settings().rekeys;
  if (told.over) {
    spdlog::error("call {}: a key of {} is at the end of its lifetime, its packets are dropped", id_, party);
  } else if (!rekeys) {
    spdlog::warn("call {}: a key of {} has used 90 % of its lifetime, and it takes no new ones", id_, party);
  } else {
    spdlog::info("call {}: a key of {} has used 90 % of its lifetime, new ones are offered", id_, party);
  }
  if (sides_[*leg].new_keys || !rekeys) return;
  sides_[*leg].new_keys = true;
  renew_keys(*leg);
}

/// New keys of ours by a re-INVITE of ours, to that leg alone; the party has its chance to make new ones, too.
void Call::renew_keys(std::size_t number) {
  if (over_ || !sides_[number].new_keys) return;  // what was agreed meanwhile has new keys
  sip::CallLeg& leg = *sides_[number].leg;
  if (!leg.up() || leg.busy() || offer_ || renewal_ || transfer_ || joining_) return renew_later(number, kBusy);
  OfferPlan plan = plan_own_offer(sections_of(sides_[number].agreed), negotiating(number, true));
  if (plan.refusal) {
    spdlog::error("call {}: no new keys for {}: {}", id_, sides_[number].party.to_string(), plan.refusal->reason);
    return;
  }
  SecretString offer = to_string(plan.offer);
  renewal_ = Renewal{number, std::move(plan)};
  if (leg.reinvite(std::move(offer))) return;
  renewal_.reset();
  renew_later(number, kBusy);
}

void Call::renew_later(std::size_t number, milliseconds delay) {
  world_.agent.timers().schedule(delay, [this, number, weak = std::weak_ptr(alive_)] {
    if (!weak.expired()) renew_keys(number);
  });
}

/// The answer to an offer of our own. False: it answers another one.
bool Call::renewed(std::size_t number, const SecretString& description) try {
  if (!renewal_ || renewal_->leg != number) return false;
  const OfferPlan sent = std::move(renewal_->plan);
  renewal_.reset();
  sides_[number].leg->acknowledge({});
  auto parsed = parse_sdp(description);
  if (const auto* fault = std::get_if<SdpFault>(&parsed)) {
    hang_up("SDP " + fault->to_string());
    return true;
  }
  ServicePlan plan = plan_own_answer(sent, std::get<SessionDescription>(parsed), negotiating(number, false));
  if (plan.refusal) {
    hang_up(plan.refusal->reason);
    return true;
  }
  const LegMedia& rest = sides_[other(number)].agreed;
  media_->apply(number == kCaller ? plan.media : rest, number == kCaller ? rest : plan.media, {}, number);
  sides_[number].agreed = std::move(plan.media);
  sides_[number].new_keys = false;
  spdlog::info("call {}: {} has new keys", id_, sides_[number].party.to_string());
  update_status();
  return true;
} catch (const SetupError& error) {
  hang_up(error.what());
  return true;
}

/// What was up stays up, with the keys that it has. False: another offer has failed.
bool Call::renewal_failed(std::size_t number, int status) {
  if (!renewal_ || renewal_->leg != number || !sides_[number].leg->up()) return false;
  renewal_.reset();
  spdlog::warn("call {}: {} takes no new keys now ({})", id_, sides_[number].party.to_string(), status);
  renew_later(number, status == 491 ? after_491(number == kCallee) : kTryAgain);
  return true;
}

/// An exchange of offer and answer is over, whatever came of it.
void Call::settled() {
  media_->give_back_unused(sides_[kCaller].agreed, sides_[kCallee].agreed);
  settled_ = world_.agent.timers().now();
  // Whoever was silent on hold, or before the call was answered, has as long again: no event will come.
  if (misses_media(kCaller) || misses_media(kCallee)) look_for_silence(world_.gate.media_timeout());
}

void Call::look_for_silence(sip::TimerQueue::Duration delay) {
  world_.agent.timers().schedule(delay, [this, weak = std::weak_ptr(alive_)] {
    if (weak.expired()) return;
    for (std::size_t number = 0; number < sides_.size() && !over_; ++number) miss_media(number);
  });
}

void Call::media_lost(StreamHandle handle, bool lost) {
  const auto leg = media_ ? media_->heard(handle, !lost) : std::nullopt;
  if (over_ || !leg) return;
  const auto agreed_for = world_.agent.timers().now() - settled_;
  if (!lost) {
    spdlog::info("call {}: {} sends media again", id_, sides_[*leg].party.to_string());
  } else if (agreed_for < world_.gate.media_timeout()) {
    look_for_silence(world_.gate.media_timeout() - agreed_for);  // a part of the silence was before
  } else {
    miss_media(*leg);
  }
}

/// Whether the leg sends nothing although it is to: one that is on hold is not missed.
bool Call::misses_media(std::size_t number) const {
  return answered_ && media_ && media_->silent(number, sides_[number].agreed);
}

void Call::miss_media(std::size_t number) {
  if (!misses_media(number)) return;
  const std::string why = "no media from " + sides_[number].party.to_string();
  spdlog::warn("call {}: {} for {} s", id_, why, world_.gate.media_timeout().count());
  if (world_.directory.config()->media_timeout_ends) hang_up(why);
}

}  // namespace sallyport::controlplane
