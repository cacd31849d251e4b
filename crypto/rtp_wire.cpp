#include "crypto/rtp_wire.hpp"

namespace sallyport::crypto {

std::optional<std::uint16_t> rtp_header_length(std::span<const std::uint8_t> packet) noexcept {
  if (packet.size() < kRtpFixedHeader || packet[0] >> 6 != 2) return std::nullopt;
  const std::size_t csrc_count = packet[0] & 0x0f;
  const bool has_extension = (packet[0] & 0x10) != 0;
  std::size_t length = kRtpFixedHeader + 4 * csrc_count;
  if (has_extension) {
    // RFC 3550 5.3.1: 16 bits for the profile, then how many 32-bit words follow these four bytes.
    if (packet.size() < length + 4) return std::nullopt;
    length += 4 + 4 * std::size_t{load_be16(packet.data() + length + 2)};
  }
  if (length > packet.size() || length > UINT16_MAX) return std::nullopt;
  return static_cast<std::uint16_t>(length);
}

}  // namespace sallyport::crypto
