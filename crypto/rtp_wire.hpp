// RTP and RTCP as they lie on the wire (RFC 3550 5.1, 5.3.1, 6.1; RFC 5761 4): bounds-checked reading, in-place
// writing.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "crypto/bytes.hpp"

namespace sallyport::crypto {

inline constexpr std::size_t kRtpFixedHeader = 12;
inline constexpr std::size_t kRtcpFixedHeader = 8;

/// Length of the RTP header with CSRCs and extension, or nothing if the packet is not version 2 or is truncated.
std::optional<std::uint16_t> rtp_header_length(std::span<const std::uint8_t> packet) noexcept;
/// Whether its header is the fixed one alone, as nearly all are.
inline bool has_fixed_rtp_header(std::span<const std::uint8_t> packet) noexcept {
  constexpr std::uint8_t kVersionExtensionCsrcs = 0xdf;
  return packet.size() >= kRtpFixedHeader && (packet[0] & kVersionExtensionCsrcs) == 0x80;
}

/// RTCP by the second byte: packet types 192 to 223 (RFC 5761 4).
inline bool looks_like_rtcp(const std::uint8_t* packet) noexcept { return packet[1] >= 192 && packet[1] <= 223; }

inline std::uint16_t rtp_sequence(const std::uint8_t* packet) noexcept { return load_be16(packet + 2); }
inline std::uint32_t rtp_timestamp(const std::uint8_t* packet) noexcept { return load_be32(packet + 4); }
inline std::uint32_t rtp_ssrc(const std::uint8_t* packet) noexcept { return load_be32(packet + 8); }
inline std::uint32_t rtcp_ssrc(const std::uint8_t* packet) noexcept { return load_be32(packet + 4); }
inline void set_rtp_sequence(std::uint8_t* packet, std::uint16_t value) noexcept { store_be16(packet + 2, value); }
inline void set_rtp_timestamp(std::uint8_t* packet, std::uint32_t value) noexcept { store_be32(packet + 4, value); }
inline void set_rtp_ssrc(std::uint8_t* packet, std::uint32_t value) noexcept { store_be32(packet + 8, value); }

}  // namespace sallyport::crypto
