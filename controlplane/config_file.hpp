// The configuration's syntax: sections, keys, values, comments and quoting, with the line of each. Knows no key's
// meaning.
//
//   # comment                         a line, or the rest of one behind white space; ';' does the same
//   [port.wan]
//   address = 192.0.2.1/24
//   tap = "name with # and \" in it"  \" and \\ are the only escapes
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "controlplane/config_faults.hpp"
#include "controlplane/secret_text.hpp"

namespace sallyport::controlplane {

inline constexpr std::size_t kMaxLine = 4096;
inline constexpr std::size_t kMaxConfigFile = std::size_t{16} << 20;

/// "key = value" as it was written.
struct Entry {
  std::string key;
  SecretString value;
  unsigned line = kCommandLine;
};

/// "[name]" and what stands below it.
struct SectionText {
  std::string name;
  unsigned line = kCommandLine;
  std::vector<Entry> entries;
};

/// Splits a configuration's text. Lines that make no sense become faults and are left out. A section that appears twice
/// is a fault; its entries join the first.
std::vector<SectionText> tokenize(std::string_view text, Faults& faults);

/// The same from "section.key=value" strings of the command line; the section of port and stream keys has two parts
/// ("port.wan.mac=...").
std::vector<SectionText> tokenize_overrides(const std::vector<std::string>& overrides, Faults& faults);

/// The section of that name, null where there is none.
const SectionText* find_section(const std::vector<SectionText>& sections, std::string_view name);

}  // namespace sallyport::controlplane
