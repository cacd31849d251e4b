// What of profiles and devices is changed at run time, in an SQLite file beside the configuration (O1): read and
// written as a whole. It holds no secrets. Used by Profiles, control thread; blocks for the disk. Knows no rules.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controlplane/security/security_profile.hpp"

namespace sallyport::controlplane {

struct StoredProfile {
  SecurityProfile profile;
  bool changed = false;  ///< since devices were last told to reload
  bool operator==(const StoredProfile&) const = default;
};

struct StoreContents {
  std::vector<StoredProfile> profiles;          ///< by name
  std::map<std::string, std::string> former;    ///< what a profile was called before, and what it is called now
  std::map<std::string, std::string> assigned;  ///< "line alice" and the profile that it was given at run time
  bool operator==(const StoreContents&) const = default;
};

class ProfileStore {
 public:
  /// `path`: absolute. Nothing is opened yet.
  explicit ProfileStore(std::string path) : path_(std::move(path)) {}

  const std::string& path() const noexcept { return path_; }
  /// What is in it; nothing where there is no such file. Throws SetupError that names the file and what was expected
  /// where it is damaged, another program's, or open to other users; then it is left as it is.
  StoreContents load() const;
  /// Replaces `before` by `after`, all or nothing; makes the file (mode 0600) where there is none. Throws SetupError
  /// with nothing changed, also where the file holds anything else than `before`.
  void save(const StoreContents& before, const StoreContents& after) const;

 private:
  std::string path_;
};

}  // namespace sallyport::controlplane
