// Offers: a party's, made ours for the other party; and our own.
#include <algorithm>

#include "controlplane/negotiation/capabilities.hpp"
#include "controlplane/negotiation/leg_line.hpp"
#include "controlplane/negotiation/payload_numbers.hpp"

namespace sallyport::controlplane {
namespace {

/// Offers one line of a party on. A line that cannot be offered stays in its place with port 0.
class OnwardOffer {
 public:
  OnwardOffer(const SessionDescription& offer, const Leg& offerer, const Leg& answerer)
      : offer_(offer), answerer_(answerer), verdicts_(judge_lines(offer, offerer, allowed_suites(offerer.policy))) {
    for (std::size_t i = 0; i < verdicts_.size(); ++i) {
      if (!verdicts_[i].served || local_address(offerer, i)) continue;
      verdicts_[i] = {false, false, false, "there is no media port for it"};
    }
    plan_.offer = session_of(answerer);
    plan_.offer.bandwidth = offer.bandwidth;
    plan_.refusal = refusal_of(verdicts_);
  }

  OfferPlan make() {
    if (plan_.refusal) return std::move(plan_);
    for (std::size_t i = 0; i < offer_.media.size(); ++i) add(i);
    refuse_where_nothing_is_left();
    return std::move(plan_);
  }

 private:
  void add(std::size_t index) {
    const MediaDescription& media = offer_.media[index];
    OfferedLine line;
    std::optional<MediaDescription> section;
    if (verdicts_[index].served) {
      line.direction = direction_of(offer_, media);
      section = onward(index, line);
    } else if (is_hold_by_port(index)) {
      line.offerer_off = true;
      line.offerer_reasons.emplace_back("port 0 of the only audio line: taken as hold, the other party is on hold");
      section = onward(index, line);
    } else {
      line.offerer_reasons.push_back("declined: " + verdicts_[index].reason);
    }
    plan_.offer.media.push_back(section ? std::move(*section) : disabled(media));
    plan_.lines.push_back(std::move(line));
  }

  std::optional<MediaDescription> onward(std::size_t index, OfferedLine& line) {
    const MediaDescription& media = offer_.media[index];
    std::vector<Codec> codecs = codecs_of(media);
    prefer(codecs, answerer_.policy.codec_preference);
    line.payloads = number_payloads(codecs, up_line(answerer_, index));
    const bool feedback = answerer_.policy.feedback && RtpProfile::of(media.proto).value_or(RtpProfile{}).feedback;
    return offer_section(pass_on(media, line.payloads, feedback), answerer_, index, feedback, line);
  }

  /// RFC 3264 8.2 says that such a line is gone; phones mean hold by it, and the other party is not to lose its own.
  bool is_hold_by_port(std::size_t index) const {
    const MediaDescription& media = offer_.media[index];
    const LegLine* const up = up_line(answerer_, index);
    if (!verdicts_[index].off || media.kind() != MediaKind::kAudio || up == nullptr || !up->active) return false;
    for (std::size_t i = 0; i < verdicts_.size(); ++i) {
      if (i != index && verdicts_[i].served && offer_.media[i].kind() == MediaKind::kAudio) return false;
    }
    const std::vector<Codec> codecs = codecs_of(media);
    return RtpProfile::of(media.proto) && std::any_of(codecs.begin(), codecs.end(), carries_media);
  }

  /// What one party offers the other one may not be offered.
  void refuse_where_nothing_is_left() {
    for (std::size_t i = 0; i < plan_.lines.size(); ++i) {
      const bool lost = verdicts_[i].served && !plan_.lines[i].used;
      const bool rest = std::any_of(plan_.lines.begin(), plan_.lines.end(), [](const auto& l) { return l.used; });
      if (!lost || (rest && offer_.media[i].kind() != MediaKind::kAudio)) continue;
      plan_.refusal = Refusal{plan_.lines[i].reasons.back()};
      return;
    }
  }

  const SessionDescription& offer_;
  const Leg& answerer_;
  std::vector<LineVerdict> verdicts_;
  OfferPlan plan_;
};

}  // namespace

std::vector<bool> lines_to_serve(const SessionDescription& offer, const Leg& leg) {
  const auto suites = allowed_suites(leg.policy);
  const auto secure = with_secure_configurations(offer, leg, suites);
  std::vector<bool> serve;
  for (const LineVerdict& verdict : judge_lines(secure ? *secure : offer, leg, suites)) {
    serve.push_back(verdict.served);
  }
  return serve;
}

OfferPlan plan_offer(const SessionDescription& offer, const Leg& offerer, const Leg& answerer) {
  const auto secure = with_secure_configurations(offer, offerer, allowed_suites(offerer.policy));
  return OnwardOffer(secure ? *secure : offer, offerer, answerer).make();
}

OfferPlan plan_own_offer(std::span<const OwnSection> sections, const Leg& leg) {
  OfferPlan plan;
  plan.offer = session_of(leg);
  std::optional<Refusal> first;
  bool any = false;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const OwnSection& own = sections[i];
    OfferedLine line;
    line.direction = own.direction;
    std::vector<Codec> codecs = own.codecs;
    for (Codec& codec : codecs) {
      const auto numbers = number_payloads({&codec, 1}, up_line(leg, i));
      if (!numbers.empty()) codec.payload = numbers[0].to;
    }
    MediaDescription section = section_of(own.kind, codecs, own.ptime);
    section.proto = RtpProfile{}.to_string();
    std::optional<MediaDescription> offered;
    if (!codecs.empty()) {
      offered = offer_section(section, leg, i, false, line);
      if (!offered && !first) first = Refusal{line.reasons.back()};
    }
    any |= line.used;
    plan.offer.media.push_back(offered ? std::move(*offered) : disabled(section));
    plan.lines.push_back(std::move(line));
  }
  if (!any) plan.refusal = first;
  return plan;
}

}  // namespace sallyport::controlplane
