// A heap of its own, because MADV_DONTDUMP works on pages: giving each key a page would cost 40,000 streams 300 MB and
// a TLB entry per packet. Chunks come from mmap, on huge pages where the kernel has them, and stay mapped; what is
// freed is wiped and kept in a list by size. Like any heap it is one per process.
#include "crypto/secret_memory.hpp"

#include <sys/mman.h>

#include <array>
#include <mutex>

#include "crypto/bytes.hpp"

namespace sallyport::crypto {
namespace {

constexpr std::size_t kUnit = 128;
constexpr std::size_t kMaxObject = 16 * 1024;
constexpr std::size_t kChunk = 2 * 1024 * 1024;

class SecretHeap {
 public:
  void* allocate(std::size_t units) {
    const std::lock_guard lock(mutex_);
    if (FreeBlock* block = free_[units - 1]) {
      free_[units - 1] = block->next;
      block->next = nullptr;
      return block;
    }
    if (static_cast<std::size_t>(end_ - next_) < units * kUnit) map_chunk();
    void* memory = next_;
    next_ += units * kUnit;
    return memory;
  }

  void give_back(void* memory, std::size_t units) noexcept {
    secure_wipe(memory, units * kUnit);
    const std::lock_guard lock(mutex_);
    free_[units - 1] = ::new (memory) FreeBlock{free_[units - 1]};
  }

 private:
  struct FreeBlock {
    FreeBlock* next;
  };

  /// Twice the size is mapped and the ends are cut off, so that a chunk lies on a huge page.
  void map_chunk() {
    void* mapping = mmap(nullptr, 2 * kChunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) throw std::bad_alloc();
    auto* start = static_cast<std::byte*>(mapping);
    const std::size_t before = (kChunk - reinterpret_cast<std::uintptr_t>(start) % kChunk) % kChunk;
    if (before != 0) munmap(start, before);
    munmap(start + before + kChunk, kChunk - before);
    next_ = start + before;
    end_ = next_ + kChunk;
    if (madvise(next_, kChunk, MADV_DONTDUMP) != 0) throw std::bad_alloc();
    // Advice only: without huge pages it is merely slower.
    static_cast<void>(madvise(next_, kChunk, MADV_HUGEPAGE));
  }

  std::mutex mutex_;
  std::byte* next_ = nullptr;
  std::byte* end_ = nullptr;
  std::array<FreeBlock*, kMaxObject / kUnit> free_{};
};

SecretHeap& heap() {
  // Never destroyed: keys held by static objects may die after it.
  static SecretHeap& instance = *::new SecretHeap;
  return instance;
}

std::size_t units_of(std::size_t size) {
  if (size == 0 || size > kMaxObject) throw std::bad_alloc();
  return (size + kUnit - 1) / kUnit;
}

}  // namespace

void* secret_allocate(std::size_t size) { return heap().allocate(units_of(size)); }

void secret_free(void* memory, std::size_t size) noexcept {
  if (memory != nullptr) heap().give_back(memory, (size + kUnit - 1) / kUnit);
}

}  // namespace sallyport::crypto
