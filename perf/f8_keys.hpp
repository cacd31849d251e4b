// Expanded AES keys of an F8 stream for those baselines that take them: nothing but round keys.
#pragma once

#include <cstdint>

namespace sallyport::perf {

/// Eleven round keys of 16 bytes each, aligned to 16.
struct F8RoundKeys {
  const std::uint8_t* key;   ///< of k
  const std::uint8_t* mask;  ///< of k ^ m, under which the IV is encrypted (RFC 3711 4.1.2.1)
};

}  // namespace sallyport::perf
