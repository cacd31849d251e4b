// Memory for expanded keys: left out of core dumps (MADV_DONTDUMP), wiped when it is given back, aligned to pairs of
// cache lines. Used when keys are made and destroyed, never per packet. Thread-safe.
#pragma once

#include <cstddef>
#include <new>

namespace sallyport::crypto {

/// At least `size` bytes, aligned to 128. Throws std::bad_alloc.
void* secret_allocate(std::size_t size);
/// Wipes and gives back what secret_allocate(size) gave.
void secret_free(void* memory, std::size_t size) noexcept;

/// Base of classes that hold keys: each object made by new or make_unique lives in secret memory.
struct InSecretMemory {
  static void* operator new(std::size_t size) { return secret_allocate(size); }
  static void* operator new(std::size_t size, std::align_val_t) { return secret_allocate(size); }
  static void operator delete(void* memory, std::size_t size) noexcept { secret_free(memory, size); }
  static void operator delete(void* memory, std::size_t size, std::align_val_t) noexcept { secret_free(memory, size); }
  static void* operator new[](std::size_t) = delete;
};

}  // namespace sallyport::crypto
