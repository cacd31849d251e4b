// A key as sessions of a crypto device. Made and freed on the control thread, read by one worker.
#pragma once

#include <cstdint>

#include "crypto/engines/cryptodev.hpp"

namespace sallyport::crypto {

/// The additional data of SRTP without CSRCs and extensions, and of SRTCP (RFC 7714 8.2, 9.2).
inline constexpr std::uint16_t kCryptodevAadLen = 12;

/// GCM's key for what the device cannot do. In secret memory.
struct CryptodevSoftwareKey;

/// What a key record holds.
struct CryptodevKeys {
  void* seal;                      ///< HMAC suites: cipher, then hash; AEAD: encrypt; NULL: null
  void* open;                      ///< HMAC suites: hash, then cipher; AEAD: decrypt and verify; NULL: null
  void* digest;                    ///< HMAC suites: hash alone
  CryptodevSoftwareKey* software;  ///< AEAD only
  std::uint8_t device;
};
static_assert(sizeof(CryptodevKeys) <= sizeof(KeyRecord));

CryptodevKeys cryptodev_keys(const KeyRecord& record) noexcept;
const KeyRecord& cryptodev_software_record(const CryptodevKeys& keys) noexcept;

/// Whether the device has everything that the suite needs.
bool cryptodev_supports(std::uint8_t device, const Suite& suite) noexcept;
/// Fills `record`. `software` makes the AEAD fallback. Throws SetupError, having freed what was made.
KeyRelease cryptodev_expand(const CryptodevOptions& options, Engine& software, const Suite& suite,
                            const SessionKeys& keys, KeyRecord& record);

}  // namespace sallyport::crypto
