// The ring between two threads that never wait for each other longer than they must. Its value grows under the thread
// sanitizer: every item is plain memory written by one thread and read by the other, ordered by the ring alone.
#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "dataplane/ring.hpp"

namespace sallyport::dataplane {
namespace {

constexpr std::uint64_t kItems = 1'000'000;

struct Item {
  std::uint64_t number = 0;
  std::uint64_t square = 0;
};

/// Pushes kItems through a ring of `capacity` from another thread; every one must arrive whole and in order.
void stream_through(std::size_t capacity) {
  Ring<std::unique_ptr<Item>> ring(capacity);
  std::thread producer([&ring] {
    for (std::uint64_t i = 0; i < kItems; ++i) {
      auto item = std::make_unique<Item>(Item{i, i * i});
      while (!ring.push(std::move(item))) std::this_thread::yield();
    }
  });
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < kItems; ++i) {
    std::unique_ptr<Item> item;
    while (!ring.pop(item)) std::this_thread::yield();
    if (item == nullptr || item->number != i || item->square != i * i) ++wrong;
  }
  producer.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(ring.size(), 0U);
}

TEST(RingStress, SmallestRing) { stream_through(2); }
TEST(RingStress, LargeRing) { stream_through(1024); }

/// As between control and worker: what comes out of one ring goes back through another and is freed where it was made.
TEST(RingStress, ThereAndBack) {
  Ring<std::unique_ptr<Item>> there(64);
  Ring<std::unique_ptr<Item>> back(64);
  std::thread worker([&] {
    for (std::uint64_t i = 0; i < kItems; ++i) {
      std::unique_ptr<Item> item;
      while (!there.pop(item)) std::this_thread::yield();
      item->square = item->number * item->number;
      while (!back.push(std::move(item))) std::this_thread::yield();
    }
  });
  std::uint64_t sent = 0;
  std::uint64_t wrong = 0;
  for (std::uint64_t received = 0; received < kItems;) {
    if (sent < kItems && there.size() < there.capacity()) {
      ASSERT_TRUE(there.push(std::make_unique<Item>(Item{sent, 0})));
      ++sent;
    }
    std::unique_ptr<Item> item;
    if (!back.pop(item)) {
      std::this_thread::yield();
      continue;
    }
    if (item->number != received || item->square != received * received) ++wrong;
    ++received;
  }
  worker.join();
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace sallyport::dataplane
