#include "controlplane/security/authorisation.hpp"

#include <array>

namespace sallyport::controlplane {
namespace {

struct PrivilegeRow {
  Privilege privilege;
  std::string_view name;
  std::string_view meaning;
};
constexpr std::array kRows{PrivilegeRow{Privilege::kRefer, "refer", "REFER outside of a dialog"},
                           PrivilegeRow{Privilege::kNotify, "notify", "unsolicited NOTIFY"},
                           PrivilegeRow{Privilege::kReplaces, "replaces", "INVITE with Replaces"},
                           PrivilegeRow{Privilege::kPresence, "presence", "SUBSCRIBE"}};

const PrivilegeRow& row_of(Privilege privilege) noexcept { return kRows[static_cast<std::size_t>(privilege)]; }

std::string missing(Privilege privilege, const Grantee& grantee) {
  const PrivilegeRow& row = row_of(privilege);
  std::string text(row.meaning);
  return text.append(" is not accepted from ").append(grantee.name).append(": its accept has no ").append(row.name);
}

}  // namespace

std::string_view to_string(Privilege privilege) noexcept { return row_of(privilege).name; }

std::optional<Privilege> find_privilege(std::string_view name) noexcept {
  for (const PrivilegeRow& row : kRows) {
    if (row.name == name) return row.privilege;
  }
  return std::nullopt;
}

std::string authorisation_problem(Privilege privilege, const Grantee& peer, const Grantee* user) {
  if (!peer.accept.has(privilege)) return missing(privilege, peer);
  if (user != nullptr && !user->accept.has(privilege)) return missing(privilege, *user);
  return {};
}

}  // namespace sallyport::controlplane
