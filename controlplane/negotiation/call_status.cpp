#include "controlplane/negotiation/call_status.hpp"

#include <algorithm>
#include <optional>

#include "controlplane/negotiation/sdes.hpp"
#include "controlplane/negotiation/session_parameters.hpp"

namespace sallyport::controlplane {
namespace {

/// Why the media of a line is not encrypted, nothing where it is.
std::optional<std::string> why_not_encrypted(const LegLine& line) {
  const std::string kind(to_string(line.kind));
  const LegSrtp& srtp = line.srtp;
  if (srtp.suite == nullptr) return kind + " is RTP";
  if (!srtp.suite->encrypts()) return kind + ": " + std::string(srtp.suite->name) + " does not encrypt";
  for (const crypto::SessionParameters* parameters : {&srtp.send.parameters, &srtp.receive.parameters}) {
    if (weakens(*parameters)) return kind + ": " + to_string(*parameters);
  }
  return std::nullopt;
}

std::optional<std::string> why_not_encrypted(const LegMedia* media) {
  bool any = false;
  for (const LegLine& line : media == nullptr ? std::span<const LegLine>() : std::span<const LegLine>(*media)) {
    if (!line.active) continue;
    if (auto why = why_not_encrypted(line)) return why;
    any = true;
  }
  if (!any) return "no SRTP is agreed";
  return std::nullopt;
}

CallStatus leg_status(const LegSecurity& leg) {
  const auto status = [&](CallSecurity security, const std::string& why) {
    return CallStatus{security, leg.name + ": " + why};
  };
  if (leg.all_nonsecure) return status(CallSecurity::kNonsecure, "every device is nonsecure (sip.cluster_security)");
  if (leg.path == SignallingPath::kUnprotected) {
    return status(CallSecurity::kNonsecure, "the signalling path is not protected");
  }
  const auto clear = why_not_encrypted(leg.media);
  if (leg.music && clear) return status(CallSecurity::kNonsecure, "on hold with music in the clear, " + *clear);
  if (leg.path == SignallingPath::kIntegrityOnly) {
    return status(CallSecurity::kAuthenticated, "the signalling path has integrity but no encryption");
  }
  if (clear) return status(CallSecurity::kAuthenticated, *clear);
  return {CallSecurity::kEncrypted, "every leg has encrypted signalling and media"};
}

}  // namespace

std::string_view to_string(CallSecurity security) {
  switch (security) {
    case CallSecurity::kEncrypted:
      return "encrypted";
    case CallSecurity::kAuthenticated:
      return "authenticated";
    case CallSecurity::kNonsecure:
      break;
  }
  return "nonsecure";
}

CallStatus call_status(std::span<const LegSecurity> legs) {
  if (legs.empty()) return {CallSecurity::kNonsecure, "there is no leg"};
  CallStatus lowest = leg_status(legs[0]);
  for (const LegSecurity& leg : legs.subspan(1)) {
    CallStatus status = leg_status(leg);
    if (status.security < lowest.security) lowest = std::move(status);
  }
  return lowest;
}

}  // namespace sallyport::controlplane
