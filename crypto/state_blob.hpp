// A direction's state as bytes for another process (a standby, or the same gateway after a restart): versioned, and
// sealed with AES-256-GCM under a key of the caller's, so that nobody can make it go back to indices that were used.
// Control thread only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crypto/bytes.hpp"
#include "crypto/state_snapshot.hpp"

namespace sallyport::crypto {

/// "SLYS" | version 1 | nonce (12) | ciphertext | tag (16). The nonce is random: seal at most 2^32 states under one
/// key. Throws SetupError where there is no randomness.
std::vector<std::uint8_t> seal_state(const StateSnapshot& state, const SecretBytes<32>& key);

/// Throws SetupError where the blob is not one, is of another version, was not sealed with this key or was altered.
StateSnapshot open_state(std::span<const std::uint8_t> blob, const SecretBytes<32>& key);

}  // namespace sallyport::crypto
