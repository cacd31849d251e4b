// The ring as one thread sees it: order, capacity, ownership of what passes through.
#include "dataplane/ring.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace sallyport::dataplane {
namespace {

TEST(Ring, CapacityIsRoundedUpToAPowerOfTwo) {
  EXPECT_EQ(Ring<int>(1).capacity(), 2U);
  EXPECT_EQ(Ring<int>(2).capacity(), 2U);
  EXPECT_EQ(Ring<int>(3).capacity(), 4U);
  EXPECT_EQ(Ring<int>(1000).capacity(), 1024U);
}

TEST(Ring, KeepsOrderOverManyTurns) {
  Ring<int> ring(4);
  int next_in = 0;
  int next_out = 0;
  for (int turn = 0; turn < 1000; ++turn) {
    const int burst = 1 + turn % 4;
    for (int i = 0; i < burst; ++i) ASSERT_TRUE(ring.push(next_in++));
    ASSERT_EQ(ring.size(), static_cast<std::size_t>(burst));
    for (int i = 0, item = -1; i < burst; ++i) {
      ASSERT_TRUE(ring.pop(item));
      ASSERT_EQ(item, next_out++);
    }
  }
}

TEST(Ring, FullRingLeavesTheItemWithItsOwner) {
  Ring<std::unique_ptr<int>> ring(2);
  ASSERT_TRUE(ring.push(std::make_unique<int>(1)));
  ASSERT_TRUE(ring.push(std::make_unique<int>(2)));
  auto third = std::make_unique<int>(3);
  EXPECT_FALSE(ring.push(std::move(third)));
  ASSERT_NE(third, nullptr);
  EXPECT_EQ(*third, 3);
  std::unique_ptr<int> out;
  ASSERT_TRUE(ring.pop(out));
  EXPECT_EQ(*out, 1);
  EXPECT_TRUE(ring.push(std::move(third)));
  EXPECT_EQ(third, nullptr);
}

TEST(Ring, EmptyRingLeavesTheTargetAlone) {
  Ring<int> ring(2);
  int item = 42;
  EXPECT_FALSE(ring.pop(item));
  EXPECT_EQ(item, 42);
}

TEST(Ring, KeepsNothingOfWhatWasPopped) {
  auto shared = std::make_shared<int>(1);
  Ring<std::shared_ptr<int>> ring(4);
  ASSERT_TRUE(ring.push(std::shared_ptr<int>(shared)));
  std::shared_ptr<int> out;
  ASSERT_TRUE(ring.pop(out));
  EXPECT_EQ(shared.use_count(), 2);
}

TEST(Ring, DestroysWhatWasNeverPopped) {
  auto shared = std::make_shared<int>(1);
  {
    Ring<std::shared_ptr<int>> ring(4);
    ASSERT_TRUE(ring.push(std::shared_ptr<int>(shared)));
  }
  EXPECT_EQ(shared.use_count(), 1);
}

}  // namespace
}  // namespace sallyport::dataplane
