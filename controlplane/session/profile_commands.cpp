#include "controlplane/session/profile_commands.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;

constexpr std::string_view kLine = "line ";

/// A text of a request. Throws SetupError where it is missing.
std::string text_of(const json& asked, const char* key) {
  const auto found = asked.find(key);
  if (found == asked.end() || !found->is_string()) throw SetupError(std::string("expected \"") + key + "\": TEXT");
  return found->get<std::string>();
}

Profiles::Settings settings_of(const json& asked) {
  Profiles::Settings settings;
  const json given = asked.value("settings", json::object());
  if (!given.is_object()) throw SetupError("expected \"settings\": {FIELD: TEXT}");
  for (const auto& [name, value] : given.items()) {
    if (!value.is_string()) throw SetupError("expected a text for " + name);
    settings[name] = value.get<std::string>();
  }
  return settings;
}

std::string_view origin_text(ProfileOrigin origin) {
  return origin == ProfileOrigin::kPredefined ? "predefined" : origin == ProfileOrigin::kFile ? "file" : "run time";
}

json entry_json(const ProfileEntry& entry) {
  json shown{{"name", entry.profile.name},
             {"origin", origin_text(entry.origin)},
             {"place", entry.place},
             {"changed", entry.changed},
             {"devices", entry.devices}};
  for (const ProfileField& field : profile_fields())
    shown["fields"][std::string(field.name)] = field.get(entry.profile);
  return shown;
}

json entries_json(const std::vector<ProfileEntry>& entries, const std::function<bool(const SecurityProfile&)>& wanted) {
  json shown = json::array();
  for (const ProfileEntry& entry : entries) {
    if (wanted(entry.profile)) shown.push_back(entry_json(entry));
  }
  return {{"profiles", std::move(shown)}};
}

std::string digest_text(const LineConfig& line) {
  if (!line.challenged()) return "off";
  if (!line.digest) return "sha-256, md5";
  return *line.digest == DigestAlgorithm::kMd5 ? "md5" : "sha-256";
}

}  // namespace

json ProfileCommands::profile(const json& asked, const Requester& from) {
  const std::string verb = text_of(asked, "verb");
  if (verb == "list") return entries_json(profiles_.all(), [](const SecurityProfile&) { return true; });
  if (verb == "find") {
    const auto search = ProfileSearch::parse(text_of(asked, "in"), text_of(asked, "how"), text_of(asked, "text"));
    return entries_json(profiles_.all(), [&](const SecurityProfile& profile) { return search.matches(profile); });
  }
  if (verb == "show") return {{"profile", entry_json(profiles_.get(text_of(asked, "name")))}};
  if (verb == "apply") return apply(asked, from);
  if (verb == "notices") return {{"notices", notice_.outcome()}};
  return change(asked, verb, from);
}

/// Takes a change into use; `reply` with what has to be warned of since.
json ProfileCommands::taken(json reply, const std::vector<std::string>& before) {
  changed_();
  json fresh = json::array();
  for (const std::string& warning : profiles_.warnings()) {
    if (std::find(before.begin(), before.end(), warning) != before.end()) continue;
    spdlog::warn("{}", warning);
    fresh.push_back(warning);
  }
  if (!fresh.empty()) reply["warnings"] = std::move(fresh);
  return reply;
}

json ProfileCommands::change(const json& asked, const std::string& verb, const Requester& from) {
  const std::string name = text_of(asked, "name");
  const std::vector<std::string> warned = profiles_.warnings();
  std::string now = name;
  if (verb == "add") {
    profiles_.add(name, settings_of(asked));
  } else if (verb == "copy") {
    profiles_.copy(name, now = text_of(asked, "to"));
  } else if (verb == "set") {
    profiles_.set(name, settings_of(asked));
  } else if (verb == "rename") {
    profiles_.rename(name, now = text_of(asked, "to"));
  } else if (verb == "delete") {
    profiles_.remove(name);
  } else {
    throw SetupError("profile " + verb + ": expected list, find, show, add, copy, set, rename, delete or apply");
  }
  spdlog::info("profile {}: {}{} by {}", name, verb, now == name ? std::string() : " " + now, from.to_string());
  return taken(verb == "delete" ? json{{"deleted", name}} : json{{"profile", entry_json(profiles_.get(now))}}, warned);
}

/// Without a name: all that were changed since.
json ProfileCommands::apply(const json& asked, const Requester& from) {
  std::vector<std::string> names;
  if (asked.contains("name")) {
    names.push_back(profiles_.get(text_of(asked, "name")).profile.name);
  } else {
    for (const ProfileEntry& entry : profiles_.all()) {
      if (entry.changed) names.push_back(entry.profile.name);
    }
  }
  std::vector<std::string> lines;
  for (const std::string& name : names) {
    for (const std::string& device : profiles_.get(name).devices) {
      if (device.starts_with(kLine)) lines.push_back(device.substr(kLine.size()));
    }
    profiles_.told(name);
    spdlog::info("profile {}: apply by {}", name, from.to_string());
  }
  notice_.tell(lines);
  return {{"applied", names}, {"notices", notice_.outcome()}};
}

json ProfileCommands::line(const json& asked, const Requester& from) {
  const std::string name = text_of(asked, "line");
  const std::vector<std::string> warned = profiles_.warnings();
  const bool file = asked.value("profile", json(nullptr)).is_null();
  profiles_.assign(std::string(kLine) + name, file ? std::nullopt : std::optional(text_of(asked, "profile")));
  const auto& lines = profiles_.effective().lines;
  const auto found =
      std::find_if(lines.begin(), lines.end(), [&](const LineConfig& each) { return each.name == name; });
  const json has = found->applied ? json(found->applied->name) : json(nullptr);
  spdlog::info("line {}: profile {} by {}", name, has.is_null() ? "none" : found->applied->name, from.to_string());
  return taken({{"line", name}, {"profile", has}}, warned);
}

json ProfileCommands::users() const {
  json shown = json::array();
  for (const LineConfig& line : profiles_.effective().lines) {
    shown.push_back({{"line", line.name},
                     {"user", line.user()},
                     {"profile", line.applied ? json(line.applied->name) : json(nullptr)},
                     {"at_run_time", profiles_.assigned(device_name(line))},
                     {"security", to_string(line.security)},
                     {"digest", digest_text(line)},
                     {"md5_only", line.challenged() && line.digest == DigestAlgorithm::kMd5}});
  }
  return {{"users", std::move(shown)}};
}

}  // namespace sallyport::controlplane
