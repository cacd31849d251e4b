// Jobs of one kind out of a burst, sorted by length where they differ, so that packets that share a register end
// together. Used by the lanes engine, for each burst.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "crypto/engine.hpp"

namespace sallyport::crypto::lanes {

/// Length in units of 64 bytes, which is what kernels work in; long ones count alike.
constexpr std::uint8_t length_class(std::size_t bytes) noexcept {
  constexpr std::size_t kLongest = 31;
  const std::size_t rows = bytes / 64;
  return static_cast<std::uint8_t>(rows < kLongest ? rows : kLongest);
}

/// Number of 16-byte blocks up to twelve, which make a difference to GCM (gcm_columns.hpp), and of 64 bytes from there.
constexpr std::uint8_t block_class(std::size_t bytes) noexcept {
  constexpr std::size_t kSingly = 12;
  constexpr std::size_t kLongest = 31;
  const std::size_t blocks = (bytes + 15) / 16;
  const std::size_t number = blocks <= kSingly ? blocks : kSingly + (blocks - kSingly + 3) / 4;
  return static_cast<std::uint8_t>(number < kLongest ? number : kLongest);
}

class JobList {
 public:
  void clear() noexcept {
    size_ = 0;
    classes_seen_ = 0;
  }
  void add(Job& job, std::uint8_t length) noexcept {
    jobs_[size_] = &job;
    lengths_[size_++] = length;
    classes_seen_ |= std::uint32_t{1} << length;
  }
  std::size_t size() const noexcept { return size_; }
  Job* const* data() const noexcept { return jobs_.data(); }

  /// The longest last. Free where all are of one class: a counting sort otherwise.
  void sort() noexcept {
    if (size_ < 2 || (classes_seen_ & (classes_seen_ - 1)) == 0) return;
    std::array<std::uint8_t, 33> start{};
    for (std::size_t i = 0; i < size_; ++i) ++start[lengths_[i] + 1u];
    for (std::size_t c = 1; c < start.size(); ++c) start[c] = static_cast<std::uint8_t>(start[c] + start[c - 1]);
    std::array<Job*, kMaxBurst> sorted;
    for (std::size_t i = 0; i < size_; ++i) sorted[start[lengths_[i]]++] = jobs_[i];
    for (std::size_t i = 0; i < size_; ++i) jobs_[i] = sorted[i];
  }

 private:
  std::array<Job*, kMaxBurst> jobs_;
  std::array<std::uint8_t, kMaxBurst> lengths_;
  std::size_t size_ = 0;
  std::uint32_t classes_seen_ = 0;
};

}  // namespace sallyport::crypto::lanes
