// The three primitives that the model of SRTP is built from, as OpenSSL has them: AES on one block, HMAC-SHA1, AES-GCM.
// Used by the model alone. Slow, allocates, throws; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace sallyport::model {

using Bytes = std::vector<std::uint8_t>;
using Block = std::array<std::uint8_t, 16>;

/// AES encryption of one block under a key of 16, 24 or 32 bytes.
Block aes_encrypt(const Bytes& key, const Block& block);

/// All 20 bytes.
Bytes hmac_sha1(const Bytes& key, const Bytes& message);

/// Ciphertext and behind it `tag_len` bytes of tag; `key` of 16 or 32 bytes, `iv` of 12.
Bytes gcm_seal(const Bytes& key, const Bytes& iv, const Bytes& additional, const Bytes& clear, std::size_t tag_len);
/// The cleartext, or nothing where the tag (the last `tag_len` bytes of `sealed`) is wrong.
std::optional<Bytes> gcm_open(const Bytes& key, const Bytes& iv, const Bytes& additional, const Bytes& sealed,
                              std::size_t tag_len);

}  // namespace sallyport::model
