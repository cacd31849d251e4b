// Which sections of the configuration have a name of their own, as in [port.wan], and how long it may be.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace sallyport::controlplane {

struct NamedSection {
  std::string_view kind;
  std::size_t longest_name;  ///< shorter than any key, so that a key in the place of a name is never shown
};

inline constexpr std::array kNamedSections{
    NamedSection{"port", 15}, NamedSection{"stream", 31}, NamedSection{"line", 31},   NamedSection{"trunk", 31},
    NamedSection{"user", 31}, NamedSection{"route", 31},  NamedSection{"profile", 31}};

/// Letters, digits, '-' and '_', at least one and at most so many.
constexpr bool is_section_name(std::string_view text, std::size_t longest) noexcept {
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

/// The kind of section that "port.wan" or "port" is of, null where it is one without names.
constexpr const NamedSection* named_section(std::string_view section) noexcept {
  for (const NamedSection& named : kNamedSections) {
    if (section.substr(0, section.find('.')) == named.kind) return &named;
  }
  return nullptr;
}

}  // namespace sallyport::controlplane
