// Security profiles with their rules (S4): what may be added, copied, changed, renamed, deleted and given to devices,
// at run time and kept in the store. Owned by the gateway, control thread. Every change is written before it counts; it
// is for the owner to hand effective() to SIP then. Tells no device anything.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/security/profile_table.hpp"

namespace sallyport::controlplane {

/// What a profile is found by; ASCII letters of both cases are the same.
struct ProfileSearch {
  enum class In : std::uint8_t { kName, kDescription, kMode };
  enum class How : std::uint8_t { kBeginsWith, kContains, kIsExactly };
  In in = In::kName;
  How how = How::kBeginsWith;
  std::string text;

  /// "name", "description" or "mode"; "begins-with", "contains" or "is-exactly". Throws SetupError.
  static ProfileSearch parse(std::string_view in, std::string_view how, std::string text);
  bool matches(const SecurityProfile& profile) const;
};

class Profiles {
 public:
  /// Fields by their names, as texts.
  using Settings = std::map<std::string, std::string>;

  /// What a reload would make of profiles.
  struct State {
    SipConfig declared;
    StoreContents stored;
    ProfileTable table;
  };

  explicit Profiles(std::string store_file) : store_(std::move(store_file)) {}

  /// Reads the store. Throws ConfigError or SetupError; changes nothing.
  State read(SipConfig declared) const;
  /// From now on.
  void use(State state) { state_ = std::move(state); }

  const SipConfig& effective() const noexcept { return state_.table.effective; }
  const std::vector<std::string>& warnings() const noexcept { return state_.table.warnings; }
  const std::vector<ProfileEntry>& all() const noexcept { return state_.table.entries; }
  /// Whether a device ("line alice") was given its profile at run time.
  bool assigned(const std::string& device) const { return state_.stored.assigned.contains(device); }
  /// Throws SetupError where there is none of that name.
  const ProfileEntry& get(const std::string& name) const;

  // Changes. Each throws SetupError with a sentence, and then nothing has changed.
  void add(const std::string& name, const Settings& settings);
  void copy(const std::string& from, const std::string& to);
  void set(const std::string& name, const Settings& settings);
  void rename(const std::string& from, const std::string& to);
  void remove(const std::string& name);
  /// Gives a device ("line alice") another profile than the file says; without `profile` the file's again.
  void assign(const std::string& device, const std::optional<std::string>& profile);
  /// The devices that have it are told of its changes now.
  void told(const std::string& name);

 private:
  void make(SecurityProfile profile);
  void check_new_name(const std::string& name, const std::string& renamed) const;
  const ProfileEntry& changeable(const std::string& name, std::string_view verb) const;
  void change(StoreContents after);

  ProfileStore store_;
  State state_;
};

}  // namespace sallyport::controlplane
