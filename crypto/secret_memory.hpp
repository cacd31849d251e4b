// Memory for expanded keys: left out of core dumps (MADV_DONTDUMP), wiped when it is given back, aligned to pairs of
// cache lines. Used when keys are made and destroyed, never per packet. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "crypto/bytes.hpp"

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

/// N secret bytes that lie in secret memory wherever their owner does, for keys that are kept: in configurations,
/// sessions, queues. One that was moved from may only be assigned to or destroyed.
template <std::size_t N>
class HiddenBytes {
 public:
  HiddenBytes() : hidden_(std::make_unique<Hidden>()) {}

  HiddenBytes clone() const {
    HiddenBytes copy;
    copy.hidden_->bytes = hidden_->bytes.clone();
    return copy;
  }
  std::uint8_t* data() noexcept { return hidden_->bytes.data(); }
  const std::uint8_t* data() const noexcept { return hidden_->bytes.data(); }
  static constexpr std::size_t size() noexcept { return N; }
  /// In constant time.
  bool equals(const HiddenBytes& other) const noexcept { return hidden_->bytes.equals(other.hidden_->bytes); }

 private:
  struct Hidden : InSecretMemory {
    SecretBytes<N> bytes;
  };
  std::unique_ptr<Hidden> hidden_;
};

}  // namespace sallyport::crypto
