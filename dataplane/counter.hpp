// A counter with one writer (a worker) and any number of readers. Costs what a plain increment costs.
#pragma once

#include <atomic>
#include <cstdint>

namespace sallyport::dataplane {

template <typename T>
class BasicCounter {
 public:
  BasicCounter() = default;
  /// Moving happens while only one thread can see either object.
  BasicCounter(BasicCounter&& other) noexcept : value_(other.read()) {}
  BasicCounter& operator=(BasicCounter&& other) noexcept {
    value_.store(other.read(), std::memory_order_relaxed);
    return *this;
  }
  /// Writer only.
  void add(T n = 1) noexcept { value_.store(static_cast<T>(read() + n), std::memory_order_relaxed); }
  void set(T n) noexcept { value_.store(n, std::memory_order_relaxed); }
  /// Any thread.
  T read() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<T> value_{0};
};

using Counter = BasicCounter<std::uint64_t>;
using Counter32 = BasicCounter<std::uint32_t>;

}  // namespace sallyport::dataplane
