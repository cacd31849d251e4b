// Latencies counted in buckets that grow with the value: any percentile of any number of packets, to within 0.8 %, in
// 36 KiB. Filled by the judge; knows no packets.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace sallyport::load {

class Histogram {
 public:
  Histogram();

  /// Nanoseconds; anything beyond 18 minutes counts as that.
  void add(std::uint64_t value) noexcept {
    ++buckets_[bucket_of(value)];
    ++count_;
    if (value > max_) max_ = value;
  }
  void merge(const Histogram& other) noexcept;
  void clear() noexcept;

  std::uint64_t count() const noexcept { return count_; }
  std::uint64_t max() const noexcept { return max_; }
  /// The value that `share` of all values (0 to 1) do not exceed; 0 where there are none. Rounded up to the bucket's
  /// end, never beyond max().
  std::uint64_t percentile(double share) const noexcept;

 private:
  /// Each power of two is divided into 2^kSubBits buckets; values below 2^kSubBits have one each.
  static constexpr unsigned kSubBits = 7;
  static constexpr unsigned kValueBits = 40;
  static constexpr std::size_t kBuckets = std::size_t{kValueBits - kSubBits + 1} << kSubBits;

  static constexpr std::size_t bucket_of(std::uint64_t value) noexcept {
    constexpr std::uint64_t kLargest = (std::uint64_t{1} << kValueBits) - 1;
    if (value > kLargest) value = kLargest;
    const auto width = static_cast<unsigned>(std::bit_width(value));
    if (width <= kSubBits) return static_cast<std::size_t>(value);
    const unsigned shift = width - kSubBits - 1;
    return (std::size_t{shift} << kSubBits) + static_cast<std::size_t>(value >> shift);
  }
  static constexpr std::uint64_t last_value_of(std::size_t bucket) noexcept {
    if (bucket < (std::size_t{2} << kSubBits)) return bucket;
    const std::size_t shift = (bucket >> kSubBits) - 1;
    const std::uint64_t mantissa = bucket - (shift << kSubBits);
    return ((mantissa + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace sallyport::load
