// Jobs of a burst in the order in which kernels want them: those of one kind together, and these by length, so that
// packets that share a register end together. Used by the lanes engine, for each burst.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "crypto/engine.hpp"

namespace sallyport::crypto::lanes {

/// Classes of length per kind.
inline constexpr std::size_t kLengths = 32;
/// A kind and a length in one number, by which jobs are sorted: kind * kLengths + length.
using JobClass = std::uint16_t;

/// Length in units of 64 bytes, which is what kernels work in; long ones count alike.
constexpr JobClass length_class(std::size_t bytes) noexcept {
  const std::size_t rows = bytes / 64;
  return static_cast<JobClass>(rows < kLengths ? rows : kLengths - 1);
}

/// Number of 16-byte blocks up to twelve, which make a difference to GCM (gcm_columns.hpp), and of 64 bytes from there.
constexpr JobClass block_class(std::size_t bytes) noexcept {
  constexpr std::size_t kSingly = 12;
  const std::size_t blocks = (bytes + 15) / 16;
  const std::size_t number = blocks <= kSingly ? blocks : kSingly + (blocks - kSingly + 3) / 4;
  return static_cast<JobClass>(number < kLengths ? number : kLengths - 1);
}

/// Up to kMaxBurst jobs of up to kKinds kinds.
template <std::size_t kKinds>
class JobOrder {
 public:
  /// The class of jobs that are not wanted.
  static constexpr JobClass kLeftOut = kKinds * kLengths;

  /// Puts the jobs in order. Where all are of one class, as in most bursts, that is the order in which they came.
  template <class ClassOf>
  void arrange(std::span<Job> jobs, ClassOf class_of) noexcept {
    std::size_t size = 0;
    unsigned differing = 0;
    for (Job& job : jobs) {
      const JobClass job_class = class_of(job);
      if (job_class == kLeftOut) continue;
      jobs_[size] = &job;
      classes_[size] = job_class;
      differing |= static_cast<unsigned>(job_class ^ classes_[0]);
      ++size;
    }
    size_ = size;
    if (differing != 0) sort();
  }

  std::span<Job* const> jobs() const noexcept { return {jobs_.data(), size_}; }

  /// Calls run(kind, jobs) for every kind that there is.
  template <class Run>
  void for_each_kind(Run run) const noexcept {
    for (std::size_t begin = 0; begin < size_;) {
      const std::size_t kind = classes_[begin] / kLengths;
      std::size_t end = size_;
      while (classes_[end - 1] / kLengths != kind) --end;
      run(kind, jobs().subspan(begin, end - begin));
      begin = end;
    }
  }

 private:
  /// A counting sort. Of the kinds only those that there are have counters, in that order.
  void sort() noexcept {
    std::uint32_t kinds = 0;
    for (std::size_t i = 0; i < size_; ++i) kinds |= std::uint32_t{1} << classes_[i] / kLengths;
    const auto counter_of = [kinds](JobClass job_class) {
      const std::uint32_t before = kinds & ((std::uint32_t{1} << job_class / kLengths) - 1);
      return static_cast<std::size_t>(std::popcount(before)) * kLengths + job_class % kLengths;
    };
    std::array<std::uint8_t, kKinds * kLengths + 1> start;
    const std::size_t counters = static_cast<std::size_t>(std::popcount(kinds)) * kLengths;
    for (std::size_t c = 0; c <= counters; ++c) start[c] = 0;
    for (std::size_t i = 0; i < size_; ++i) ++start[counter_of(classes_[i]) + 1];
    for (std::size_t c = 1; c < counters; ++c) start[c] = static_cast<std::uint8_t>(start[c] + start[c - 1]);
    const std::array<Job*, kMaxBurst> jobs = jobs_;
    const std::array<JobClass, kMaxBurst> classes = classes_;
    for (std::size_t i = 0; i < size_; ++i) {
      const std::size_t at = start[counter_of(classes[i])]++;
      jobs_[at] = jobs[i];
      classes_[at] = classes[i];
    }
  }

  std::array<Job*, kMaxBurst> jobs_;
  std::array<JobClass, kMaxBurst> classes_;
  std::size_t size_ = 0;
};

}  // namespace sallyport::crypto::lanes
