#include "perf/recorded_memory.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

#include "crypto/secret_memory.hpp"

namespace sallyport::perf {
namespace {

/// Fixed, because what records allocations may not allocate.
struct Recorder {
  static constexpr std::size_t kMost = 4096;
  std::array<Region, kMost> regions;
  std::size_t count = 0;
  bool on = false;

  void* add(void* memory, std::size_t size) {
    if (on && memory != nullptr) regions.at(count++) = {reinterpret_cast<std::uintptr_t>(memory), size};
    return memory;
  }
  void remove(void* memory) {
    for (std::size_t i = 0; i < count; ++i) {
      if (regions[i].start != reinterpret_cast<std::uintptr_t>(memory)) continue;
      regions[i] = regions[--count];
      return;
    }
  }
};

/// One per thread, as allocators are found by everybody.
Recorder& recorder() {
  thread_local Recorder instance;
  return instance;
}

void* allocate(std::size_t size, std::size_t alignment) {
  const std::size_t rounded = (std::max<std::size_t>(size, 1) + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return recorder().add(memory, size);
}

void release(void* memory) {
  recorder().remove(memory);
  std::free(memory);
}

void* openssl_malloc(std::size_t size, const char*, int) { return recorder().add(std::malloc(size), size); }
void* openssl_realloc(void* memory, std::size_t size, const char*, int) {
  recorder().remove(memory);
  return recorder().add(std::realloc(memory, size), size);
}
void openssl_free(void* memory, const char*, int) { release(memory); }

}  // namespace

void record_openssl() {
  if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1) {
    throw std::runtime_error("OpenSSL has allocated memory already");
  }
}

AllocationRecord::AllocationRecord() {
  recorder().count = 0;
  recorder().on = true;
}

AllocationRecord::~AllocationRecord() { recorder().on = false; }

std::vector<Region> AllocationRecord::finish() {
  recorder().on = false;
  return {recorder().regions.begin(), recorder().regions.begin() + static_cast<std::ptrdiff_t>(recorder().count)};
}

}  // namespace sallyport::perf

void* operator new(std::size_t size) { return sallyport::perf::allocate(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return sallyport::perf::allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { sallyport::perf::release(memory); }
void operator delete(void* memory, std::size_t) noexcept { sallyport::perf::release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { sallyport::perf::release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { sallyport::perf::release(memory); }

namespace sallyport::crypto {

void* secret_allocate(std::size_t size) {
  constexpr std::size_t kAlignment = 128;
  void* memory = perf::allocate(size, kAlignment);
  std::memset(memory, 0, size);
  return memory;
}

void secret_free(void* memory, std::size_t) noexcept {
  if (memory != nullptr) perf::release(memory);
}

}  // namespace sallyport::crypto
