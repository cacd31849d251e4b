#include "controlplane/security/profile_table.hpp"

#include <algorithm>

#include "controlplane/config.hpp"

namespace sallyport::controlplane {
namespace {

class TableMaker {
 public:
  TableMaker(const SipConfig& declared, const StoreContents& stored, const std::string& store)
      : stored_(stored), store_(store) {
    table_.effective = declared;
  }

  ProfileTable make() {
    add_entries();
    for (LineConfig& line : table_.effective.lines) {
      apply(line, device_name(line), {});
      warn_of_digest(line);
    }
    for (TrunkConfig& trunk : table_.effective.trunks) apply(trunk, device_name(trunk), trunk.targets);
    if (!faults_.empty()) throw ConfigError(faults_);
    return std::move(table_);
  }

 private:
  void add_entries() {
    for (const SecurityProfile& profile : predefined_profiles()) {
      table_.entries.push_back({profile, ProfileOrigin::kPredefined, "predefined", false, {}});
    }
    for (const ProfileConfig& profile : table_.effective.profiles) {
      table_.entries.push_back({profile.profile, ProfileOrigin::kFile, profile.position, false, {}});
    }
    for (const StoredProfile& stored : stored_.profiles) {
      const std::string& name = stored.profile.name;
      if (const ProfileEntry* same = table_.find(name); same != nullptr) {
        faults_.push_back(same->place + ": profile '" + name + "' is in " + store_ +
                          " too: expected each name once; rename or remove one of them");
      }
      table_.entries.push_back({stored.profile, ProfileOrigin::kStore, store_, stored.changed, {}});
    }
    std::stable_sort(table_.entries.begin(), table_.entries.end(),
                     [](const auto& a, const auto& b) { return a.profile.name < b.profile.name; });
  }

  /// By that name, or by one that it had before.
  ProfileEntry* entry_of(const std::string& name, const std::string& device) {
    if (ProfileEntry* found = find(name); found != nullptr) return found;
    const auto former = stored_.former.find(name);
    if (former == stored_.former.end()) return nullptr;
    table_.warnings.push_back(device + ": its profile '" + name + "' is called '" + former->second +
                              "' since it was renamed: change the configuration file");
    return find(former->second);
  }

  ProfileEntry* find(const std::string& name) {
    const ProfileEntry* found = table_.find(name);
    return found == nullptr ? nullptr : &table_.entries[static_cast<std::size_t>(found - table_.entries.data())];
  }

  void apply(PartyConfig& party, const std::string& device, const std::vector<TrunkTarget>& targets) {
    const auto assigned = stored_.assigned.find(device);
    const bool at_run_time = assigned != stored_.assigned.end();
    const std::string name = at_run_time ? assigned->second : party.profile;
    if (!name.empty()) {
      const std::string place = at_run_time ? store_ + ": profile '" + name + "' of " + device : party.profile_position;
      ProfileEntry* entry = entry_of(name, device);
      if (entry == nullptr) {
        faults_.push_back(place + ": expected the name of a security profile: " + names());
        return;
      }
      const std::string problem = problem_of(entry->profile, targets);
      if (!problem.empty()) faults_.push_back(place + ": " + problem);
      entry->devices.push_back(device);
      party.applied = entry->profile;
      party.security = entry->profile.security;
    }
    party.security = effective_security(table_.effective.cluster_security, party.security);
  }

  /// Why a device cannot have that profile; empty where it can.
  std::string problem_of(const SecurityProfile& profile, const std::vector<TrunkTarget>& targets) const {
    const SipConfig& sip = table_.effective;
    const bool all_nonsecure = sip.cluster_security == ClusterSecurity::kNonsecure;
    const bool listened = std::any_of(sip.listen.begin(), sip.listen.end(), [&](const SipListenConfig& listen) {
      return allows(profile.transport, listen.kind) &&
             (profile.security != DeviceSecurity::kEncrypted || !listen.integrity_only);
    });
    const std::string says =
        "profile '" + profile.name + "' says transport = " + std::string(to_string(profile.transport));
    const bool lifted = all_nonsecure && profile.security != DeviceSecurity::kNonsecure;
    if (!listened && !lifted) return says + ": expected a sip.listen with it";
    for (const TrunkTarget& target : targets) {
      if (allows(profile.transport, target.kind) || lifted) continue;
      return says + ": expected no target with " + std::string(sip::name_of(target.kind));
    }
    if (profile.security != DeviceSecurity::kAuthenticated || lifted) return {};
    const std::string problem = authenticated_problem(sip.tls.rules);
    return problem.empty() ? problem : "profile '" + profile.name + "' says security = authenticated: " + problem;
  }

  void warn_of_digest(const LineConfig& line) {
    if (!line.applied) return;
    const std::string has = device_name(line) + ": its profile '" + line.applied->name + "' says digest = ";
    if (line.applied->digest && line.password.empty()) {
      table_.warnings.push_back(has + "yes and it has no password: it cannot register");
    } else if (!line.applied->digest && !line.password.empty()) {
      table_.warnings.push_back(has + "no: it is not asked for its password");
    }
  }

  std::string names() const {
    std::string list;
    for (const ProfileEntry& entry : table_.entries) list.append(list.empty() ? "" : ", ").append(entry.profile.name);
    return list;
  }

  const StoreContents& stored_;
  const std::string& store_;
  ProfileTable table_;
  std::vector<std::string> faults_;
};

}  // namespace

const ProfileEntry* ProfileTable::find(std::string_view name) const noexcept {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const ProfileEntry& entry) { return entry.profile.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

std::string device_name(const LineConfig& line) { return "line " + line.name; }
std::string device_name(const TrunkConfig& trunk) { return "trunk " + trunk.name; }

ProfileTable make_profile_table(const SipConfig& declared, const StoreContents& stored, const std::string& store) {
  return TableMaker(declared, stored, store).make();
}

}  // namespace sallyport::controlplane
