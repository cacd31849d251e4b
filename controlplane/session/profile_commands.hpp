// What the command line asks of security profiles: `sallyport profile ...` and `sallyport line ...` as requests of the
// control socket. Looks at the rules of Profiles, hands what changed to SIP, has devices told. Control thread.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controlplane/admin/control_server.hpp"
#include "controlplane/security/profiles.hpp"
#include "controlplane/session/device_notice.hpp"

namespace sallyport::controlplane {

class ProfileCommands {
 public:
  /// `changed`: takes Profiles::effective() into use.
  ProfileCommands(Profiles& profiles, DeviceNotice& notice, std::function<void()> changed)
      : profiles_(profiles), notice_(notice), changed_(std::move(changed)) {}

  /// {"verb": "list" | "find" | "show" | "add" | "copy" | "set" | "rename" | "delete" | "apply" | "notices", ...}.
  /// Throws SetupError with a sentence where that is refused.
  nlohmann::json profile(const nlohmann::json& asked, const Requester& from);
  /// {"line": NAME, "profile": NAME or null: as the file says}.
  nlohmann::json line(const nlohmann::json& asked, const Requester& from);
  /// Every line's user and what it is challenged with (S6).
  nlohmann::json users() const;

 private:
  nlohmann::json change(const nlohmann::json& asked, const std::string& verb, const Requester& from);
  nlohmann::json taken(nlohmann::json reply, const std::vector<std::string>& before);
  nlohmann::json apply(const nlohmann::json& asked, const Requester& from);

  Profiles& profiles_;
  DeviceNotice& notice_;
  std::function<void()> changed_;
};

}  // namespace sallyport::controlplane
