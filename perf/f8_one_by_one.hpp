// AES-F8 (RFC 3711 4.1.2) as one writes it down: packet by packet and block by block with AES-NI and expanded keys.
// Each block waits for the one before it, which is why F8 is slow this way. A baseline.
#pragma once

#include <cstddef>
#include <cstdint>

#include "perf/f8_keys.hpp"

namespace sallyport::perf {

/// Encrypts or decrypts, which is the same, `length` bytes in place. `iv` has 16 bytes. Any processor with AES-NI.
void f8_one_by_one(const F8RoundKeys& keys, const std::uint8_t* iv, std::uint8_t* text, std::size_t length) noexcept;

}  // namespace sallyport::perf
