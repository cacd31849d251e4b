#include "perf/load/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace sallyport::load {

Histogram::Histogram() : buckets_(kBuckets) {}

void Histogram::merge(const Histogram& other) noexcept {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

void Histogram::clear() noexcept {
  std::fill(buckets_.begin(), buckets_.end(), 0);
  count_ = max_ = 0;
}

std::uint64_t Histogram::percentile(double share) const noexcept {
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen > 0 && seen >= rank) return std::min(last_value_of(i), max_);
  }
  return max_;
}

}  // namespace sallyport::load
