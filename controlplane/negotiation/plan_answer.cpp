// Answers: what the answerer of an offer that was sent on makes of both legs, and our answer to the offerer.
#include <algorithm>

#include "controlplane/negotiation/capabilities.hpp"
#include "controlplane/negotiation/leg_line.hpp"
#include "controlplane/negotiation/payload_numbers.hpp"

namespace sallyport::controlplane {
namespace {

class BothLegs {
 public:
  BothLegs(const OfferPlan& sent, const SessionDescription& answer, const SessionDescription& offer, const Leg& offerer,
           const Leg& answerer)
      : sent_(sent), answer_(answer), offer_(offer), offerer_(offerer), answerer_(answerer) {
    plan_.answer = session_of(offerer);
    plan_.answer.bandwidth = answer.bandwidth;
  }

  AnswerPlan make() {
    for (std::size_t i = 0; i < offer_.media.size() && !plan_.refusal; ++i) add(i);
    return std::move(plan_);
  }

 private:
  void add(std::size_t index) {
    const OfferedLine& offered = sent_.lines[index];
    LegLine line = accept_section(offered, answer_, index, answerer_, plan_.refusal);
    line.kind = offer_.media[index].kind();
    LineRelay relay;
    std::vector<CommonCodec> common;
    if (line.active && !plan_.refusal) {
      common = codecs_in_common(index);
      for (const CommonCodec& codec : common)
        line.codecs.push_back({codec.answered, codec.offered, codec.answered.payload});
    }
    if (!line.active || offered.offerer_off || plan_.refusal) {
      off(index, line.active);
    } else {
      on(index, line, common, relay);
    }
    plan_.answerer.push_back(std::move(line));
    plan_.relays.push_back(std::move(relay));
  }

  std::vector<CommonCodec> codecs_in_common(std::size_t index) {
    const OfferedLine& offered = sent_.lines[index];
    std::vector<Codec> codecs = codecs_of(answer_.media[index]);
    prefer(codecs, offerer_.policy.codec_preference);
    std::vector<CommonCodec> common = common_codecs(codecs, offered.codecs, offered.payloads);
    const bool media = std::any_of(common.begin(), common.end(),
                                   [](const CommonCodec& codec) { return carries_media(codec.answered); });
    if (!media) plan_.refusal = Refusal{"answered with no codec that was offered"};
    return common;
  }

  /// Towards the offerer: rejected.
  void off(std::size_t index, bool other_is_active) {
    LegLine line;
    line.kind = offer_.media[index].kind();
    line.reasons = sent_.lines[index].offerer_reasons;
    if (line.reasons.empty() && !other_is_active)
      line.reasons.emplace_back("rejected: the other party has not taken it");
    plan_.offerer.push_back(std::move(line));
    plan_.answer.media.push_back(disabled(offer_.media[index]));
  }

  void on(std::size_t index, const LegLine& other, const std::vector<CommonCodec>& common, LineRelay& relay) {
    std::vector<PayloadMapping> back;
    for (const CommonCodec& codec : common) {
      const std::string name = codec.answered.to_string();
      back.push_back({codec.answered.payload, codec.original, name});
      relay.to_answerer.push_back({codec.original, codec.answered.payload, name});
      relay.to_offerer.push_back({codec.offered, codec.original, name});
    }
    // The answerer is to send what it was offered; many send by the numbers of their own answer (RFC 3264 6.1).
    for (const CommonCodec& codec : common) {
      const bool known = std::any_of(relay.to_offerer.begin(), relay.to_offerer.end(),
                                     [&](const PayloadMapping& row) { return row.from == codec.answered.payload; });
      if (!known) relay.to_offerer.push_back({codec.answered.payload, codec.original, codec.answered.to_string()});
    }
    const bool feedback = offerer_.policy.feedback && RtpProfile::of(offer_.media[index].proto)->feedback;
    MediaDescription section = pass_on(answer_.media[index], back, feedback);
    LegLine line = answer_section(section, reversed(other.direction), offer_, index, offerer_,
                                  allowed_suites(offerer_.policy), plan_.refusal);
    for (const CommonCodec& codec : common) {
      line.codecs.push_back({codec.answered, codec.original, codec.original});
      line.codecs.back().codec.payload = codec.original;
      if (codec.original == codec.answered.payload) continue;
      line.reasons.push_back(codec.answered.to_string() + " is " + std::to_string(codec.original) + " here and " +
                             std::to_string(codec.answered.payload) + " on the other leg");
    }
    plan_.offerer.push_back(std::move(line));
    plan_.answer.media.push_back(std::move(section));
  }

  const OfferPlan& sent_;
  const SessionDescription& answer_;
  const SessionDescription& offer_;
  const Leg& offerer_;
  const Leg& answerer_;
  AnswerPlan plan_;
};

}  // namespace

AnswerPlan plan_answer(const OfferPlan& sent, const SessionDescription& answer, const SessionDescription& offer,
                       const Leg& offerer, const Leg& answerer) {
  const auto secure = with_secure_configurations(offer, offerer, allowed_suites(offerer.policy));
  return BothLegs(sent, answer, secure ? *secure : offer, offerer, answerer).make();
}

ServicePlan plan_own_answer(const OfferPlan& sent, const SessionDescription& answer, const Leg& leg) {
  ServicePlan plan;
  for (std::size_t i = 0; i < sent.lines.size() && !plan.refusal; ++i) {
    const OfferedLine& offered = sent.lines[i];
    LegLine line = accept_section(offered, answer, i, leg, plan.refusal);
    line.kind = sent.offer.media[i].kind();
    if (line.active && !plan.refusal) {
      for (const CommonCodec& codec : common_codecs(codecs_of(answer.media[i]), offered.codecs, {})) {
        line.codecs.push_back({codec.answered, codec.offered, codec.answered.payload});
      }
      const bool media = std::any_of(line.codecs.begin(), line.codecs.end(),
                                     [](const LegCodec& codec) { return carries_media(codec.codec); });
      if (!media) plan.refusal = Refusal{"answered with no codec that was offered"};
    }
    plan.media.push_back(std::move(line));
  }
  return plan;
}

}  // namespace sallyport::controlplane
