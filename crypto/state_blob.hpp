// A direction's state as bytes for another process (a standby, or the same gateway after a restart): versioned, and
// sealed with AES-256-GCM under a key of the caller's. Bound to the master keys by their fingerprints, and to what the
// caller's label says: stream, direction and a number that grows with each export, without which an old state, or that
// of the other direction, would be as good as this one. Control thread only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crypto/bytes.hpp"
#include "crypto/state_snapshot.hpp"

namespace sallyport::crypto {

/// "SLYS" | version 1 | nonce (12) | ciphertext | tag (16). The nonce is random: seal at most 2^32 states under one
/// key. `label` is authenticated and not in the blob. Throws SetupError where the snapshot is incomplete or there is no
/// randomness.
std::vector<std::uint8_t> seal_state(const StateSnapshot& state, const SecretBytes<32>& key,
                                     std::span<const std::uint8_t> label = {});

/// Throws SetupError where the blob is not one, is of another version, was not sealed with this key and label, or was
/// altered.
StateSnapshot open_state(std::span<const std::uint8_t> blob, const SecretBytes<32>& key,
                         std::span<const std::uint8_t> label = {});

}  // namespace sallyport::crypto
