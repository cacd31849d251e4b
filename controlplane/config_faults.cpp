#include "controlplane/config_faults.hpp"

#include <algorithm>
#include <numeric>

#include "controlplane/config.hpp"

namespace sallyport::controlplane {
namespace {

/// More are counted only: a file that is no configuration at all would give one per line.
constexpr std::size_t kMaxFaults = 100;
constexpr std::size_t kMaxShown = 64;
/// The shortest master key and salt in base64 without padding has 38 characters; be wary a little before that.
constexpr std::size_t kKeyLike = 32;

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

/// Whether a run of base64 characters in `value` is long enough to be a key that was put in the wrong place.
bool looks_like_key(std::string_view value) {
  std::size_t run = 0;
  for (const char c : value) {
    run = is_base64(c) ? run + 1 : 0;
    if (run >= kKeyLike) return true;
  }
  return false;
}

std::string joined(const std::vector<std::string>& lines) {
  return std::accumulate(lines.begin(), lines.end(), std::string{}, [](std::string all, const std::string& line) {
    return all.empty() ? line : all + "\n" + line;
  });
}

}  // namespace

ConfigError::ConfigError(std::vector<std::string> faults)
    : std::runtime_error(joined(faults)), faults_(std::move(faults)) {}

std::string shown(std::string_view value) {
  if (looks_like_key(value)) return "(hidden)";
  std::string text(value.substr(0, kMaxShown));
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return "'" + text + (value.size() > kMaxShown ? "...'" : "'");
}

void Faults::add(unsigned line, std::string_view text) {
  if (++count_ > kMaxFaults) return;
  faults_.push_back({line, place(line) + ": " + std::string(text)});
}

void Faults::add_value(unsigned line, std::string_view key, std::string_view value, std::string_view expected) {
  add(line, "key '" + std::string(key) + "' = " + shown(value) + ": expected " + std::string(expected));
}

std::string Faults::place(unsigned line) const {
  return line == kCommandLine ? "command line" : file_ + ":" + std::to_string(line);
}

void Faults::raise() const {
  if (count_ == 0) return;
  std::vector<Fault> sorted = faults_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Fault& a, const Fault& b) { return a.line < b.line; });
  std::vector<std::string> lines;
  lines.reserve(sorted.size() + 1);
  for (Fault& fault : sorted) lines.push_back(std::move(fault.text));
  if (count_ > kMaxFaults) lines.push_back(file_ + ": and " + std::to_string(count_ - kMaxFaults) + " more faults");
  throw ConfigError(std::move(lines));
}

}  // namespace sallyport::controlplane
