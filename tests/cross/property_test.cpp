// The product against the model through random sequences of loss, reordering, repetition, damage, wraps, changes of
// SSRC and re-keys, for every suite and session parameter, on every engine (M1, M5).
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/cross/engines_here.hpp"
#include "tests/cross/sequences.hpp"
#include "tests/cross/traffic/model_end.hpp"
#include "tests/cross/traffic/product_end.hpp"

namespace sallyport::traffic {
namespace {

using namespace std::chrono_literals;
using crypto::test::engines_here;
using crypto::test::NamedEngine;

TEST(Property, ProductAndModelAgreeOnEverySequence) {
  std::vector<std::string> expected = everything_but_suites();
  for (const model::Suite& suite : model::suites()) expected.push_back("suite " + suite.name);
  for (const NamedEngine& named : engines_here()) expected.push_back("sealed by " + named.name);
  for (const NamedEngine& named : engines_here()) expected.push_back("opened by " + named.name);
  run_sequences(18s, expected, [](std::uint64_t seed, Coverage& coverage) {
    const std::size_t count = engines_here().size();
    const NamedEngine& sealing = engines_here()[seed % count];
    const NamedEngine& opening = engines_here()[(seed + seed / count) % count];
    const Path path = seed % 5 == 0 ? Path::kPending : Path::kBurst;
    ++coverage["sealed by " + sealing.name];
    ++coverage["opened by " + opening.name];
    ModelSender model_sender;
    ModelReceiver model_receiver(promised_search);
    ProductSender sender(*sealing.engine, path);
    ProductReceiver receiver(*opening.engine, path);
    const Rules rules = rules_of_the_product(crypto::test::suites_of({sealing.engine.get(), opening.engine.get()}));
    try {
      World(rules, {model_sender, model_receiver}, {sender, receiver}, seed, coverage).run();
    } catch (const std::exception& error) {
      throw std::runtime_error(sealing.name + " -> " + opening.name + (path == Path::kPending ? ", pending" : "") +
                               ": " + error.what());
    }
  });
}

}  // namespace
}  // namespace sallyport::traffic
