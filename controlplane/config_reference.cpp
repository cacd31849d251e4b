// The printed reference: the schema's rows as text.
#include "controlplane/config_schema.hpp"
#include "controlplane/config_sections.hpp"

namespace sallyport::controlplane {
namespace {

/// "[port.NAME]", "[log]".
std::string heading(const KeyRow& row) {
  const bool named = named_section(row.section) != nullptr;
  return std::string("[").append(row.section).append(named ? ".NAME]" : "]");
}

std::string fallback_text(const KeyRow& row) {
  if (row.required) return "required";
  return std::string("default: ").append(row.fallback);
}

std::string describe(const KeyRow& row) {
  std::string text("  ");
  if (row.side) text.append("a.").append(row.key).append(", b.");
  text.append(row.key).append(row.per_suite ? ".SUITE" : "");
  text.append("\n      ").append(row.meaning).append(row.repeats ? "; may be given several times" : "");
  text.append("\n      ").append(row.expected);
  if (!row.unit.empty()) text.append("; unit: ").append(row.unit);
  return text.append("; ").append(fallback_text(row)).append("\n");
}

}  // namespace

std::string config_reference() {
  std::string text;
  std::string section;
  for (const KeyRow& row : schema()) {
    if (heading(row) != section) {
      section = heading(row);
      text += (text.empty() ? "" : "\n") + section + "\n";
    }
    text += describe(row);
  }
  return text;
}

}  // namespace sallyport::controlplane
