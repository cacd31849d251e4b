// Reads a header value from its front to its end: what the grammars of Via, addresses and parameters share. Looks at
// text that others own; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace sallyport::controlplane::sip {

constexpr char lower_case(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
inline std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = lower_case(c);
  return result;
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) noexcept { return lower_case(c) >= 'a' && lower_case(c) <= 'z'; }
constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

/// A set of characters, asked in one step.
class CharSet {
 public:
  consteval explicit CharSet(std::string_view others, bool alphanumeric = true) {
    for (const char c : others) has_[static_cast<unsigned char>(c)] = true;
    for (unsigned c = 0; alphanumeric && c < 128; ++c) {
      if (is_letter(static_cast<char>(c)) || is_digit(static_cast<char>(c))) has_[c] = true;
    }
  }
  constexpr bool operator()(char c) const noexcept { return has_[static_cast<unsigned char>(c)]; }

 private:
  std::array<bool, 256> has_{};
};

/// RFC 3261 25.1's token.
inline constexpr CharSet is_token_char("-.!%*_+`'~");

class TextCursor {
 public:
  explicit TextCursor(std::string_view text) : rest_(text) {}

  bool at_end() const noexcept { return rest_.empty(); }
  /// NUL at the end, and where the text has one: nothing asks for it.
  char peek() const noexcept { return rest_.empty() ? '\0' : rest_.front(); }
  std::string_view rest() const noexcept { return rest_; }
  void skip(std::size_t count) { rest_.remove_prefix(count); }

  /// Whether there was one.
  bool blanks() { return !take_while(is_blank).empty(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// `c` with blanks on both sides, as separators of RFC 3261 25.1 may have.
  bool take_separator(char c) {
    const TextCursor before = *this;
    blanks();
    if (!take(c)) {
      *this = before;
      return false;
    }
    blanks();
    return true;
  }
  template <class Belongs>
  std::string_view take_while(Belongs&& belongs) {
    const auto end = std::find_if_not(rest_.begin(), rest_.end(), belongs);
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  /// A quoted string with its quotes; nothing where the cursor is at none, or it is not closed.
  std::optional<std::string_view> take_quoted() {
    if (peek() != '"') return std::nullopt;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        const std::string_view taken = rest_.substr(0, i + 1);
        rest_.remove_prefix(i + 1);
        return taken;
      }
    }
    return std::nullopt;
  }

 private:
  std::string_view rest_;
};

}  // namespace sallyport::controlplane::sip
