// Descriptions for logs. Works on lines of any text rather than on what was read of it: what could not be read is
// what gets logged, and its keys are as secret.
#include "controlplane/negotiation/sdp.hpp"
#include "controlplane/negotiation/sdp_text.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::string_view kHidden = "***";
/// A line that speaks of keys hides every run of so many digits of base64: no word of SDES's own is as long.
constexpr std::size_t kTellingRun = 16;

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=';
}

std::size_t find_without_case(std::string_view text, std::string_view word) {
  const auto found = std::search(text.begin(), text.end(), word.begin(), word.end(),
                                 [](char x, char y) { return lower(x) == lower(y); });
  return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

bool mentions(std::string_view line, std::string_view word) {
  return find_without_case(line, word) != std::string_view::npos;
}

/// Lines of which nothing behind their name may be seen.
std::optional<std::size_t> secret_from(std::string_view line) {
  const std::size_t start = line.size() - without_blanks_in_front(line).size();
  const std::string_view text = line.substr(start);
  if (text.size() > 1 && lower(text[0]) == 'k' && text[1] == '=') return start + 2;
  for (const std::string_view name : {"key-mgmt:", "ice-pwd:"}) {
    if (const std::size_t at = find_without_case(text, name); at != std::string_view::npos) {
      return start + at + name.size();
    }
  }
  return std::nullopt;
}

/// Replaces runs of base64 that are long enough to be keys.
void append_without_runs(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_base64);
    const auto run = static_cast<std::size_t>(end - text.begin());
    out.append(run >= kTellingRun ? kHidden : text.substr(0, run));
    if (run < text.size()) out.push_back(text[run]);
    text.remove_prefix(std::min(run + 1, text.size()));
  }
}

/// A line with key parameters: everything from "inline:" to what ends a key, whatever it is made of.
void append_without_keys(std::string& out, std::string_view line) {
  constexpr std::string_view kInline = "inline:";
  for (std::size_t at = find_without_case(line, kInline); at != std::string_view::npos;
       at = find_without_case(line, kInline)) {
    append_without_runs(out, line.substr(0, at));
    out.append(kInline).append(kHidden);
    line.remove_prefix(at + kInline.size());
    line.remove_prefix(std::min(line.find_first_of("|; \t"), line.size()));
  }
  append_without_runs(out, line);
}

}  // namespace

std::string redacted(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find_first_of("\r\n"));
    if (const auto from = secret_from(line)) {
      out.append(line.substr(0, *from)).append(kHidden);
    } else if (mentions(line, "crypto") || mentions(line, "inline:")) {
      append_without_keys(out, line);
    } else {
      out.append(line);
    }
    text.remove_prefix(line.size());
    const std::size_t ends = std::min(text.find_first_not_of("\r\n"), text.size());
    out.append(text.substr(0, ends));
    text.remove_prefix(ends);
  }
  return out;
}

}  // namespace sallyport::controlplane
