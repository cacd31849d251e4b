// Expanded keys of the IPsec-MB engine. Made once per direction on the control thread, then read only.
#pragma once

#include <intel-ipsec-mb.h>

#include <array>
#include <cstdint>
#include <cstring>

#include "crypto/engine.hpp"
#include "crypto/secret_memory.hpp"

namespace sallyport::crypto {

inline constexpr std::size_t kRoundKeys128 = 11 * 16;
inline constexpr std::size_t kRoundKeys256 = 15 * 16;
inline constexpr std::size_t kSha1State = 20;

/// An HMAC suite: AES-CM, AES-F8 or NULL. The hash states come first, so that a 128-bit key ends in the fourth cache
/// line. Round keys and hash states are the same for every manager of the library.
struct ImbHmacKeys : InSecretMemory {
  std::array<std::uint8_t, kSha1State> inner;  ///< SHA-1 after the block key ^ ipad
  std::array<std::uint8_t, kSha1State> outer;  ///< SHA-1 after the block key ^ opad
  alignas(16) std::array<std::uint8_t, kRoundKeys256> round_keys;
};

/// AES-F8 has a second key, k^m, under which the IV is encrypted (RFC 3711 4.1.2.1).
struct ImbF8Keys : ImbHmacKeys {
  alignas(16) std::array<std::uint8_t, kRoundKeys128> mask_round_keys;
};

/// AES-GCM. The tables of powers of H differ between managers: only the manager that made them may use them.
struct ImbGcmKeys : InSecretMemory {
  alignas(64) gcm_key_data data;  // the library's header asks for it only where LINUX is defined
};

/// What the engine's records hold: a pointer to one of these.
template <class Keys>
const Keys& imb_keys(const KeyRecord& record) noexcept {
  const Keys* keys;
  std::memcpy(&keys, record.bytes.data(), sizeof keys);
  return *keys;
}

}  // namespace sallyport::crypto
