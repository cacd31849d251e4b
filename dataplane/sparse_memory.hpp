// Memory for what few streams ever need: it costs address space until it is first written to, and no more. Made and
// given back on the control thread with the stream that it belongs to; the first write to a page of it is a page fault
// of the worker's, once for each eight streams or so. Holds no secrets.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace sallyport::dataplane {

/// `size` zero bytes, aligned to 64. Throws std::bad_alloc. Any thread.
void* sparse_allocate(std::size_t size);
/// Gives back what sparse_allocate(size) gave.
void sparse_free(void* memory, std::size_t size) noexcept;

/// Owns a T in sparse memory. It is not constructed: all bytes are zero, which has to be a state in which T can be
/// used. One that was moved from may only be assigned to or destroyed.
template <typename T>
class Sparse {
  static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= 64);

 public:
  Sparse() : memory_(static_cast<T*>(sparse_allocate(sizeof(T)))) {}
  Sparse(Sparse&& other) noexcept : memory_(std::exchange(other.memory_, nullptr)) {}
  Sparse& operator=(Sparse&& other) noexcept {
    std::swap(memory_, other.memory_);
    return *this;
  }
  ~Sparse() {
    if (memory_ != nullptr) sparse_free(memory_, sizeof(T));
  }

  T* operator->() noexcept { return memory_; }
  const T* operator->() const noexcept { return memory_; }

 private:
  T* memory_;
};

}  // namespace sallyport::dataplane
