// Counter mode keystream of four packets at once. Included by kernels only.
#pragma once

#include "crypto/engines/lanes/job_access.hpp"

namespace sallyport::crypto::lanes {

inline constexpr std::size_t kMaxColumns = 12;  ///< counter blocks of one call
inline constexpr std::size_t kMaxRows = kMaxColumns / 4;

/// AES-CM: fills `rows` with the keystream of counter blocks `first` to `first + columns - 1`, counted from the IV, of
/// which the last 16 bits are 0 (RFC 3711 4.1.1). May make some blocks more.
template <std::size_t kKeyLen>
void counter_keystream(const Group& group, std::uint32_t first, std::size_t columns, Scratch::Rows& rows) noexcept;

/// GCM: fills `rows` with the keystream of `columns` counter blocks, so that they end one block before the end of the
/// last row: the place of the lengths. Or three whole rows where `columns` is 12. `first` counts in the place of the
/// last 32 bits of the IV (NIST SP 800-38D 7.1), from a number of its own for each packet.
template <std::size_t kKeyLen>
void gcm_keystream(const Group& group, Block first, std::size_t columns, Scratch::Rows& rows) noexcept;

}  // namespace sallyport::crypto::lanes
