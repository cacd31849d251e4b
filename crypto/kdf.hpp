// Session keys from the master key (RFC 3711 4.3; 256-bit keys: RFC 6188 3; salts of AEAD suites: RFC 7714 11), key
// derivation rate 0. Control thread only.
#pragma once

#include <cstdint>
#include <span>

#include "crypto/engine.hpp"
#include "crypto/master_key.hpp"
#include "crypto/suite.hpp"

namespace sallyport::crypto {

/// What a derived key is for (RFC 3711 4.3.2).
enum class KeyLabel : std::uint8_t {
  kRtpEncryption = 0,
  kRtpAuthentication = 1,
  kRtpSalt = 2,
  kRtcpEncryption = 3,
  kRtcpAuthentication = 4,
  kRtcpSalt = 5,
};

/// Fills `out` with the key stream of AES-CM under the master key for that label (RFC 3711 4.3.3).
void derive_key(const Suite& suite, const MasterKey& master, KeyLabel label, std::span<std::uint8_t> out);

/// Session keys and salt of SRTP or of SRTCP.
struct DerivedKeys {
  SessionKeys keys;
  SecretBytes<16> salt;  ///< suite.salt_len bytes, then zeros
};
DerivedKeys derive_rtp_keys(const Suite& suite, const MasterKey& master);
DerivedKeys derive_rtcp_keys(const Suite& suite, const MasterKey& master);

}  // namespace sallyport::crypto
