// Text that may hold key material: a string whose memory is wiped before it is given back, also when it grows or moves.
// Short strings live inside the object and are not wiped: a master key in base64 (38 characters and more) never does.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "crypto/bytes.hpp"

namespace sallyport::controlplane {

template <class T>
struct WipingAllocator {
  using value_type = T;

  WipingAllocator() = default;
  template <class U>
  WipingAllocator(const WipingAllocator<U>&) noexcept {}

  T* allocate(std::size_t count) { return std::allocator<T>{}.allocate(count); }
  void deallocate(T* memory, std::size_t count) noexcept {
    crypto::secure_wipe(memory, count * sizeof(T));
    std::allocator<T>{}.deallocate(memory, count);
  }
  bool operator==(const WipingAllocator&) const noexcept { return true; }
};

using SecretString = std::basic_string<char, std::char_traits<char>, WipingAllocator<char>>;

}  // namespace sallyport::controlplane
