// All security profiles there are, wherever they come from, and what they make of lines and trunks: pure functions from
// the configuration and the store's contents. Used by Profiles, at start, on reload and with every change.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/security/profile_store.hpp"
#include "controlplane/sip_config.hpp"

namespace sallyport::controlplane {

enum class ProfileOrigin : std::uint8_t { kPredefined, kFile, kStore };

struct ProfileEntry {
  SecurityProfile profile;
  ProfileOrigin origin = ProfileOrigin::kPredefined;
  std::string place;                 ///< "predefined", "FILE:LINE" or the store's path
  bool changed = false;              ///< since its devices were last told
  std::vector<std::string> devices;  ///< that have it: "line alice", "trunk berlin"
};

/// Who has which profile, and what SIP is then served by.
struct ProfileTable {
  std::vector<ProfileEntry> entries;  ///< by name
  /// What was declared, with `applied` and `security` of each line and trunk as its profile and the cluster's mode say.
  SipConfig effective;
  std::vector<std::string> warnings;

  const ProfileEntry* find(std::string_view name) const noexcept;
};

/// "line alice", "trunk berlin".
std::string device_name(const LineConfig& line);
std::string device_name(const TrunkConfig& trunk);

/// `declared`: as the file says. `store`: path of the store. Throws ConfigError with every fault: a name that is in
/// file and store, a profile that is not there, one that does not go with who has it.
ProfileTable make_profile_table(const SipConfig& declared, const StoreContents& stored, const std::string& store);

}  // namespace sallyport::controlplane
