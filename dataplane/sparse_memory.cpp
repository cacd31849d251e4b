// A heap of blocks that it never touches: which are free is written down elsewhere, and what is given back is looked
// at, and wiped only where something was written to it. Like any heap it is one per process.
#include "dataplane/sparse_memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>
#include <vector>

namespace sallyport::dataplane {
namespace {

constexpr std::size_t kUnit = 64;
constexpr std::size_t kMaxObject = 1024;
constexpr std::size_t kChunk = 16 * 1024 * 1024;

class SparseHeap {
 public:
  void* allocate(std::size_t units) {
    const std::lock_guard lock(mutex_);
    Size& size = sizes_[units - 1];
    if (!size.free.empty()) {
      void* memory = size.free.back();
      size.free.pop_back();
      return memory;
    }
    // Room for all of this size, so that giving back cannot fail.
    if (size.made >= size.free.capacity()) size.free.reserve(std::max<std::size_t>(64, 2 * size.made));
    if (static_cast<std::size_t>(end_ - next_) < units * kUnit) map_chunk();
    ++size.made;
    void* memory = next_;
    next_ += units * kUnit;
    return memory;
  }

  void give_back(void* memory, std::size_t units) noexcept {
    const auto* bytes = static_cast<const std::byte*>(memory);
    const bool written = std::any_of(bytes, bytes + units * kUnit, [](std::byte byte) { return byte != std::byte{}; });
    if (written) std::memset(memory, 0, units * kUnit);
    const std::lock_guard lock(mutex_);
    sizes_[units - 1].free.push_back(memory);
  }

 private:
  struct Size {
    std::size_t made = 0;
    std::vector<void*> free;
  };

  /// Never on huge pages: the first write would make a whole one.
  void map_chunk() {
    void* mapping = mmap(nullptr, kChunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) throw std::bad_alloc();
    static_cast<void>(madvise(mapping, kChunk, MADV_NOHUGEPAGE));  // fails only where the kernel has none
    next_ = static_cast<std::byte*>(mapping);
    end_ = next_ + kChunk;
  }

  std::mutex mutex_;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  std::array<Size, kMaxObject / kUnit> sizes_;
};

SparseHeap& heap() {
  // Never destroyed: streams of static objects may die after it.
  static SparseHeap& instance = *::new SparseHeap;
  return instance;
}

std::size_t units_of(std::size_t size) { return (size + kUnit - 1) / kUnit; }

}  // namespace

void* sparse_allocate(std::size_t size) {
  if (size == 0 || size > kMaxObject) throw std::bad_alloc();
  return heap().allocate(units_of(size));
}

void sparse_free(void* memory, std::size_t size) noexcept { heap().give_back(memory, units_of(size)); }

}  // namespace sallyport::dataplane
