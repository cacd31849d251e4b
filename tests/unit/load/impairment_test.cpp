// Damage on purpose: as much as was asked for, and the same for the same seed.
#include "perf/load/impairment.hpp"

#include <gtest/gtest.h>

#include <array>

namespace sallyport::load {
namespace {

constexpr std::uint32_t kPackets = 200'000;

std::array<double, 6> shares(const Impairment& impairment) {
  std::array<double, 6> counted{};
  for (std::uint32_t i = 0; i < kPackets; ++i) {
    counted[static_cast<std::size_t>(impairment.fate(i % 100, i / 100))] += 1.0 / kPackets;
  }
  return counted;
}

TEST(Impairment, NoneUnlessAskedFor) { EXPECT_NEAR(shares(Impairment({}, 7))[0], 1, 1e-9); }

TEST(Impairment, SharesAreAsAskedFor) {
  const ImpairmentRates rates{
      .withheld = 0.01, .duplicated = 0.02, .reordered = 0.05, .bad_tag = 0.1, .malformed = 0.03};
  const auto counted = shares(Impairment(rates, 1));
  EXPECT_NEAR(counted[static_cast<std::size_t>(Fate::kWithheld)], 0.01, 0.002);
  EXPECT_NEAR(counted[static_cast<std::size_t>(Fate::kDuplicated)], 0.02, 0.002);
  EXPECT_NEAR(counted[static_cast<std::size_t>(Fate::kReordered)], 0.05, 0.003);
  EXPECT_NEAR(counted[static_cast<std::size_t>(Fate::kBadTag)], 0.1, 0.004);
  EXPECT_NEAR(counted[static_cast<std::size_t>(Fate::kMalformed)], 0.03, 0.003);
}

TEST(Impairment, EverythingCanBeHit) {
  EXPECT_NEAR(shares(Impairment({.withheld = 1}, 1))[static_cast<std::size_t>(Fate::kWithheld)], 1, 1e-9);
}

TEST(Impairment, SeedDecides) {
  const ImpairmentRates rates{.withheld = 0.5};
  const Impairment first(rates, 1);
  const Impairment again(rates, 1);
  const Impairment other(rates, 2);
  unsigned differences = 0;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(first.fate(3, i), again.fate(3, i));
    differences += first.fate(3, i) != other.fate(3, i);
  }
  EXPECT_GT(differences, 400U);
}

}  // namespace
}  // namespace sallyport::load
