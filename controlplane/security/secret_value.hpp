// A secret of any length, such as a password: in secret memory (no core dump has it, wiped when it is given back),
// however short it is. Any thread, one at a time.
#pragma once

#include <cstring>
#include <string_view>
#include <utility>

#include "crypto/secret_memory.hpp"

namespace sallyport::controlplane {

class SecretValue {
 public:
  SecretValue() noexcept = default;
  /// Takes a copy; what it was copied from is the caller's to wipe. Throws std::bad_alloc.
  explicit SecretValue(std::string_view text) : size_(text.size()) {
    if (size_ == 0) return;
    memory_ = static_cast<char*>(crypto::secret_allocate(size_));
    std::memcpy(memory_, text.data(), size_);
  }
  SecretValue(SecretValue&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  SecretValue& operator=(SecretValue&& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~SecretValue() {
    if (memory_ != nullptr) crypto::secret_free(memory_, size_);
  }

  SecretValue clone() const { return SecretValue(view()); }
  /// Valid as long as the value is.
  std::string_view view() const noexcept { return {memory_, size_}; }
  bool empty() const noexcept { return size_ == 0; }

 private:
  char* memory_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace sallyport::controlplane
