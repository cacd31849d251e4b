// Tags. SRTP knows few lengths, and a copy or comparison of a known length is a handful of instructions, where a call
// or a loop would cost more than the rest of the bookkeeping of a packet.
#pragma once

#include <cstdint>
#include <cstring>

#include "crypto/bytes.hpp"

namespace sallyport::crypto {

inline constexpr std::size_t kMaxTag = 16;

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

/// In constant time.
inline bool tags_equal(const std::uint8_t* a, const std::uint8_t* b, std::size_t length) noexcept {
  switch (length) {
    case 4:
      return ct_equal(a, b, 4);
    case 10:
      return ct_equal(a, b, 10);
    case 16:
      return ct_equal(a, b, 16);
    default:
      return ct_equal(a, b, length);
  }
}

}  // namespace sallyport::crypto
