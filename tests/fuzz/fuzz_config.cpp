// libFuzzer target for the configuration: whatever the text, it is read, or refused with faults that name a place, and
// no key that it holds is shown. Key files are never opened: "file:" leads to a folder that does not exist.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "controlplane/config_build.hpp"

namespace {

constexpr const char* kShown = "fuzz.conf";
/// In the corpus wherever a key stands, so that mutations carry it to other places.
constexpr std::string_view kKeyMark = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxw";

/// The first line is given as a setting of the command line when it begins with "--set ".
std::vector<std::string> take_override(std::string_view& text) {
  constexpr std::string_view kSet = "--set ";
  if (!text.starts_with(kSet)) return {};
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string setting(text.substr(kSet.size(), end - kSet.size()));
  text.remove_prefix(std::min(end + 1, text.size()));
  return {setting};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport::controlplane;
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(data[i]);
  std::string_view rest = text;
  const auto overrides = take_override(rest);
  try {
    build_config(rest, kShown, {"/nonexistent/fuzz.conf", 0600, 0}, overrides);
  } catch (const ConfigError& error) {
    if (error.faults().empty()) std::abort();
    for (const std::string& fault : error.faults()) {
      if (!fault.starts_with(kShown) && !fault.starts_with("command line: ")) std::abort();
      if (fault.find(kKeyMark) != std::string::npos) std::abort();
    }
  }
  return 0;
}
