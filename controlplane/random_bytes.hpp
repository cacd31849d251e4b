// Unpredictable bytes from OpenSSL. Any thread.
#pragma once

#include <openssl/rand.h>

#include <cstdint>
#include <span>

#include "crypto/error.hpp"

namespace sallyport::controlplane {

/// Throws SetupError where the system gives none.
inline void fill_random(std::span<std::uint8_t> bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1) return;
  throw SetupError("the system gives no random numbers (OpenSSL RAND_bytes failed)");
}

}  // namespace sallyport::controlplane
