#include "controlplane/security/profiles.hpp"

#include <algorithm>

#include "controlplane/config.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

std::string quoted(const std::string& name) { return "profile '" + name + "'"; }

std::string listed(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list.append(list.empty() ? "" : ", ").append(name);
  return list;
}

StoredProfile& stored_of(StoreContents& contents, const std::string& name) {
  return *std::find_if(contents.profiles.begin(), contents.profiles.end(),
                       [&](const StoredProfile& each) { return each.profile.name == name; });
}

void insert(StoreContents& contents, StoredProfile stored) {
  const auto behind = std::find_if(contents.profiles.begin(), contents.profiles.end(),
                                   [&](const StoredProfile& each) { return each.profile.name > stored.profile.name; });
  contents.profiles.insert(behind, std::move(stored));
}

void put(SecurityProfile& profile, const Profiles::Settings& settings) {
  for (const auto& [name, value] : settings) {
    const ProfileField* field = find_profile_field(name);
    if (field == nullptr) {
      std::vector<std::string> known;
      for (const ProfileField& each : profile_fields()) known.emplace_back(each.name);
      throw SetupError("a profile has no '" + name + "': expected " + listed(known));
    }
    if (!field->set(profile, value)) {
      throw SetupError(name + " = '" + value + "': expected " + std::string(field->expected));
    }
  }
  settle(profile, settings.contains("transport"), settings.contains("sip_port"));
  if (const std::string problem = profile_problem(profile); !problem.empty()) throw SetupError(problem);
}

}  // namespace

ProfileSearch ProfileSearch::parse(std::string_view in, std::string_view how, std::string text) {
  ProfileSearch search;
  search.text = std::move(text);
  if (in == "name") {
    search.in = In::kName;
  } else if (in == "description") {
    search.in = In::kDescription;
  } else if (in == "mode") {
    search.in = In::kMode;
  } else {
    throw SetupError("find by '" + std::string(in) + "': expected name, description or mode");
  }
  if (how == "begins-with") {
    search.how = How::kBeginsWith;
  } else if (how == "contains") {
    search.how = How::kContains;
  } else if (how == "is-exactly") {
    search.how = How::kIsExactly;
  } else {
    throw SetupError("find '" + std::string(how) + "': expected begins-with, contains or is-exactly");
  }
  return search;
}

bool ProfileSearch::matches(const SecurityProfile& profile) const {
  const std::string value = lower(in == In::kName          ? std::string_view(profile.name)
                                  : in == In::kDescription ? std::string_view(profile.description)
                                                           : to_string(profile.security));
  const std::string wanted = lower(text);
  switch (how) {
    case How::kBeginsWith:
      return value.starts_with(wanted);
    case How::kContains:
      return value.find(wanted) != std::string::npos;
    case How::kIsExactly:
      break;
  }
  return value == wanted;
}

Profiles::State Profiles::read(SipConfig declared) const {
  State state;
  state.declared = std::move(declared);
  state.stored = store_.load();
  state.table = make_profile_table(state.declared, state.stored, store_.path());
  return state;
}

const ProfileEntry& Profiles::get(const std::string& name) const {
  const ProfileEntry* entry = state_.table.find(name);
  if (entry != nullptr) return *entry;
  const auto former = state_.stored.former.find(name);
  throw SetupError("no " + quoted(name) +
                   (former != state_.stored.former.end() ? ": it is called '" + former->second + "' now"
                                                         : ": expected one that `sallyport profile list` shows"));
}

/// The store's own; what is predefined or of the file stays as it is.
const ProfileEntry& Profiles::changeable(const std::string& name, std::string_view verb) const {
  const ProfileEntry& entry = get(name);
  const std::string cannot = " cannot be " + std::string(verb);
  if (entry.origin == ProfileOrigin::kPredefined) {
    throw SetupError(quoted(name) + " is predefined and" + cannot + ": copy it and use the copy");
  }
  if (entry.origin == ProfileOrigin::kFile) {
    throw SetupError(quoted(name) + " is of the configuration file (" + entry.place + ") and" + cannot +
                     " at run time: change the file and reload");
  }
  return entry;
}

/// `renamed`: the profile that is to have the name, and may have had it before; empty: a new one.
void Profiles::check_new_name(const std::string& name, const std::string& renamed) const {
  if (!is_profile_name(name)) {
    throw SetupError(quoted(name) + ": expected a name of 1 to 31 letters, digits, '-' and '_'");
  }
  if (const ProfileEntry* same = state_.table.find(name); same != nullptr) {
    throw SetupError(quoted(name) + " exists already (" + same->place + "): expected another name");
  }
  const auto former = state_.stored.former.find(name);
  if (former == state_.stored.former.end() || former->second == renamed) return;
  std::vector<std::string> users;
  const auto look = [&](const auto& parties) {
    for (const auto& party : parties) {
      if (party.profile == name) users.push_back(device_name(party));
    }
  };
  look(state_.declared.lines);
  look(state_.declared.trunks);
  if (users.empty()) return;
  throw SetupError("the configuration file still calls " + quoted(former->second) + " '" + name + "' (" +
                   listed(users) + "): expected another name, or that the file is changed and reloaded first");
}

void Profiles::change(StoreContents after) {
  ProfileTable table;
  try {
    table = make_profile_table(state_.declared, after, store_.path());
  } catch (const ConfigError& error) {
    throw SetupError("nothing was changed: " + std::string(error.what()));
  }
  store_.save(state_.stored, after);
  state_.stored = std::move(after);
  state_.table = std::move(table);
}

void Profiles::make(SecurityProfile profile) {
  check_new_name(profile.name, {});
  StoreContents after = state_.stored;
  after.former.erase(profile.name);
  insert(after, {std::move(profile), false});
  change(std::move(after));
}

void Profiles::add(const std::string& name, const Settings& settings) {
  SecurityProfile profile;
  profile.name = name;
  put(profile, settings);
  make(std::move(profile));
}

void Profiles::copy(const std::string& from, const std::string& to) {
  SecurityProfile profile = get(from).profile;
  profile.name = to;
  make(std::move(profile));
}

void Profiles::set(const std::string& name, const Settings& settings) {
  changeable(name, "changed");
  if (settings.empty()) throw SetupError("nothing to set: expected FIELD=VALUE");
  StoreContents after = state_.stored;
  StoredProfile& stored = stored_of(after, name);
  put(stored.profile, settings);
  if (after == state_.stored) return;
  stored.changed = true;
  change(std::move(after));
}

void Profiles::rename(const std::string& from, const std::string& to) {
  changeable(from, "renamed");
  check_new_name(to, from);
  StoreContents after = state_.stored;
  StoredProfile stored = stored_of(after, from);
  std::erase_if(after.profiles, [&](const StoredProfile& each) { return each.profile.name == from; });
  stored.profile.name = to;
  insert(after, std::move(stored));
  for (auto& [name, now] : after.former) {
    if (now == from) now = to;
  }
  for (auto& [device, profile] : after.assigned) {
    if (profile == from) profile = to;
  }
  after.former.erase(to);
  after.former[from] = to;
  change(std::move(after));
}

void Profiles::remove(const std::string& name) {
  const ProfileEntry& entry = changeable(name, "deleted");
  if (!entry.devices.empty()) {
    throw SetupError(quoted(name) + " is in use and cannot be deleted: " + listed(entry.devices) +
                     " would have none; give them another one first");
  }
  StoreContents after = state_.stored;
  std::erase_if(after.profiles, [&](const StoredProfile& each) { return each.profile.name == name; });
  std::erase_if(after.former, [&](const auto& former) { return former.second == name; });
  std::erase_if(after.assigned, [&](const auto& assigned) { return assigned.second == name; });
  change(std::move(after));
}

void Profiles::assign(const std::string& device, const std::optional<std::string>& profile) {
  const auto is = [&](const auto& party) { return device_name(party) == device; };
  const SipConfig& sip = state_.declared;
  if (std::none_of(sip.lines.begin(), sip.lines.end(), is) && std::none_of(sip.trunks.begin(), sip.trunks.end(), is)) {
    throw SetupError("no " + device + ": expected one of the configuration");
  }
  StoreContents after = state_.stored;
  after.assigned.erase(device);
  if (profile) after.assigned[device] = get(*profile).profile.name;
  if (after == state_.stored) return;
  change(std::move(after));
}

void Profiles::told(const std::string& name) {
  if (!get(name).changed) return;
  StoreContents after = state_.stored;
  stored_of(after, name).changed = false;
  change(std::move(after));
}

}  // namespace sallyport::controlplane
