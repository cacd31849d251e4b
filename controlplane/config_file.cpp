#include "controlplane/config_file.hpp"

#include <algorithm>
#include <optional>

#include "controlplane/config_sections.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::size_t kMaxKey = 37;  // less than any master key in base64
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

bool is_space(char c) { return c == ' ' || c == '\t'; }
bool is_comment(char c) { return c == '#' || c == ';'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Nothing but white space and perhaps a comment.
bool is_blank(std::string_view text) {
  text = trim(text);
  return text.empty() || is_comment(text.front());
}

/// Keys are lower case, but for a suite's name behind a dot. What is not is never shown: it may be a line of base64
/// that strayed.
bool is_key(std::string_view text) {
  const std::size_t dot = text.find('.');
  return !text.empty() && text.size() <= kMaxKey && std::all_of(text.begin(), text.end(), [&](const char& c) {
    const bool behind_dot = static_cast<std::size_t>(&c - text.data()) > dot;
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           (behind_dot && c >= 'A' && c <= 'Z');
  });
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

/// The text between quotes, `text` starting with one. Nothing, and `problem`, where the quoting is wrong.
std::optional<SecretString> unquote(std::string_view text, std::string_view& problem) {
  SecretString value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      const std::string_view rest = text.substr(i + 1);
      if (is_blank(rest) && (rest.empty() || is_space(rest.front()))) return value;
      problem = "text behind the closing quote: expected the end of the line or a comment";
      return std::nullopt;
    }
    if (text[i] == '\\') {
      if (i + 1 == text.size() || (text[i + 1] != '"' && text[i + 1] != '\\')) {
        problem = "unknown escape in a quoted value: expected \\\" or \\\\";
        return std::nullopt;
      }
      ++i;
    }
    value.push_back(text[i]);
  }
  problem = "a quoted value does not end: expected a closing quote on the same line";
  return std::nullopt;
}

/// The text up to a comment, without white space around it.
std::string_view bare_value(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_comment(text[i]) && (i == 0 || is_space(text[i - 1]))) return trim(text.substr(0, i));
  }
  return trim(text);
}

/// Reads one text line by line into sections.
class Tokenizer {
 public:
  explicit Tokenizer(Faults& faults) : faults_(faults) {}

  void line(std::string_view text) {
    ++line_;
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.size() > kMaxLine) {
      faults_.add(line_,
                  "line of " + std::to_string(text.size()) + " bytes: expected at most " + std::to_string(kMaxLine));
    } else if (has_control_character(text)) {
      faults_.add(line_, "control character in the line: expected printable text");
    } else if (!is_blank(text)) {
      text = trim(text);
      text.front() == '[' ? header(text) : key_value(text);
    }
  }

  std::vector<SectionText> take() { return std::move(sections_); }

 private:
  void header(std::string_view text) {
    const std::size_t end = text.find(']');
    section_ = kBroken;
    if (end == std::string_view::npos || !is_blank(text.substr(end + 1))) {
      faults_.add(line_, "malformed section: expected [name] alone on its line");
      return;
    }
    const std::string_view name = trim(text.substr(1, end - 1));
    const auto seen = std::find_if(sections_.begin(), sections_.end(), [&](const auto& s) { return s.name == name; });
    section_ = static_cast<std::size_t>(seen - sections_.begin());
    if (seen == sections_.end()) {
      sections_.push_back({std::string(name), line_, {}});
    } else {
      faults_.add(line_,
                  "section " + shown(name) + " appears again: expected once, it is at " + faults_.place(seen->line));
    }
  }

  void key_value(std::string_view text) {
    const std::size_t equals = text.find('=');
    const std::string_view key = trim(text.substr(0, std::min(equals, text.size())));
    if (equals == std::string_view::npos || !is_key(key)) {
      faults_.add(line_, "neither section nor key: expected [name], key = value, or a comment");
      return;
    }
    if (section_ == kNone) {
      faults_.add(line_, "key '" + std::string(key) + "' before any section: expected a [name] line first");
      section_ = kBroken;
    }
    std::optional<SecretString> value = parse_value(key, trim(text.substr(equals + 1)));
    if (value && section_ < sections_.size()) {
      sections_[section_].entries.push_back({std::string(key), std::move(*value), line_});
    }
  }

  std::optional<SecretString> parse_value(std::string_view key, std::string_view text) {
    std::string_view problem = "no value: expected text behind '=' (\"\" for an empty one)";
    std::optional<SecretString> value;
    if (text.starts_with('"')) {
      value = unquote(text, problem);
    } else if (const std::string_view bare = bare_value(text); !bare.empty()) {
      value = SecretString(bare);
    }
    if (!value) faults_.add(line_, "key " + shown(full_name(key)) + ": " + std::string(problem));
    return value;
  }

  std::string full_name(std::string_view key) const {
    std::string name = section_ < sections_.size() ? sections_[section_].name + "." : "";
    return name.append(key);
  }

  static constexpr std::size_t kNone = ~std::size_t{0};
  static constexpr std::size_t kBroken = kNone - 1;  ///< below a header that made no sense: already reported once

  Faults& faults_;
  std::vector<SectionText> sections_;
  std::size_t section_ = kNone;
  unsigned line_ = 0;
};

/// Where the section's name ends in "port.wan.address": some sections have a name of their own.
std::size_t section_end(std::string_view name) {
  const std::size_t first = name.find('.');
  const bool named = name.find('.') != std::string_view::npos && named_section(name) != nullptr;
  return named ? name.find('.', first + 1) : first;
}

}  // namespace

std::vector<SectionText> tokenize(std::string_view text, Faults& faults) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Tokenizer tokenizer(faults);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    tokenizer.line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return tokenizer.take();
}

std::vector<SectionText> tokenize_overrides(const std::vector<std::string>& overrides, Faults& faults) {
  std::vector<SectionText> sections;
  for (const std::string_view text : overrides) {
    const std::size_t equals = std::min(text.find('='), text.size());
    const std::string_view name = text.substr(0, equals);
    const std::size_t dot = section_end(name);
    if (equals == text.size() || dot == std::string_view::npos || !is_key(name.substr(dot + 1))) {
      faults.add(kCommandLine, "malformed setting: expected section.key=value, as in log.level=debug");
      continue;
    }
    if (text.size() > kMaxLine || has_control_character(text)) {
      faults.add(kCommandLine, "setting of '" + std::string(name.substr(dot + 1)) +
                                   "' is too long or has control characters: expected printable text");
      continue;
    }
    const std::string_view section = name.substr(0, dot);
    auto place = std::find_if(sections.begin(), sections.end(), [&](const auto& s) { return s.name == section; });
    if (place == sections.end()) place = sections.insert(place, {std::string(section), kCommandLine, {}});
    place->entries.push_back({std::string(name.substr(dot + 1)), SecretString(text.substr(equals + 1)), kCommandLine});
  }
  return sections;
}

const SectionText* find_section(const std::vector<SectionText>& sections, std::string_view name) {
  const auto found = std::find_if(sections.begin(), sections.end(), [&](const auto& s) { return s.name == name; });
  return found == sections.end() ? nullptr : &*found;
}

}  // namespace sallyport::controlplane
