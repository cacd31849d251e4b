#include "crypto/engine_set.hpp"

#include <algorithm>
#include <utility>

#include "crypto/error.hpp"

namespace sallyport::crypto {
namespace {

/// Without a choice: the first that is here and has the suite.
constexpr std::array kBySpeed{EngineKind::kLanes, EngineKind::kIpsecMb, EngineKind::kOpenSsl};

void apply(Engine& engine, std::span<Job> jobs, Direction direction) noexcept {
  if (direction == Direction::kSeal) {
    engine.seal(jobs);
  } else {
    engine.open(jobs);
  }
}

}  // namespace

EngineSet::EngineSet(const EngineChoice& choice, EngineMaker make) : make_(std::move(make)) {
  std::array<bool, kEngineKinds> used{};
  for (const Suite& suite : kSuites) {
    serving_[suite_index(suite)] = choose(suite, choice);
    used[static_cast<std::size_t>(kind_for(suite))] = true;
  }
  for (std::size_t kind = 0; kind < kEngineKinds; ++kind) {
    if (!used[kind]) {
      engines_[kind].reset();
      continue;
    }
    description_ += (description_.empty() ? "" : ", ") + std::string(engines_[kind]->description());
  }
}

/// Makes the engine where it is not here yet. Throws what making it throws.
void EngineSet::require(EngineKind kind) {
  std::unique_ptr<Engine>& engine = engines_[static_cast<std::size_t>(kind)];
  if (engine == nullptr) engine = make_(kind);
}

EngineKind EngineSet::choose(const Suite& suite, const EngineChoice& choice) {
  const auto has = [&](EngineKind kind) { return engines_[static_cast<std::size_t>(kind)]->supports(suite); };
  if (const auto named = choice.by_suite[suite_index(suite)]) {
    require(*named);
    if (has(*named)) return *named;
    throw SetupError("crypto engine " + std::string(to_string(*named)) + " does not have the suite " +
                     std::string(suite.name));
  }
  if (choice.preferred) {
    require(*choice.preferred);
    if (has(*choice.preferred)) return *choice.preferred;
  }
  for (const EngineKind kind : kBySpeed) {
    try {
      require(kind);
    } catch (const SetupError&) {
      continue;  // not on this processor: the next one
    }
    if (has(kind)) return kind;
  }
  throw SetupError("no crypto engine of this host has the suite " + std::string(suite.name));
}

AsyncEngine* EngineSet::async() noexcept {
  for (const std::unique_ptr<Engine>& engine : engines_) {
    if (engine == nullptr) continue;
    if (AsyncEngine* async = engine->async()) return async;
  }
  return nullptr;
}

void EngineSet::run(std::span<Job> jobs, Direction direction) noexcept {
  if (jobs.empty()) return;
  const EngineKind kind = jobs[0].engine;
  const bool same = std::ranges::all_of(jobs, [kind](const Job& job) { return job.engine == kind; });
  if (same) [[likely]] {
    apply(*engines_[static_cast<std::size_t>(kind)], jobs, direction);
  } else {
    run_mixed(jobs, direction);
  }
}

void EngineSet::run_mixed(std::span<Job> jobs, Direction direction) noexcept {
  for (std::size_t kind = 0; kind < kEngineKinds; ++kind) {
    std::array<std::uint8_t, kMaxBurst> from;
    std::size_t count = 0;
    for (std::size_t i = 0; i < jobs.size(); ++i) {
      if (static_cast<std::size_t>(jobs[i].engine) != kind) continue;
      gathered_[count] = jobs[i];
      from[count++] = static_cast<std::uint8_t>(i);
    }
    if (count == 0) continue;
    apply(*engines_[kind], {gathered_.data(), count}, direction);
    for (std::size_t k = 0; k < count; ++k) jobs[from[k]].ok = gathered_[k].ok;
  }
}

}  // namespace sallyport::crypto
