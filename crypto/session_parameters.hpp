// What both ends of a direction agree on beside suite and keys (RFC 4568 6.3, RFC 3711 8.2). Plain data; read when a
// context is made.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "crypto/suite.hpp"

namespace sallyport::crypto {

inline constexpr std::uint16_t kMinReplayWindow = 128;
inline constexpr std::uint16_t kMaxReplayWindow = 4096;
/// Keys of an epoch are made on the control thread: epochs shorter than 2^8 packets would be over before they came.
inline constexpr std::uint8_t kMinKeyDerivationRate = 8;
inline constexpr std::uint8_t kMaxKeyDerivationRate = 24;

struct SessionParameters {
  bool unencrypted_srtp = false;      ///< UNENCRYPTED_SRTP
  bool unencrypted_srtcp = false;     ///< UNENCRYPTED_SRTCP: sent so; received either way, as the E bit says
  bool unauthenticated_srtp = false;  ///< UNAUTHENTICATED_SRTP: no tag, and so no protection against replay by others
  /// Receiving: take SRTCP whose E bit is clear although encryption was agreed, as some phones send it.
  bool accept_unencrypted_srtcp = false;
  /// KDR: session keys change every 2^n packets of an SSRC; 0: never (RFC 3711 4.3.1).
  std::uint8_t key_derivation_rate = 0;
  /// Indices behind the highest that are remembered, 128 to 4096; rounded up to a multiple of 64. A signalled WSH below
  /// 128 is a hint that a larger window satisfies (RFC 4568 6.3.7).
  std::uint16_t replay_window = kMinReplayWindow;
};

/// Throws SetupError where the suite cannot be used so, or a value is out of range.
void check_parameters(const Suite& suite, const SessionParameters& parameters);

/// Master key identifier as it lies on the wire (RFC 3711 3.1). Not a secret.
class Mki {
 public:
  static constexpr std::size_t kMaxLength = 128;

  Mki() = default;
  /// Throws SetupError where `bytes` is longer than 128.
  explicit Mki(std::span<const std::uint8_t> bytes);
  /// `value` as a big-endian number of `length` bytes, as SDES writes it (RFC 4568 6.1: "1:4"). Throws SetupError where
  /// the length is not 1 to 128 or the value does not fit.
  Mki(std::uint64_t value, std::size_t length);

  std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), length_}; }
  std::uint8_t length() const noexcept { return length_; }
  bool operator==(const Mki& other) const noexcept { return std::ranges::equal(bytes(), other.bytes()); }

 private:
  std::array<std::uint8_t, kMaxLength> bytes_{};
  std::uint8_t length_ = 0;
};

}  // namespace sallyport::crypto
