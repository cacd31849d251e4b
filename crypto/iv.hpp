// Initialisation vectors. SRTP and SRTCP use the same formulas: an SRTCP index is a packet index whose upper 17 bits
// are zero (RFC 3711 3.4, RFC 7714 9.1).
#pragma once

#include <cstdint>
#include <cstring>

#include "crypto/bytes.hpp"

namespace sallyport::crypto {

/// AES-CM's first counter block (RFC 3711 4.1.1): salt * 2^16 XOR SSRC * 2^64 XOR index * 2^16.
/// `salt` has 14 bytes and two more that do not count, `ssrc_wire` is the four bytes as they lie in the packet.
inline void aes_cm_iv(std::uint8_t* iv, const std::uint8_t* salt, const std::uint8_t* ssrc_wire,
                      std::uint64_t index) noexcept {
  std::uint64_t upper;
  std::uint64_t lower;
  std::uint32_t ssrc;
  std::memcpy(&upper, salt, 8);
  std::memcpy(&lower, salt + 8, 8);
  std::memcpy(&ssrc, ssrc_wire, 4);
  upper ^= std::uint64_t{ssrc} << 32;
  lower &= 0x0000FFFFFFFFFFFF;  // the last two bytes count the blocks of a packet
  lower ^= __builtin_bswap64(index << 16);
  std::memcpy(iv, &upper, 8);
  std::memcpy(iv + 8, &lower, 8);
}

/// AES-GCM's 12 bytes (RFC 7714 8.1): salt XOR (00 00 | SSRC | ROC | SEQ).
inline void aes_gcm_iv(std::uint8_t* iv, const std::uint8_t* salt, const std::uint8_t* ssrc_wire,
                       std::uint64_t index) noexcept {
  std::uint64_t first;
  std::uint32_t last;
  std::uint32_t ssrc;
  std::memcpy(&first, salt, 8);
  std::memcpy(&last, salt + 8, 4);
  std::memcpy(&ssrc, ssrc_wire, 4);
  const std::uint64_t index_wire = __builtin_bswap64(index << 16);  // six bytes, then two zeros
  first ^= std::uint64_t{ssrc} << 16 ^ index_wire << 48;
  last ^= static_cast<std::uint32_t>(index_wire >> 16);
  std::memcpy(iv, &first, 8);
  std::memcpy(iv + 8, &last, 4);
}

/// AES-F8's IV for SRTP (RFC 3711 4.1.2.2): 0 | M, PT, SEQ, TS, SSRC as in the header | ROC.
inline void aes_f8_iv_rtp(std::uint8_t* iv, const std::uint8_t* header, std::uint32_t roc) noexcept {
  std::memcpy(iv, header, 12);
  iv[0] = 0;
  store_be32(iv + 12, roc);
}

/// For SRTCP (RFC 3711 4.1.2.3): 32 zero bits | E bit and index | the first eight bytes of the header.
inline void aes_f8_iv_rtcp(std::uint8_t* iv, const std::uint8_t* header, std::uint32_t index_and_e) noexcept {
  std::memset(iv, 0, 4);
  store_be32(iv + 4, index_and_e);
  std::memcpy(iv + 8, header, 8);
}

}  // namespace sallyport::crypto
