// Random sequences until the time of a test is over: their seeds, how long they run, and what they must have met.
// SALLYPORT_SEED repeats a run from that seed on, SALLYPORT_LONG=1 makes it ten times as long.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "tests/cross/traffic/world.hpp"

namespace sallyport::traffic {

/// Runs `sequence` with one seed after the other for about `usual`. A failure (std::exception) is the test's, and names
/// the seed that repeats it. Fails too where something of `expected` was never met.
void run_sequences(std::chrono::milliseconds usual, const std::vector<std::string>& expected,
                   const std::function<void(std::uint64_t seed, Coverage& coverage)>& sequence);

/// What the product promises, and all that it may meet: for comparison with the model.
Rules rules_of_the_product(std::vector<std::string> suites);

/// The ROCs that it promises to try for an SSRC that is new under its keys: 0 where another was inherited, or 1 where
/// the start was lost over the first wrap.
std::vector<std::uint32_t> promised_search(std::optional<std::uint32_t> roc, std::uint16_t sequence);

/// What a run by these rules meets sooner or later.
std::vector<std::string> everything_but_suites();

}  // namespace sallyport::traffic
