#include "controlplane/config_build.hpp"

#include <filesystem>

#include "controlplane/config_check.hpp"
#include "controlplane/config_read.hpp"
#include "controlplane/config_section.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::string_view kPort = "port.";
constexpr std::string_view kStream = "stream.";

/// Reads every section of the file and the command line into a draft.
class DraftBuilder {
 public:
  DraftBuilder(const std::vector<SectionText>& file, const std::vector<SectionText>& overrides, Faults& faults)
      : file_(file), overrides_(overrides), faults_(faults) {}

  Draft build() {
    for (const char* name :
         {"log", "workers", "memory", "crypto", "control", "store", "capture", "sip", "srtp", "tls"}) {
      draft_.general.emplace(name, read(name, {.config = &draft_.config}));
    }
    for (const SectionText& section : file_) add(section);
    for (const SectionText& section : overrides_) {
      if (find_section(file_, section.name) == nullptr) add(section);
    }
    return std::move(draft_);
  }

 private:
  Section read(const std::string& name, Target target) {
    return read_section(name, find_section(file_, name), find_section(overrides_, name), target, faults_);
  }

  void add(const SectionText& text) {
    if (keys_of_section(text.name).empty()) {
      unknown_section(text, faults_);
      draft_.complete = false;
    } else if (text.name.starts_with(kPort)) {
      PortDraft port;
      port.config.options.name = text.name.substr(kPort.size());
      const std::size_t before = faults_.count();
      port.section = read(text.name, {.port = &port.config});
      port.sound = faults_.count() == before;
      if (const Entry* device = port.section.first("device"); device != nullptr) {
        port.config.position =
            faults_.place(device->line) + ": key '" + text.name + ".device' = " + shown(device->value);
      }
      draft_.ports.push_back(std::move(port));
    } else if (text.name.starts_with(kStream)) {
      StreamDraft stream;
      stream.config.name = text.name.substr(kStream.size());
      const std::size_t before = faults_.count();
      read_stream(text.name, stream);
      stream.sound = faults_.count() == before;
      draft_.streams.push_back(std::move(stream));
    } else {
      add_party(text.name);
    }
  }

  /// What is left: lines, trunks, users, routes and profiles.
  void add_party(const std::string& section) {
    const std::size_t dot = section.find('.');
    if (dot == std::string::npos) return;  // a section without names, which is read already
    const std::string kind = section.substr(0, dot);
    const std::string name = section.substr(dot + 1);
    if (kind == "line") {
      LineDraft& line = draft_.lines.emplace_back();
      line.config.name = name;
      line.section = read(section, {.party = &line.config, .line = &line.config});
    } else if (kind == "trunk") {
      TrunkDraft& trunk = draft_.trunks.emplace_back();
      trunk.config.name = name;
      trunk.section = read(section, {.party = &trunk.config, .trunk = &trunk.config});
    } else if (kind == "user") {
      UserDraft& user = draft_.users.emplace_back();
      user.config.name = name;
      user.section = read(section, {.user = &user.config});
    } else if (kind == "route") {
      RouteDraft& route = draft_.routes.emplace_back();
      route.config.name = name;
      route.section = read(section, {.route = &route.config});
    } else if (kind == "profile") {
      ProfileDraft& profile = draft_.profiles.emplace_back();
      profile.config.profile.name = name;
      profile.section = read(section, {.profile = &profile.config.profile});
      profile.config.position = faults_.place(profile.section.line());
    }
  }

  void read_stream(const std::string& name, StreamDraft& stream) {
    stream.section = read(name, {.stream = &stream, .sides = {&stream.config.a, &stream.config.b}});
  }

  const std::vector<SectionText>& file_;
  const std::vector<SectionText>& overrides_;
  Faults& faults_;
  Draft draft_;
};

Config finish(Draft draft, const std::string& path, const Faults& faults) {
  Config config = std::move(draft.config);
  if (const Entry* device = draft.general.at("crypto").first("device"); device != nullptr) {
    config.crypto_device_position = faults.place(device->line) + ": key 'crypto.device' = " + shown(device->value);
  }
  config.file = path;
  const std::filesystem::path file(path);
  config.store_file = config.store_file.empty() ? std::filesystem::path(file).replace_extension(".db").string()
                                                : (file.parent_path() / config.store_file).lexically_normal().string();
  for (PortDraft& port : draft.ports) config.ports.push_back(std::move(port.config));
  for (StreamDraft& stream : draft.streams) config.streams.push_back(std::move(stream.config));
  for (LineDraft& line : draft.lines) config.sip.lines.push_back(std::move(line.config));
  for (TrunkDraft& trunk : draft.trunks) config.sip.trunks.push_back(std::move(trunk.config));
  for (UserDraft& user : draft.users) config.sip.users.push_back(std::move(user.config));
  for (ProfileDraft& profile : draft.profiles) config.sip.profiles.push_back(std::move(profile.config));
  for (RouteDraft& route : draft.routes) config.sip.routes.push_back(std::move(route.config));
  return config;
}

}  // namespace

Config build_config(std::string_view text, const std::string& shown_path, const FileIdentity& file,
                    const std::vector<std::string>& overrides) {
  Faults faults(shown_path);
  const std::vector<SectionText> sections = tokenize(text, faults);
  const std::vector<SectionText> settings = tokenize_overrides(overrides, faults);
  const bool readable = faults.count() == 0;
  Draft draft = DraftBuilder(sections, settings, faults).build();
  draft.config.file = file.path;
  draft.complete = draft.complete && readable;
  read_keys(draft, file, faults);
  read_passwords(draft, file, faults);
  check_general(draft, faults);
  check_ports(draft, faults);
  check_streams(draft, faults);
  check_srtp(draft, faults);
  check_key_use(draft, faults);
  check_sip(draft, faults);
  check_profiles(draft, faults);
  faults.raise();
  return finish(std::move(draft), file.path, faults);
}

Config load_config(const std::string& path, const std::vector<std::string>& overrides) {
  std::string problem;
  auto file = read_file(path, kMaxConfigFile, problem);
  if (!file) throw ConfigError({path + ": the configuration file " + problem});
  file->identity.path = std::filesystem::absolute(path).lexically_normal().string();
  return build_config(file->text, path, file->identity, overrides);
}

}  // namespace sallyport::controlplane
