// Counter mode keystream of four packets at once. Included by kernels only.
#pragma once

#include "crypto/engines/lanes/job_access.hpp"

namespace sallyport::crypto::lanes {

inline constexpr int kMaxColumns = 12;  ///< counter blocks of one call: three rows

/// How the IV makes the counter block: AES-CM adds to the last 32 bits (of which 16 are 0, RFC 3711 4.1.1), GCM puts
/// the count in their place (NIST SP 800-38D 7.1).
enum class Counter : std::uint8_t { kAdded, kPlaced };

/// Fills scratch.rows with the keystream of counter blocks `first` to `first + columns - 1` of each packet. May make up
/// to three blocks more.
template <std::size_t kKeyLen, Counter kCounter>
void make_keystream(const Group& group, std::uint32_t first, std::size_t columns, Scratch& scratch) noexcept;

}  // namespace sallyport::crypto::lanes
