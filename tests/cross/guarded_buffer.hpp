// Memory between two pages that may not be touched: a read or write beyond either end kills the test.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>
#include <span>

namespace sallyport::crypto::test {

class GuardedBuffer {
 public:
  explicit GuardedBuffer(std::size_t pages = 4)
      : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))), usable_(pages * page_) {
    void* mapping = mmap(nullptr, usable_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED) throw std::bad_alloc();
    mapping_ = static_cast<std::uint8_t*>(mapping);
    if (mprotect(mapping_ + page_, usable_, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
  }
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;
  ~GuardedBuffer() { munmap(mapping_, usable_ + 2 * page_); }

  /// `length` bytes whose last one lies before the upper guard.
  std::span<std::uint8_t> at_end(std::size_t length) { return {mapping_ + page_ + usable_ - length, length}; }
  /// `length` bytes whose first one lies behind the lower guard.
  std::span<std::uint8_t> at_start(std::size_t length) { return {mapping_ + page_, length}; }

 private:
  std::size_t page_;
  std::size_t usable_;
  std::uint8_t* mapping_;
};

}  // namespace sallyport::crypto::test
