// What a peer may ask for beyond calls (S7): first the trunk or line that it comes by must accept it, then, where
// digest is on, the application user that it has proved to be. Pure; used by Directory, which answers 403 where there
// is a problem, and by the configuration for the privileges' names.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::controlplane {

enum class Privilege : std::uint8_t {
  kRefer,     ///< REFER outside of a dialog
  kNotify,    ///< NOTIFY that nobody subscribed to
  kReplaces,  ///< INVITE with Replaces
  kPresence,  ///< SUBSCRIBE
};

/// As the configuration calls it: "refer".
std::string_view to_string(Privilege privilege) noexcept;
/// The privilege of that name.
std::optional<Privilege> find_privilege(std::string_view name) noexcept;

/// None unless granted.
class Privileges {
 public:
  constexpr Privileges() noexcept = default;
  constexpr Privileges(std::initializer_list<Privilege> granted) noexcept {
    for (const Privilege privilege : granted) grant(privilege);
  }
  constexpr void grant(Privilege privilege) noexcept { bits_ |= bit(privilege); }
  constexpr bool has(Privilege privilege) const noexcept { return (bits_ & bit(privilege)) != 0; }

 private:
  static constexpr unsigned bit(Privilege privilege) noexcept { return 1U << static_cast<unsigned>(privilege); }
  unsigned bits_ = 0;
};

/// Who may do what.
struct Grantee {
  std::string name;  ///< "trunk berlin"
  Privileges accept;
};

/// Why a request is refused, as a sentence for the log that names the rule; empty where it is allowed. `user`: of the
/// application user who was authenticated by digest; null where there is none, which leaves it to the peer alone.
std::string authorisation_problem(Privilege privilege, const Grantee& peer, const Grantee* user);

}  // namespace sallyport::controlplane
