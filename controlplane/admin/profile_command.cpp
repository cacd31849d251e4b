#include "controlplane/admin/profile_command.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <stdexcept>

#include "controlplane/admin/control_client.hpp"
#include "controlplane/admin/interrupt.hpp"
#include "controlplane/admin/text_table.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;
using Words = std::span<const std::string>;
using Align = TextTable::Align;

constexpr double kAskAgain = 0.1;
constexpr std::chrono::seconds kWait{5};

[[noreturn]] void usage(const std::string& expected) { throw std::invalid_argument("expected " + expected); }

/// "digest=no" and the like, as an object.
json settings_of(Words words, const std::string& expected) {
  json settings = json::object();
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0) usage(expected);
    const std::string field = word.substr(0, equals);
    if (settings.contains(field)) throw std::invalid_argument(field + " is given twice");
    settings[field] = word.substr(equals + 1);
  }
  return settings;
}

json line_request(Words words) {
  const std::string expected = "line set NAME profile=PROFILE (nothing behind the sign: what the file says)";
  constexpr std::string_view kProfile = "profile=";
  if (words.size() != 4 || words[1] != "set" || !words[3].starts_with(kProfile)) usage(expected);
  const std::string profile = words[3].substr(kProfile.size());
  return {{"command", "line"}, {"line", words[2]}, {"profile", profile.empty() ? json(nullptr) : json(profile)}};
}

std::string text(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "-";
  if (found->is_string()) return found->get<std::string>().empty() ? "-" : found->get<std::string>();
  return found->dump();
}

std::string list_text(const json& profiles) {
  TextTable table({{"name", Align::kLeft},
                   {"security", Align::kLeft},
                   {"transport", Align::kLeft},
                   {"digest", Align::kLeft},
                   {"nonce s"},
                   {"devices"},
                   {"from", Align::kLeft},
                   {"changed", Align::kLeft},
                   {"description", Align::kLeft}});
  for (const json& profile : profiles) {
    const json& fields = profile.at("fields");
    table.add({text(profile, "name"), text(fields, "security"), text(fields, "transport"), text(fields, "digest"),
               text(fields, "nonce_validity"), std::to_string(profile.at("devices").size()), text(profile, "origin"),
               profile.value("changed", false) ? "not applied" : "-", text(fields, "description")});
  }
  return profiles.empty() ? "no such profile\n" : table.to_string();
}

std::string one_text(const json& profile) {
  std::string out = "profile " + text(profile, "name") + ", " + text(profile, "origin");
  out += text(profile, "place") == text(profile, "origin") ? "\n" : " (" + text(profile, "place") + ")\n";
  for (const char* field : {"description", "security", "transport", "digest", "nonce_validity"}) {
    out.append("  ").append(field).append(" = ").append(text(profile.at("fields"), field)).append("\n");
  }
  out += "for provisioning\n";
  for (const char* field : {"sip_port", "enrolment", "key_size", "encrypted_config", "exclude_digest_credentials"}) {
    out.append("  ").append(field).append(" = ").append(text(profile.at("fields"), field)).append("\n");
  }
  const json& devices = profile.at("devices");
  out += devices.empty() ? "no device has it\n" : "devices that have it\n";
  for (const json& device : devices) out.append("  ").append(device.get<std::string>()).append("\n");
  if (profile.value("changed", false)) out += "changed, and its devices have not been told: sallyport profile apply\n";
  return out;
}

std::string notices_text(const json& notices, const json& applied) {
  TextTable table({{"line", Align::kLeft}, {"state", Align::kLeft}, {"why", Align::kLeft}, {"contact", Align::kLeft}});
  for (const json& notice : notices) {
    table.add({text(notice, "line"), text(notice, "state"), text(notice, "why"), text(notice, "contact")});
  }
  if (applied.empty()) return "no profile was changed since its devices were last told\n";
  return notices.empty() ? "no device that has it is registered\n" : table.to_string();
}

std::string users_text(const json& users, bool md5_only) {
  TextTable table({{"line", Align::kLeft},
                   {"user", Align::kLeft},
                   {"profile", Align::kLeft},
                   {"security", Align::kLeft},
                   {"digest", Align::kLeft}});
  bool any = false;
  for (const json& user : users) {
    if (md5_only && !user.value("md5_only", false)) continue;
    any = true;
    const std::string profile = text(user, "profile") + (user.value("at_run_time", false) ? " (run time)" : "");
    table.add({text(user, "line"), text(user, "user"), profile, text(user, "security"),
               text(user, "digest") + (user.value("md5_only", false) ? " (MD5 only)" : "")});
  }
  if (any) return table.to_string();
  return md5_only ? "no user can only be served by MD5\n" : "no lines are configured\n";
}

bool waits(const json& notices) {
  return std::any_of(notices.begin(), notices.end(),
                     [](const json& notice) { return notice.value("state", "") == "asked"; });
}

}  // namespace

json profile_request(Words words) {
  if (words[0] == "users" && words.size() == 1) return {{"command", "users"}};
  if (words[0] == "line") return line_request(words);
  if (words[0] != "profile" || words.size() < 2) {
    usage("profile list, find, show, add, copy, set, rename, delete or apply");
  }
  const std::string& verb = words[1];
  json request{{"command", "profile"}, {"verb", verb}};
  const auto name = [&](const std::string& more, bool good) {
    if (!good) usage("profile " + verb + " " + more);
    request["name"] = words[2];
  };
  if (verb == "list") {
    if (words.size() != 2) usage("profile list");
  } else if (verb == "find") {
    if (words.size() != 5) usage("profile find name|description|mode begins-with|contains|is-exactly TEXT");
    request.update({{"in", words[2]}, {"how", words[3]}, {"text", words[4]}});
  } else if (verb == "show" || verb == "delete") {
    name("NAME", words.size() == 3);
  } else if (verb == "copy" || verb == "rename") {
    name("NAME NEW", words.size() == 4);
    request["to"] = words[3];
  } else if (verb == "add" || verb == "set") {
    const std::string more = verb == "add" ? "NAME [FIELD=VALUE ...]" : "NAME FIELD=VALUE ...";
    name(more, words.size() > (verb == "add" ? 2U : 3U));
    request["settings"] = settings_of(words.subspan(3), "profile " + verb + " " + more);
  } else if (verb == "apply") {
    if (words.size() != 2) name("[NAME]", words.size() == 3);
  } else {
    usage("profile list, find, show, add, copy, set, rename, delete or apply");
  }
  return request;
}

std::string profile_text(const json& reply, bool md5_only) {
  if (reply.contains("profiles")) return list_text(reply.at("profiles"));
  if (reply.contains("notices")) return notices_text(reply.at("notices"), reply.at("applied"));
  if (reply.contains("users")) return users_text(reply.at("users"), md5_only);
  if (reply.contains("deleted")) return "profile " + text(reply, "deleted") + " is deleted\n";
  if (reply.contains("line")) return "line " + text(reply, "line") + " has profile " + text(reply, "profile") + "\n";
  return one_text(reply.at("profile"));
}

int run_profile(const ProfileOrder& order) {
  using Clock = std::chrono::steady_clock;
  ControlClient client(order.socket);
  json reply = client.demand(order.request);
  if (reply.contains("notices")) {
    const auto until = Clock::now() + kWait;
    while (waits(reply.at("notices")) && Clock::now() < until && !interrupted_within(kAskAgain)) {
      reply["notices"] = client.demand({{"command", "profile"}, {"verb", "notices"}}).at("notices");
    }
  }
  for (const json& warning : reply.value("warnings", json::array())) {
    std::cerr << "warning: " << warning.get<std::string>() << "\n";
  }
  std::cout << (order.as_json ? reply.dump() + "\n" : profile_text(reply, order.md5_only));
  return 0;
}

}  // namespace sallyport::controlplane
