// How secure a call is, as it is shown to people and told to phones (requirements M9, M10). Pure; called by whoever
// owns the call whenever a leg changes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "controlplane/negotiation/media_plan.hpp"

namespace sallyport::controlplane {

/// From the least to the most.
enum class CallSecurity : std::uint8_t {
  kNonsecure,
  kAuthenticated,  ///< the shield
  kEncrypted,      ///< the lock
};

std::string_view to_string(CallSecurity security);

struct LegSecurity {
  std::string name;  ///< for the reason: "caller", "trunk berlin"
  SignallingPath path = SignallingPath::kUnprotected;
  const LegMedia* media = nullptr;  ///< null: nothing is agreed yet
  bool music = false;               ///< on hold: what it hears comes from us
  bool all_nonsecure = false;       ///< the whole site is treated as nonsecure (S5)
};

struct CallStatus {
  CallSecurity security = CallSecurity::kNonsecure;
  std::string reason;  ///< "callee: video is RTP"
};

/// The status of a call or conference: the lowest of its legs. A call that rings on several devices is asked about
/// with the leg of the one that answered. A leg without media is at most authenticated: nothing is encrypted yet.
CallStatus call_status(std::span<const LegSecurity> legs);

}  // namespace sallyport::controlplane
