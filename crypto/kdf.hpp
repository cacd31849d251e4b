// Session keys from the master key (RFC 3711 4.3; 256-bit keys: RFC 6188 3; salts of AEAD suites: RFC 7714 11).
// Control thread only.
#pragma once

#include <array>
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
  kFingerprint = 0x80,  ///< ours: tells master keys apart without showing anything of them
};

/// Of a master key, for comparing; nothing of the key can be learned from it.
using KeyFingerprint = std::array<std::uint8_t, 8>;
KeyFingerprint fingerprint_of(const Suite& suite, const MasterKey& master);

/// Fills `out` with the key stream of AES-CM under the master key for that label and epoch (RFC 3711 4.3.1, 4.3.3).
/// `epoch` is the packet index DIV key derivation rate, 0 at rate 0.
void derive_key(const Suite& suite, const MasterKey& master, KeyLabel label, std::uint64_t epoch,
                std::span<std::uint8_t> out);

/// Session keys and salts of SRTP and of SRTCP.
SessionKeys derive_rtp_keys(const Suite& suite, const MasterKey& master, std::uint64_t epoch = 0);
SessionKeys derive_rtcp_keys(const Suite& suite, const MasterKey& master, std::uint64_t epoch = 0);

}  // namespace sallyport::crypto
