// Several engines as one: each suite is served by the one that configuration or capability chose. A burst whose jobs
// are all of one engine, as nearly all are, goes through untouched.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/engine.hpp"

namespace sallyport::crypto {

/// Which engine serves which suite, as configured.
struct EngineChoice {
  /// Nothing: the fastest that this host has, suite by suite.
  std::optional<EngineKind> preferred = {};
  /// By row of kSuites; must be able to do the suite.
  std::array<std::optional<EngineKind>, kSuites.size()> by_suite = {};
};

/// Makes one thread's engine of a kind. Throws SetupError where this host cannot.
using EngineMaker = std::function<std::unique_ptr<Engine>(EngineKind kind)>;

class EngineSet final : public Engine {
 public:
  /// A suite goes to the engine named for it, else to the preferred one if that has it, else to the fastest that has it
  /// (lanes, ipsec_mb, openssl). Throws SetupError where a named engine is not on this host or has not the suite.
  explicit EngineSet(const EngineChoice& choice, EngineMaker make = make_engine);

  EngineKind kind_for(const Suite& suite) const noexcept override { return serving_[suite_index(suite)]; }
  std::string_view description() const noexcept override { return description_; }
  bool supports(const Suite& suite) const noexcept override { return engine_for(suite).supports(suite); }
  KeyRelease expand(const Suite& suite, const SessionKeys& keys, KeyRecord& record) override {
    return engine_for(suite).expand(suite, keys, record);
  }
  void seal(std::span<Job> jobs) noexcept override { run(jobs, Direction::kSeal); }
  void open(std::span<Job> jobs) noexcept override { run(jobs, Direction::kOpen); }
  AsyncEngine* async() noexcept override;

  /// The engine of that kind, null where no suite uses it.
  const Engine* engine(EngineKind kind) const noexcept { return engines_[static_cast<std::size_t>(kind)].get(); }

 private:
  Engine& engine_for(const Suite& suite) const noexcept { return *engines_[static_cast<std::size_t>(kind_for(suite))]; }
  void require(EngineKind kind);
  EngineKind choose(const Suite& suite, const EngineChoice& choice);
  void run(std::span<Job> jobs, Direction direction) noexcept;
  void run_mixed(std::span<Job> jobs, Direction direction) noexcept;

  EngineMaker make_;
  std::array<std::unique_ptr<Engine>, kEngineKinds> engines_;
  std::array<EngineKind, kSuites.size()> serving_{};
  std::string description_;
  std::array<Job, kMaxBurst> gathered_;
};

}  // namespace sallyport::crypto
