#include "controlplane/security/authorisation.hpp"

namespace sallyport::controlplane {

std::string_view to_string(Privilege privilege) noexcept {
  switch (privilege) {
    case Privilege::kRefer:
      return "REFER outside of a dialog";
    case Privilege::kNotify:
      return "unsolicited NOTIFY";
    case Privilege::kReplaces:
      return "Replaces";
    case Privilege::kPresence:
      return "SUBSCRIBE to presence";
  }
  return "unknown";
}

std::string authorisation_problem(Privilege privilege, const Privileges& trunk, const Privileges* user) {
  if (!trunk.has(privilege)) return "the trunk does not accept " + std::string(to_string(privilege));
  if (user != nullptr && !user->has(privilege)) {
    return "the user is not authorised for " + std::string(to_string(privilege));
  }
  return {};
}

}  // namespace sallyport::controlplane
