// How the payload types of a leg's party become those of the leg that its media goes to. Set by control, which knows
// what was negotiated on both; used by the leg's worker before protect. Redundant audio (RFC 2198) keeps the types
// inside its packets.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

namespace sallyport::dataplane {

/// All bytes zero: every type stays as it is.
class PayloadMap {
 public:
  /// Packets of type `from` leave as `to`; both below 128.
  void map(std::uint8_t from, std::uint8_t to) noexcept { changes_[from] = from ^ to; }
  /// Packets of type `from` do not leave.
  void refuse(std::uint8_t from) noexcept { changes_[from] = kRefused; }

  bool changes_any() const noexcept {
    return std::any_of(changes_.begin(), changes_.end(), [](std::uint8_t change) { return change != 0; });
  }
  /// Gives an RTP packet its type on the other leg, in place; the marker stays. False: it must not be sent there.
  bool apply(std::uint8_t* packet) const noexcept {
    const std::uint8_t change = changes_[packet[1] & kTypeBits];
    packet[1] ^= change & kTypeBits;
    return change != kRefused;
  }

  bool operator==(const PayloadMap&) const = default;

 private:
  static constexpr std::uint8_t kTypeBits = 0x7f;
  static constexpr std::uint8_t kRefused = 0x80;

  std::array<std::uint8_t, 128> changes_{};  ///< exclusive or of both types
};

}  // namespace sallyport::dataplane
