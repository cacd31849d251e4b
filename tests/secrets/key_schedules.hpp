// What implementations make of a session key, computed here from the standards alone: AES round keys, powers of GCM's
// H, SHA-1 states of an HMAC. Slow, simple, and shares no code with crypto/. Used to know what to look for in memory.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace sallyport::secrets {

using Block = std::array<std::uint8_t, 16>;

/// FIPS 197 5.2, for keys of 16, 24 or 32 bytes.
std::vector<Block> aes_round_keys(std::span<const std::uint8_t> key);
/// The round keys of the equivalent inverse cipher, without the first and the last (FIPS 197 5.3.5).
std::vector<Block> aes_inverse_round_keys(std::span<const Block> round_keys);
/// FIPS 197 5.1.
Block aes_encrypt(std::span<const Block> round_keys, const Block& clear);

/// H, H^2, ... H^count in the order of bytes of NIST SP 800-38D 6.3, H being the cipher of zeros.
std::vector<Block> ghash_powers(std::span<const Block> round_keys, std::size_t count);

/// SHA-1's five words after the one block key ^ pad (FIPS 180-4 6.1.2, RFC 2104 2).
std::array<std::uint32_t, 5> hmac_sha1_state(std::span<const std::uint8_t> key, std::uint8_t pad);

}  // namespace sallyport::secrets
