// Random traffic in lock-step with libSRTP, in both directions: the product on every engine, and the model, so that who
// judges the product is judged as well (M1, M5).
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "tests/cross/engines_here.hpp"
#include "tests/cross/sequences.hpp"
#include "tests/cross/traffic/libsrtp_end.hpp"
#include "tests/cross/traffic/model_end.hpp"
#include "tests/cross/traffic/product_end.hpp"

namespace sallyport::traffic {
namespace {

using namespace std::chrono_literals;

/// What libSRTP can follow: it has one set of keys at a time, is told no ROC, searches none, and its SRTCP indices
/// start at 1.
Rules what_libsrtp_can(const std::vector<std::string>& suites) {
  Rules rules;
  rules.repertoire.suites = suites;
  rules.repertoire.mki_behind_equal_tags = true;
  rules.repertoire.gcm_encrypts = true;
  rules.srtcp_starts_at_one = true;
  rules.compare_state = false;
  return rules;
}

std::vector<std::string> expected() {
  return {"protected",         "not protected",    "accepted",         "accepted behind a wrap", "damaged",
          "refused: replayed", "refused: too old", "other master key", "re-key, ROC kept",       "re-key, ROC reset"};
}

std::vector<std::string> common(const std::vector<std::string>& some, const std::vector<std::string>& others) {
  std::vector<std::string> names;
  for (const std::string& name : some) {
    if (std::ranges::find(others, name) != others.end()) names.push_back(name);
  }
  return names;
}

TEST(Lockstep, LibSrtpHasMostSuites) {
  const std::vector<std::string> suites = libsrtp_suites();
  for (const std::string& name : suites) std::cout << name << '\n';
  EXPECT_GE(suites.size(), 8U);
}

TEST(Lockstep, ProductAndLibSrtpAgree) {
  const auto& engines = crypto::test::engines_here();
  const std::vector<std::string> suites = libsrtp_suites();
  run_sequences(8s, expected(), [&](std::uint64_t seed, Coverage& coverage) {
    const auto& sealing = engines[seed % engines.size()];
    const auto& opening = engines[(seed + seed / engines.size()) % engines.size()];
    const Rules rules =
        what_libsrtp_can(common(suites, crypto::test::suites_of({sealing.engine.get(), opening.engine.get()})));
    LibSrtpSender libsrtp_sender;
    LibSrtpReceiver libsrtp_receiver;
    ProductSender sender(*sealing.engine);
    ProductReceiver receiver(*opening.engine);
    World(rules, {libsrtp_sender, libsrtp_receiver}, {sender, receiver}, seed, coverage).run();
  });
}

TEST(Lockstep, ModelAndLibSrtpAgree) {
  const std::vector<std::string> suites = libsrtp_suites();
  run_sequences(4s, {"accepted", "damaged"}, [&](std::uint64_t seed, Coverage& coverage) {
    ModelSender model_sender;
    ModelReceiver model_receiver;
    LibSrtpSender sender;
    LibSrtpReceiver receiver;
    World(what_libsrtp_can(suites), {model_sender, model_receiver}, {sender, receiver}, seed, coverage).run();
  });
}

}  // namespace
}  // namespace sallyport::traffic
