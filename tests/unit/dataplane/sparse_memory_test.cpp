// Sparse memory: zero whoever had it before, apart from all other of its kind, and resident only where it was written.
#include "dataplane/sparse_memory.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

namespace sallyport::dataplane {
namespace {

struct Block {
  std::array<std::uint8_t, 200> bytes;
};
using SparseBlock = Sparse<Block>;

bool is_zero(const SparseBlock& block) {
  return std::ranges::all_of(block->bytes, [](std::uint8_t byte) { return byte == 0; });
}

TEST(SparseMemory, IsZeroAgainAfterItWasGivenBack) {
  constexpr int kMany = 100;
  for (int round = 0; round < 3; ++round) {
    std::vector<SparseBlock> blocks(kMany);
    for (SparseBlock& block : blocks) {
      EXPECT_TRUE(is_zero(block));
      block->bytes.fill(0xa5);
    }
  }
}

TEST(SparseMemory, BlocksAreAlignedAndApart) {
  std::vector<SparseBlock> blocks(1000);
  std::set<std::uintptr_t> places;
  for (SparseBlock& block : blocks) places.insert(reinterpret_cast<std::uintptr_t>(block.operator->()));
  EXPECT_EQ(places.size(), blocks.size());
  std::uintptr_t end = 0;
  for (const std::uintptr_t place : places) {
    EXPECT_EQ(place % 64, 0U);
    EXPECT_GE(place, end);
    end = place + sizeof(Block);
  }
}

TEST(SparseMemory, MovesWithItsOwner) {
  SparseBlock first;
  first->bytes[0] = 1;
  SparseBlock second(std::move(first));
  EXPECT_EQ(second->bytes[0], 1);
  SparseBlock third;
  third = std::move(second);
  EXPECT_EQ(third->bytes[0], 1);
}

TEST(SparseMemory, OversizedAndEmptyAreRefused) {
  EXPECT_THROW(sparse_allocate(0), std::bad_alloc);
  EXPECT_THROW(sparse_allocate(1 << 20), std::bad_alloc);
}

TEST(SparseMemory, IsNotResidentBeforeItIsWritten) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  // No other test has blocks of this size, so that none was written before.
  struct Large {
    std::array<std::uint8_t, 1000> bytes;
  };
  std::vector<Sparse<Large>> blocks(4096);
  const auto resident = [&] {
    std::set<std::uintptr_t> pages;
    for (Sparse<Large>& block : blocks) {
      pages.insert(reinterpret_cast<std::uintptr_t>(block.operator->()) / page * page);
    }
    return std::ranges::count_if(pages, [&](std::uintptr_t at) {
      unsigned char state = 0;
      EXPECT_EQ(mincore(reinterpret_cast<void*>(at), page, &state), 0);
      return (state & 1) != 0;
    });
  };
  EXPECT_LE(resident(), 2);  // the first and the last may be shared with other sizes
  blocks[2000]->bytes[0] = 1;
  const auto written = resident();
  EXPECT_GE(written, 1);
  EXPECT_LE(written, 3);
}

}  // namespace
}  // namespace sallyport::dataplane
