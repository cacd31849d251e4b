// A ring between exactly two threads, one that pushes and one that pops. Carries commands, events and handed-over
// packets.
//
// The producer alone writes tail_, the consumer alone writes head_. A slot is written before tail_ is released and read
// after tail_ was acquired, so the consumer sees the whole item; it is emptied before head_ is released and refilled
// after head_ was acquired, so the producer never overwrites an item that is being read. Each side keeps a private copy
// of the other's index and looks at the shared one only when the copy says full (or empty): most pushes and pops touch
// one shared line. rte_ring would do, but it orders with compiler barriers, which the thread sanitizer cannot follow.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace sallyport::dataplane {

template <typename T>
class Ring {
 public:
  /// `capacity` is rounded up to a power of two.
  explicit Ring(std::size_t capacity) : mask_(round_up(capacity) - 1), slots_(std::make_unique<T[]>(mask_ + 1)) {}
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// Producer: moves `item` in, or leaves it untouched and returns false where the ring is full.
  bool push(T&& item) noexcept {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ > mask_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ > mask_) return false;
    }
    slots_[tail & mask_] = std::move(item);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// Consumer: moves the oldest item out, or returns false where the ring is empty.
  bool pop(T& item) noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_seen_) {
      tail_seen_ = tail_.load(std::memory_order_acquire);
      if (head == tail_seen_) return false;
    }
    item = std::move(slots_[head & mask_]);
    head_.store(head + 1, std::memory_order_release);
    return true;
  }

  /// Either thread; exact only while the other rests.
  std::size_t size() const noexcept {
    return tail_.load(std::memory_order_acquire) - head_.load(std::memory_order_acquire);
  }
  std::size_t capacity() const noexcept { return mask_ + 1; }

 private:
  static constexpr std::size_t round_up(std::size_t n) noexcept {
    std::size_t power = 2;
    while (power < n) power *= 2;
    return power;
  }

  const std::size_t mask_;
  const std::unique_ptr<T[]> slots_;
  alignas(64) std::atomic<std::size_t> tail_{0};
  std::size_t head_seen_ = 0;  ///< producer's copy
  alignas(64) std::atomic<std::size_t> head_{0};
  std::size_t tail_seen_ = 0;  ///< consumer's copy
};

}  // namespace sallyport::dataplane
