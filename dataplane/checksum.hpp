// The Internet checksum (RFC 1071), for ports that do not compute it themselves. Called by transmit through
// EgressHeader, once per packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sallyport::dataplane {

/// Ones' complement sum of `length` bytes in the order in which they lie in memory; not folded. At most 64 KiB.
inline std::uint64_t checksum_add(const std::uint8_t* bytes, std::size_t length) noexcept {
  std::uint64_t sum = 0;
  std::uint64_t high = 0;  // apart, so that nothing carries
  const std::uint8_t* const end = bytes + length / 8 * 8;
  for (; bytes != end; bytes += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes, 8);
    sum += word & 0xffffffff;
    high += word >> 32;
  }
  sum += high;
  if ((length & 4) != 0) {
    std::uint32_t word;
    std::memcpy(&word, bytes, 4);
    sum += word;
    bytes += 4;
  }
  if ((length & 2) != 0) {
    std::uint16_t word;
    std::memcpy(&word, bytes, 2);
    sum += word;
    bytes += 2;
  }
  return (length & 1) != 0 ? sum + *bytes : sum;
}

/// The checksum of what was added up, as it goes into the packet.
inline std::uint16_t checksum_finish(std::uint64_t sum) noexcept {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

/// The sum of UDP's pseudo header (RFC 768, RFC 8200 8.1). `addresses`: source and destination, `address_length` bytes
/// in all, one behind the other as they are in both IP headers.
inline std::uint64_t udp_pseudo_header(const std::uint8_t* addresses, std::size_t address_length,
                                       std::uint16_t udp_length) noexcept {
  constexpr std::uint16_t kUdpOnWire = 17 << 8;
  return checksum_add(addresses, address_length) + kUdpOnWire + __builtin_bswap16(udp_length);
}

/// Likewise, of a UDP datagram and its pseudo header: never 0.
inline std::uint16_t udp_checksum_finish(std::uint64_t sum) noexcept {
  const std::uint16_t checksum = checksum_finish(sum);
  return checksum == 0 ? std::uint16_t{0xffff} : checksum;
}

}  // namespace sallyport::dataplane
