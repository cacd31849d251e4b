// Master keys of streams: from the configuration itself or from key files, each kept from other users' eyes. No error
// text here ever holds a byte of a key.
#include <filesystem>

#include "controlplane/config_read.hpp"
#include "controlplane/negotiation/sdes_key.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::string_view kFilePrefix = "file:";
constexpr std::size_t kMaxKeyFile = 16384;

void key_fault(const Section& section, const Entry& entry, std::string_view text, Faults& faults) {
  faults.add(entry.line, "key '" + section.name() + '.' + entry.key + "': " + std::string(text));
}

/// A secret's text, without the line end that editors leave. Nothing, and a fault, where it cannot be had safely.
/// `what`: "key" or "password".
std::optional<SecretString> text_of_secret(std::string_view what, const Section& section, const Entry& entry,
                                           const FileIdentity& config, Faults& faults) {
  const std::string_view value = entry.value;
  if (!value.starts_with(kFilePrefix)) {
    if (entry.line != kCommandLine) return SecretString(value);
    key_fault(section, entry,
              "a " + std::string(what) + " on the command line is seen by every user of the host: expected file:PATH",
              faults);
    return std::nullopt;
  }
  const auto folder = std::filesystem::path(config.path).parent_path();
  const std::string path = (folder / value.substr(kFilePrefix.size())).string();
  std::string problem;
  auto file = read_file(path, kMaxKeyFile, problem);
  if (file) problem = exposure(file->identity);
  if (!problem.empty()) {
    key_fault(section, entry, std::string(what) + " file '" + path + "' " + problem, faults);
    return std::nullopt;
  }
  while (!file->text.empty() && (file->text.back() == '\n' || file->text.back() == '\r')) file->text.pop_back();
  return std::move(file->text);
}

void read_key(const Section& section, const std::string& name, const crypto::Suite& suite,
              std::vector<crypto::MasterKeyEntry>& out, const FileIdentity& config, Faults& faults) {
  const Entry* entry = section.first(name);
  if (entry == nullptr || entry->value.empty()) return;  // missing and empty ones are other faults
  const auto text = text_of_secret("key", section, *entry, config, faults);
  if (!text) return;
  try {
    out = parse_sdes_keys(suite, *text);
  } catch (const SetupError& error) {
    key_fault(section, *entry, error.what(), faults);
  }
}

/// A suite needs both keys, keys need a suite.
bool keys_match_suite(const Section& section, const SideDraft& side, Faults& faults) {
  bool whole = true;
  const bool has_suite = section.first(side.prefix + "suite") != nullptr;
  for (const std::string_view name : {"send_key", "receive_key"}) {
    const std::string key = side.prefix + std::string(name);
    const Entry* entry = section.first(key);
    if (has_suite && entry == nullptr) {
      faults.add(section.line_of(side.prefix + "suite"), "section [" + section.name() + "]: key '" + key +
                                                             "' is missing: expected one, since " + side.prefix +
                                                             "suite is set");
      whole = false;
    } else if (!has_suite && entry != nullptr) {
      key_fault(section, *entry, "no suite: expected '" + side.prefix + "suite' with it, or no key", faults);
      whole = false;
    }
  }
  return whole && has_suite;
}

/// Lines of keys that stand in the configuration file itself.
void check_inline_keys(const Draft& draft, const FileIdentity& file, Faults& faults) {
  const std::string problem = exposure(file);
  if (problem.empty()) return;
  for (const StreamDraft& stream : draft.streams) {
    for (const char* name : {"a.send_key", "a.receive_key", "b.send_key", "b.receive_key"}) {
      const Entry* entry = stream.section.first(name);
      if (entry == nullptr || entry->line == kCommandLine || entry->value.starts_with(kFilePrefix)) continue;
      key_fault(stream.section, *entry, "the configuration file holds a key and " + problem, faults);
      return;  // once is enough
    }
  }
}

void read_password(const Section& section, SecretString& out, const FileIdentity& file, Faults& faults) {
  const Entry* entry = section.first("password");
  if (entry == nullptr || entry->value.empty()) return;
  const std::string problem = exposure(file);
  const bool inline_text = entry->line != kCommandLine && !entry->value.starts_with(kFilePrefix);
  if (inline_text && !problem.empty()) {
    key_fault(section, *entry, "the configuration file holds a password and " + problem, faults);
  } else if (auto text = text_of_secret("password", section, *entry, file, faults)) {
    out = std::move(*text);
  }
}

}  // namespace

void read_passwords(Draft& draft, const FileIdentity& file, Faults& faults) {
  for (LineDraft& line : draft.lines) read_password(line.section, line.config.password, file, faults);
  for (TrunkDraft& trunk : draft.trunks) read_password(trunk.section, trunk.config.password, file, faults);
  for (UserDraft& user : draft.users) read_password(user.section, user.config.password, file, faults);
}

void read_keys(Draft& draft, const FileIdentity& file, Faults& faults) {
  check_inline_keys(draft, file, faults);
  for (StreamDraft& stream : draft.streams) {
    for (const SideDraft& side : sides_of(stream)) {
      if (!keys_match_suite(stream.section, side, faults) || side.config->suite == nullptr) continue;
      const crypto::Suite& suite = *side.config->suite;
      read_key(stream.section, side.prefix + "send_key", suite, side.config->send_keys, file, faults);
      read_key(stream.section, side.prefix + "receive_key", suite, side.config->receive_keys, file, faults);
    }
  }
}

}  // namespace sallyport::controlplane
