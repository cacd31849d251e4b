#include "tests/cross/engines_here.hpp"

#include <algorithm>
#include <iostream>

#include "crypto/error.hpp"

namespace sallyport::crypto::test {
namespace {

void add_if_here(std::vector<NamedEngine>& engines, EngineKind kind) {
  try {
    std::unique_ptr<Engine> engine = make_engine(kind);
    const std::string name(engine->description());
    engines.push_back({name, std::move(engine)});
  } catch (const SetupError& error) {
    std::cout << "without " << to_string(kind) << ": " << error.what() << '\n';
  }
}

std::vector<NamedEngine> make_engines() {
  std::vector<NamedEngine> engines = all_engines();
  for (const EngineKind kind : {EngineKind::kLanes, EngineKind::kLibSrtp}) {
    const auto is_there = [kind](const NamedEngine& named) { return named.engine->kind_for(kSuites[0]) == kind; };
    if (std::ranges::none_of(engines, is_there)) add_if_here(engines, kind);
  }
  return engines;
}

}  // namespace

const std::vector<NamedEngine>& engines_here() {
  static const std::vector<NamedEngine> kEngines = make_engines();
  return kEngines;
}

std::vector<std::string> suites_of(const std::vector<const Engine*>& engines) {
  std::vector<std::string> names;
  for (const Suite& suite : kSuites) {
    const auto has_it = [&suite](const Engine* engine) { return engine->supports(suite); };
    if (std::ranges::all_of(engines, has_it)) names.emplace_back(suite.name);
  }
  return names;
}

}  // namespace sallyport::crypto::test
