// What the generator does to its own packets on purpose, so that the judge can be judged: the fate of a packet follows
// from seed, lane and counter alone and is the same in every run.
#pragma once

#include <cstdint>

#include "perf/load/mix.hpp"

namespace sallyport::load {

enum class Fate : std::uint8_t {
  kNormal,
  kWithheld,    ///< never sent
  kDuplicated,  ///< sent twice, back to back
  kReordered,   ///< sent behind its successor
  kBadTag,      ///< the last byte of its tag is wrong
  kMalformed,   ///< no RTP packet any more: another version, cut short, or more CSRCs than there are bytes
};

/// Shares of all packets, 0 to 1, together at most 1.
struct ImpairmentRates {
  double withheld = 0;
  double duplicated = 0;
  double reordered = 0;
  double bad_tag = 0;
  double malformed = 0;
};

class Impairment {
 public:
  Impairment() = default;
  Impairment(const ImpairmentRates& rates, std::uint64_t seed) noexcept
      : seed_(mix(seed)),
        withheld_(rates.withheld),
        duplicated_(withheld_ + rates.duplicated),
        reordered_(duplicated_ + rates.reordered),
        bad_tag_(reordered_ + rates.bad_tag),
        malformed_(bad_tag_ + rates.malformed) {}

  Fate fate(std::uint32_t lane, std::uint32_t counter) const noexcept {
    if (malformed_ == 0) return Fate::kNormal;
    constexpr double kUnit = 1.0 / 9007199254740992.0;  // 2^-53
    const double drawn = static_cast<double>(mix(seed_ ^ (std::uint64_t{lane} << 32 | counter)) >> 11) * kUnit;
    if (drawn < withheld_) return Fate::kWithheld;
    if (drawn < duplicated_) return Fate::kDuplicated;
    if (drawn < reordered_) return Fate::kReordered;
    if (drawn < bad_tag_) return Fate::kBadTag;
    return drawn < malformed_ ? Fate::kMalformed : Fate::kNormal;
  }

 private:
  std::uint64_t seed_ = 0;
  double withheld_ = 0;  ///< upper ends of the intervals of [0, 1) that mean each fate
  double duplicated_ = 0;
  double reordered_ = 0;
  double bad_tag_ = 0;
  double malformed_ = 0;
};

}  // namespace sallyport::load
