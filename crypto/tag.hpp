// Tags of the lengths that SRTP knows.
#pragma once

#include <cstdint>
#include <cstring>

namespace sallyport::crypto {

inline constexpr std::size_t kMaxTag = 16;

/// Copies a tag; its lengths are few, and a call to memcpy would cost more than the copy.
inline void copy_tag(std::uint8_t* to, const std::uint8_t* from, std::size_t length) noexcept {
  switch (length) {
    case 4:
      std::memcpy(to, from, 4);
      break;
    case 10:
      std::memcpy(to, from, 10);
      break;
    case 16:
      std::memcpy(to, from, 16);
      break;
    default:
      std::memcpy(to, from, length);
  }
}

}  // namespace sallyport::crypto
