// A crypto device that is deliberately late: it does the work of a job only when it gives it back, in an order and
// after a time of the test's choosing, or never. Everything that a job refers to must hold until then.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "tests/scenario/gateway.hpp"

namespace sallyport::scenario {

enum class Answers : std::uint8_t { kInOrder, kReversed, kShuffled };

inline constexpr std::uint64_t kNoJob = ~std::uint64_t{0};

/// How the devices behave from now on.
struct Lateness {
  unsigned polls = 0;                 ///< a job is not given back before so many calls of collect() went by
  std::chrono::microseconds time{0};  ///< nor before this is over
  Answers answers = Answers::kInOrder;
  std::size_t depth = 4096;     ///< jobs that a device takes
  bool silent = false;          ///< nothing is given back
  bool fails = false;           ///< no job succeeds
  std::uint64_t lost = kNoJob;  ///< a job that never comes back, counted from 0 in the order of submission
  std::uint64_t first = 0;      ///< those before it never come back
  std::uint64_t aside = 0;      ///< not 0: one job in so many is done without the device, at once
};

/// What happened, for all workers together.
struct LateCounts {
  std::uint64_t submitted = 0;
  std::uint64_t collected = 0;
  std::uint64_t submit_calls = 0;
  std::uint64_t collect_calls = 0;
  std::uint64_t wrong_door = 0;  ///< jobs of the device that were to be done within the call
};

/// The engine of every worker, with a device each. Suites that `serves` denies are done within the call.
class LateEngines final : public EngineSource {
 public:
  using Serves = std::function<bool(const crypto::Suite&)>;
  explicit LateEngines(
      Lateness lateness = {}, Serves serves = [](const crypto::Suite&) { return true; });

  std::unique_ptr<crypto::Engine> for_control() override;
  std::unique_ptr<crypto::Engine> for_worker(dataplane::WorkerId worker) override;

  Lateness lateness;
  LateCounts counts;
  std::uint64_t in_flight() const { return counts.submitted - counts.collected; }

 private:
  Serves serves_;
};

}  // namespace sallyport::scenario
