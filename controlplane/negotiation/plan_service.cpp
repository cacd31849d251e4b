// Our own answer to a party that talks to a media service: music on hold, IVR, announcements (requirements M7).
#include <algorithm>

#include "controlplane/negotiation/capabilities.hpp"
#include "controlplane/negotiation/leg_line.hpp"
#include "controlplane/negotiation/payload_numbers.hpp"

namespace sallyport::controlplane {
namespace {

/// The first section of that kind that serves no line yet.
const OwnSection* take_section(std::vector<const OwnSection*>& free, MediaKind kind) {
  const auto found = std::find_if(free.begin(), free.end(), [&](const OwnSection* own) { return own->kind == kind; });
  if (found == free.end()) return nullptr;
  const OwnSection* const own = *found;
  free.erase(found);
  return own;
}

/// What both have, in the party's order and with its payload types, our parameters.
std::vector<Codec> codecs_of_both(const MediaDescription& offered, const OwnSection& own) {
  std::vector<Codec> common;
  for (const Codec& codec : codecs_of(offered)) {
    const Codec* const ours = find_codec(own.codecs, codec);
    if (ours == nullptr) continue;
    common.push_back(*ours);
    common.back().payload = codec.payload;
  }
  if (std::none_of(common.begin(), common.end(), carries_media)) common.clear();
  return common;
}

/// Codecs for a line that is served; none, and a reason, for the others.
std::vector<Codec> codecs_for(const MediaDescription& offered, const LineVerdict& verdict, const Leg& leg,
                              std::size_t index, const OwnSection* own, std::string& reason) {
  reason = verdict.reason;
  if (!verdict.served) return {};
  reason = "there is no media port for it";
  if (!local_address(leg, index)) return {};
  reason = "the service has no such media";
  if (own == nullptr) return {};
  reason = "the service has none of its codecs";
  return codecs_of_both(offered, *own);
}

}  // namespace

ServicePlan plan_service_answer(const SessionDescription& stated, std::span<const OwnSection> sections,
                                const Leg& leg) {
  ServicePlan plan;
  plan.answer = session_of(leg);
  const std::vector<const crypto::Suite*> suites = service_suites(leg.policy);
  const auto secure = with_secure_configurations(stated, leg, suites);
  const SessionDescription& offer = secure ? *secure : stated;
  const std::vector<LineVerdict> verdicts = judge_lines(offer, leg, suites);
  plan.refusal = refusal_of(verdicts);
  std::vector<const OwnSection*> free;
  for (const OwnSection& own : sections) free.push_back(&own);
  std::string first_reason;
  bool any = false;
  for (std::size_t i = 0; i < offer.media.size() && !plan.refusal; ++i) {
    const MediaDescription& offered = offer.media[i];
    const OwnSection* const own = verdicts[i].served ? take_section(free, offered.kind()) : nullptr;
    std::string reason;
    const std::vector<Codec> codecs = codecs_for(offered, verdicts[i], leg, i, own, reason);
    LegLine line;
    line.kind = offered.kind();
    MediaDescription section = disabled(offered);
    if (codecs.empty()) {
      line.reasons.push_back("declined: " + reason);
      if (!verdicts[i].off && first_reason.empty()) first_reason = reason;
    } else {
      section = section_of(own->kind, codecs, own->ptime);
      line = answer_section(section, own->direction, offer, i, leg, suites, plan.refusal);
      for (const Codec& codec : codecs) line.codecs.push_back({codec, codec.payload, codec.payload});
      any = true;
    }
    plan.media.push_back(std::move(line));
    plan.answer.media.push_back(std::move(section));
  }
  if (!any && !plan.refusal && !first_reason.empty()) plan.refusal = Refusal{first_reason};
  return plan;
}

}  // namespace sallyport::controlplane
