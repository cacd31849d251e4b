// What a peer may ask for beyond calls (S7): first the trunk that it comes by must accept it, then, where digest is on,
// the user that it is. Pure; used by the SIP user agent, which answers 403 where there is a problem.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sallyport::controlplane {

enum class Privilege : std::uint8_t {
  kRefer,     ///< REFER outside of a dialog
  kNotify,    ///< NOTIFY that nobody subscribed to
  kReplaces,  ///< INVITE with Replaces
  kPresence,  ///< SUBSCRIBE to presence
};

/// For messages: "REFER outside of a dialog".
std::string_view to_string(Privilege privilege) noexcept;

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

/// Why a request is refused, as a sentence for the log; empty where it is allowed. `user`: of the application user who
/// was authenticated by digest; null where digest is off, which leaves it to the trunk alone.
std::string authorisation_problem(Privilege privilege, const Privileges& trunk, const Privileges* user);

}  // namespace sallyport::controlplane
