#include <algorithm>

#include "controlplane/config_check.hpp"
#include "controlplane/security/security_profile.hpp"

namespace sallyport::controlplane {
namespace {

void check_profile(ProfileDraft& draft, Faults& faults) {
  SecurityProfile& profile = draft.config.profile;
  const auto predefined = predefined_profiles();
  if (std::any_of(predefined.begin(), predefined.end(), [&](const auto& each) { return each.name == profile.name; })) {
    faults.add(draft.section.line(),
               "section [" + draft.section.name() + "]: is predefined and cannot be changed: expected another name");
  }
  settle(profile, draft.section.first("transport") != nullptr, draft.section.first("sip_port") != nullptr);
  if (!profile_problem(profile).empty()) {
    draft.section.fault(faults, "transport", find_profile_field("transport")->expected);
  }
}

void check_party(PartyConfig& party, const Section& section, Faults& faults) {
  const Entry* profile = section.first("profile");
  if (profile == nullptr) return;
  party.profile_position =
      faults.place(profile->line) + ": key '" + section.name() + ".profile' = " + shown(profile->value);
  if (section.first("security") != nullptr) {
    section.fault(faults, "security", "nothing, since its profile says so");
  }
}

}  // namespace

void check_profiles(Draft& draft, Faults& faults) {
  for (ProfileDraft& profile : draft.profiles) check_profile(profile, faults);
  for (LineDraft& line : draft.lines) check_party(line.config, line.section, faults);
  for (TrunkDraft& trunk : draft.trunks) check_party(trunk.config, trunk.section, faults);
}

}  // namespace sallyport::controlplane
