// Master keys from the command line, from key files, or from one file with a line per stream. No error text here ever
// holds a byte of a key.
#include <string_view>

#include "controlplane/config_read.hpp"
#include "controlplane/negotiation/sdes_key.hpp"
#include "crypto/error.hpp"
#include "perf/load/plan.hpp"

namespace sallyport::load {
namespace {

using controlplane::SecretString;

constexpr std::string_view kFilePrefix = "file:";
constexpr std::size_t kMaxKeyFile = 4096;
constexpr std::size_t kMaxKeysFile = std::size_t{512} << 20;  // a million streams

/// The whole file, which must be readable by its owner alone, like a key file of the gateway.
SecretString read_secret(const std::string& option, const std::string& path, std::size_t limit) {
  std::string problem;
  auto file = controlplane::read_file(path, limit, problem);
  if (file) problem = controlplane::exposure(file->identity);
  if (!problem.empty()) throw UsageError(option + ": key file '" + path + "' " + problem);
  return std::move(file->text);
}

using Keys = std::vector<crypto::MasterKeyEntry>;

Keys parse(const std::string& option, const crypto::Suite& suite, std::string_view text) {
  try {
    return controlplane::parse_sdes_keys(suite, text);
  } catch (const SetupError& error) {
    throw UsageError(option + ": " + error.what());
  }
}

/// The key that an option gives, for all streams.
void read_option(const std::string& option, const crypto::Suite* suite, const SecretString& value,
                 std::vector<StreamPlan>& plan, SidePlan StreamPlan::*side, Keys SidePlan::*keys) {
  if (value.empty() || suite == nullptr) return;
  const std::string_view text = value;
  SecretString from_file;
  if (text.starts_with(kFilePrefix)) {
    from_file = read_secret(option, std::string(text.substr(kFilePrefix.size())), kMaxKeyFile);
    while (!from_file.empty() && (from_file.back() == '\n' || from_file.back() == '\r')) from_file.pop_back();
  }
  const std::string_view keys_text = text.starts_with(kFilePrefix) ? std::string_view(from_file) : text;
  for (StreamPlan& stream : plan) (stream.*side).*keys = parse(option, *suite, keys_text);
}

std::string_view next_word(std::string_view& line) {
  const std::size_t start = std::min(line.find_first_not_of(" \t\r"), line.size());
  line.remove_prefix(start);
  const std::size_t end = std::min(line.find_first_of(" \t\r"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

/// "key receive-key sink-send-key sink-key", '-' where the side is RTP.
void read_line(std::string_view line, const std::string& where, const LoadOptions& options, StreamPlan& stream) {
  const struct {
    const crypto::Suite* suite;
    Keys& keys;
  } fields[] = {{options.a.suite, stream.a.send_keys},
                {options.a.suite, stream.a.receive_keys},
                {options.b.suite, stream.b.send_keys},
                {options.b.suite, stream.b.receive_keys}};
  for (const auto& field : fields) {
    const std::string_view word = next_word(line);
    if (word.empty()) throw UsageError(where + "expected four keys: key receive-key sink-send-key sink-key");
    if ((word == "-") != (field.suite == nullptr)) {
      throw UsageError(where + "expected a key for each side with a suite, and '-' for each side without");
    }
    if (field.suite != nullptr) field.keys = parse(where + "key", *field.suite, word);
  }
  if (!next_word(line).empty()) throw UsageError(where + "expected four keys and nothing else");
}

void read_keys_file(const LoadOptions& options, std::vector<StreamPlan>& plan) {
  const SecretString file = read_secret("--keys", options.keys_file, kMaxKeysFile);
  std::string_view text = file;
  std::size_t stream = 0;
  for (unsigned number = 1; stream < plan.size() && !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    read_line(line, options.keys_file + ":" + std::to_string(number) + ": ", options, plan[stream++]);
  }
  if (stream < plan.size()) {
    throw UsageError("--keys: '" + options.keys_file + "' has lines for " + std::to_string(stream) +
                     " streams, expected " + std::to_string(plan.size()));
  }
}

}  // namespace

void read_keys(const LoadOptions& options, std::vector<StreamPlan>& plan) {
  if (!options.keys_file.empty()) return read_keys_file(options, plan);
  using Side = SidePlan;
  read_option("--key", options.a.suite, options.a.send_key, plan, &StreamPlan::a, &Side::send_keys);
  read_option("--receive-key", options.a.suite, options.a.receive_key, plan, &StreamPlan::a, &Side::receive_keys);
  read_option("--sink-send-key", options.b.suite, options.b.send_key, plan, &StreamPlan::b, &Side::send_keys);
  read_option("--sink-key", options.b.suite, options.b.receive_key, plan, &StreamPlan::b, &Side::receive_keys);
}

}  // namespace sallyport::load
