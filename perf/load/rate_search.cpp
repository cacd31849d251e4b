#include "perf/load/rate_search.hpp"

#include <algorithm>
#include <cmath>

namespace sallyport::load {

std::optional<double> RateSearch::next() const noexcept {
  if (!passed_) return failed_ ? std::nullopt : std::optional(options_.lowest);
  if (!failed_) return *passed_ < options_.highest ? std::optional(options_.highest) : std::nullopt;
  if (*passed_ >= *failed_ * (1 - options_.resolution)) return std::nullopt;
  // The geometric mean, since the resolution is a share of the rate: bounds may be far apart at little cost.
  return std::sqrt(*passed_ * *failed_);
}

void RateSearch::tried(bool passed) noexcept {
  const std::optional<double> rate = next();
  (passed ? passed_ : failed_) = rate;
}

unsigned RateSearch::most_trials(const FindRateOptions& options) noexcept {
  constexpr unsigned kBounds = 2;
  constexpr double kRounding = 1e-6;
  const double steps = std::log(options.highest / options.lowest) / -std::log1p(-options.resolution);
  return kBounds + static_cast<unsigned>(std::ceil(std::log2(std::max(steps, 1.0)) + kRounding));
}

}  // namespace sallyport::load
