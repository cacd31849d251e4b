// Small steps of reading text that the readers of descriptions share: words, numbers, comparison without case. Used
// within negotiation/ only.
#pragma once

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace sallyport::controlplane {

inline constexpr std::string_view kBlanks = " \t";

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// ASCII only, as all that SDP compares.
inline bool equal_without_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

inline std::string_view without_blanks_in_front(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text;
}

/// Takes the first word off `rest`, empty at its end.
inline std::string_view take_word(std::string_view& rest) {
  rest = without_blanks_in_front(rest);
  const std::string_view word = rest.substr(0, rest.find_first_of(kBlanks));
  rest.remove_prefix(word.size());
  return word;
}

/// What stands before the first `separator`, which is taken off `rest` with it; all where there is none.
inline std::string_view take_until(std::string_view& rest, char separator) {
  const std::string_view part = rest.substr(0, rest.find(separator));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return part;
}

/// Digits only, the whole text, not above `highest`.
template <class T>
std::optional<T> number_in(std::string_view text, T highest) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > highest) return std::nullopt;
  return value;
}

}  // namespace sallyport::controlplane
