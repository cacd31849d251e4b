// The one table of configuration keys: what each means and how its text becomes a value. Reading, defaults, errors and
// the printed reference all come from it.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/config_draft.hpp"

namespace sallyport::controlplane {

/// Where a key's value goes; only what the key's section needs is set.
struct Target {
  Config* config = nullptr;
  PortConfig* port = nullptr;
  StreamDraft* stream = nullptr;
  std::array<StreamSideConfig*, 2> sides{};  ///< a, b
  StreamSideConfig* side = nullptr;          ///< the one of them that the key at hand is of
  const crypto::Suite* suite = nullptr;      ///< that a key of KeyRow::per_suite is of
  PartyConfig* party = nullptr;              ///< what a line and a trunk have in common
  LineConfig* line = nullptr;
  TrunkConfig* trunk = nullptr;
  UserConfig* user = nullptr;
  RouteConfig* route = nullptr;
  SecurityProfile* profile = nullptr;
};

struct KeyRow {
  std::string_view section;  ///< "log"; "port" and "stream" stand for all sections of that kind
  std::string_view key;      ///< of a stream's side without the "a." or "b."
  std::string_view meaning;
  std::string_view unit;      ///< empty where the value has none
  std::string_view fallback;  ///< default as text; in parentheses: said in words, and not set through `set`
  std::string_view expected;  ///< ends the sentence "expected ..."
  bool (*set)(Target&, std::string_view);
  bool side = false;
  bool repeats = false;
  bool required = false;
  bool secret = false;     ///< the value must never be shown
  bool per_suite = false;  ///< one key for each suite: "KEY.SUITE"
};

std::span<const KeyRow> schema();
/// Those of them that are about SIP: calls, lines, trunks, routes, TLS.
std::vector<KeyRow> sip_schema();
/// Those about security profiles.
std::vector<KeyRow> profile_schema();

/// A key as it is written in a section: a side's row appears as "a.KEY" and "b.KEY", a suite's as "KEY.SUITE".
struct SchemaKey {
  std::string name;
  const KeyRow* row;
  std::size_t side = 0;                  ///< 0 for a, 1 for b
  const crypto::Suite* suite = nullptr;  ///< of a row per suite
};

/// The keys of a section by its full name ("log", "port.wan"); empty where there is no such section.
std::vector<SchemaKey> keys_of_section(std::string_view section);

/// The known word nearest to a misspelt one, or nothing where none is near.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

/// Names of the kinds of sections, as they are written: "log", "port.NAME".
std::vector<std::string> section_kinds();

}  // namespace sallyport::controlplane
