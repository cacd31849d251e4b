// The product against the model through random sequences of loss, reordering, repetition, damage, wraps, changes of
// SSRC and re-keys, for every suite and session parameter, on every engine (M1, M5). A failure names the seed that
// repeats it.
#include <gtest/gtest.h>

#include <iostream>

#include "tests/cross/engines_here.hpp"
#include "tests/cross/seed.hpp"
#include "tests/cross/traffic/model_end.hpp"
#include "tests/cross/traffic/product_end.hpp"
#include "tests/cross/traffic/world.hpp"

namespace sallyport::traffic {
namespace {

using namespace std::chrono_literals;

/// What the product promises beyond RFC 3711 for an SSRC that is new under its keys: ROC 0 where another was inherited,
/// or ROC 1 where the start was lost over the first wrap.
std::vector<std::uint32_t> promised_search(std::optional<std::uint32_t> roc, std::uint16_t sequence) {
  if (roc && *roc != 0) return {0};
  if (sequence < 0x8000) return {1};
  return {};
}

/// How far it may search at most.
constexpr std::uint32_t kSearched = 64;

bool within_search(std::optional<std::uint32_t> known, bool authentic, std::uint32_t roc) {
  if (authentic) return known && roc > *known && roc - *known <= kSearched;  // a known sender only goes on
  return roc < kSearched || roc + 1 == known.value_or(0) || roc == known.value_or(0) + 1 || roc == known;
}

bool reconcile(ReceivingEnd& reference, const Item& item, const Outcome& subject, bool fresh) {
  model::Receiver* receiver = dynamic_cast<ModelReceiver&>(reference).receiver(item.stream, subject.by_previous_keys);
  const std::optional<model::Header> header = model::parse(item.kind, item.packet);
  if (receiver == nullptr || !header || item.kind != Kind::kRtp) return false;
  const bool authentic = receiver->highest(Kind::kRtp, header->ssrc).has_value();
  const auto roc = static_cast<std::uint32_t>(subject.index >> 16);
  if (!fresh && !within_search(receiver->roc(header->ssrc), authentic, roc)) return false;
  return receiver->adopt(item.packet, subject.index);
}

Rules everything(std::vector<std::string> suites) {
  Rules rules;
  rules.repertoire.suites = std::move(suites);
  rules.repertoire.key_derivation = true;
  rules.repertoire.lifetimes = true;
  rules.repertoire.wide_windows = true;
  rules.repertoire.accept_unencrypted = true;
  rules.repertoire.unknown_rocs = true;
  rules.repertoire.grace = true;
  rules.reconcile = reconcile;
  return rules;
}

void expect_covered(const Coverage& coverage) {
  for (const model::Suite& suite : model::suites()) EXPECT_TRUE(coverage.contains("suite " + suite.name)) << suite.name;
  for (const char* what : {"protected", "not protected", "accepted", "damaged", "refused: replayed", "refused: too old",
                           "refused: unauthentic", "refused: malformed", "refused: unknown MKI", "refused: unencrypted",
                           "accepted under old keys", "accepted behind a wrap", "found by search", "other master key",
                           "ROC signalled", "ROC unknown", "re-key, ROC kept", "re-key, ROC reset"}) {
    EXPECT_TRUE(coverage.contains(what)) << what;
  }
}

TEST(Property, ProductAndModelAgreeOnEverySequence) {
  const std::vector<crypto::test::NamedEngine>& engines = crypto::test::engines_here();
  const std::uint64_t first = first_seed();
  std::cout << "SALLYPORT_SEED=" << first << '\n';
  Coverage coverage;
  const auto end = std::chrono::steady_clock::now() + time_for(18s);
  std::uint64_t seed = first;
  do {
    const auto& sealing = engines[seed % engines.size()];
    const auto& opening = engines[seed / engines.size() % engines.size()];
    ModelSender model_sender;
    ModelReceiver model_receiver(promised_search);
    const Path path = seed % 5 == 0 ? Path::kPending : Path::kBurst;
    ProductSender sender(*sealing.engine, path);
    ProductReceiver receiver(*opening.engine, path);
    const Rules rules = everything(crypto::test::suites_of({sealing.engine.get(), opening.engine.get()}));
    World world(rules, {model_sender, model_receiver}, {sender, receiver}, seed, coverage);
    try {
      world.run();
    } catch (const std::exception& error) {
      FAIL() << "SALLYPORT_SEED=" << seed << " " << sealing.name << " -> " << opening.name
             << (path == Path::kPending ? ", pending: " : ": ") << error.what();
    }
    ++seed;
  } while (std::chrono::steady_clock::now() < end);
  std::cout << seed - first << " sequences\n";
  for (const auto& [what, count] : coverage) std::cout << "  " << what << ": " << count << '\n';
  expect_covered(coverage);
}

}  // namespace
}  // namespace sallyport::traffic
