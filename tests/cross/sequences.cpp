#include "tests/cross/sequences.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>

#include "tests/cross/traffic/model_end.hpp"

namespace sallyport::traffic {
namespace {

std::uint64_t first_seed() {
  if (const char* given = std::getenv("SALLYPORT_SEED")) return std::stoull(given);
  return std::random_device{}();
}

std::chrono::milliseconds time_for(std::chrono::milliseconds usual) {
  const char* wanted = std::getenv("SALLYPORT_LONG");
  return wanted != nullptr && std::string(wanted) == "1" ? 10 * usual : usual;
}

/// So that what is expected is met, however slow the build is.
constexpr std::uint64_t kFewest = 100;

/// How far the product may search at most for a ROC.
constexpr std::uint32_t kSearched = 64;

bool within_search(std::optional<std::uint32_t> known, bool authentic, std::uint32_t roc) {
  if (authentic) return known && roc > *known && roc - *known <= kSearched;  // a known sender only goes on
  return roc < kSearched || roc + 1 == known.value_or(0) || roc == known.value_or(0) + 1 || roc == known;
}

bool follow_search(ReceivingEnd& reference, const Item& item, const Outcome& subject, bool fresh) {
  model::Receiver* receiver = dynamic_cast<ModelReceiver&>(reference).receiver(item.stream, subject.by_previous_keys);
  const std::optional<model::Header> header = model::parse(item.kind, item.packet);
  if (receiver == nullptr || !header || item.kind != Kind::kRtp) return false;
  const bool authentic = receiver->highest(Kind::kRtp, header->ssrc).has_value();
  const auto roc = static_cast<std::uint32_t>(subject.index >> 16);
  if (!fresh && !within_search(receiver->roc(header->ssrc), authentic, roc)) return false;
  return receiver->adopt(item.packet, subject.index);
}

}  // namespace

void run_sequences(std::chrono::milliseconds usual, const std::vector<std::string>& expected,
                   const std::function<void(std::uint64_t seed, Coverage& coverage)>& sequence) {
  const std::uint64_t first = first_seed();
  std::cout << "SALLYPORT_SEED=" << first << std::endl;
  Coverage coverage;
  const auto end = std::chrono::steady_clock::now() + time_for(usual);
  std::uint64_t seed = first;
  do {
    try {
      sequence(seed, coverage);
    } catch (const std::exception& error) {
      FAIL() << "SALLYPORT_SEED=" << seed << " " << error.what();
    }
    ++seed;
  } while (std::chrono::steady_clock::now() < end || seed - first < kFewest);
  std::cout << seed - first << " sequences\n";
  for (const auto& [what, count] : coverage) std::cout << "  " << what << ": " << count << '\n';
  for (const std::string& what : expected) EXPECT_TRUE(coverage.contains(what)) << what;
}

Rules rules_of_the_product(std::vector<std::string> suites) {
  Rules rules;
  rules.repertoire.suites = std::move(suites);
  rules.repertoire.key_derivation = true;
  rules.repertoire.lifetimes = true;
  rules.repertoire.wide_windows = true;
  rules.repertoire.accept_unencrypted = true;
  rules.repertoire.unknown_rocs = true;
  rules.repertoire.grace = true;
  rules.reconcile = follow_search;
  return rules;
}

std::vector<std::uint32_t> promised_search(std::optional<std::uint32_t> roc, std::uint16_t sequence) {
  if (roc && *roc != 0) return {0};
  if (sequence < 0x8000) return {1};
  return {};
}

std::vector<std::string> everything_but_suites() {
  return {"protected",
          "not protected",
          "accepted",
          "accepted under old keys",
          "accepted behind a wrap",
          "damaged",
          "refused: replayed",
          "refused: too old",
          "refused: unauthentic",
          "refused: malformed",
          "refused: unknown MKI",
          "refused: unencrypted",
          "found by search",
          "other master key",
          "ROC signalled",
          "ROC unknown",
          "re-key, ROC kept",
          "re-key, ROC reset"};
}

}  // namespace sallyport::traffic
