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
  const std::size_t words = length / 4;
  for (std::size_t i = 0; i < words; ++i) {
    std::uint32_t word;
    std::memcpy(&word, bytes + 4 * i, 4);
    sum += word;
  }
  std::uint32_t rest = 0;
  for (std::size_t i = 4 * words; i < length; ++i) rest |= std::uint32_t{bytes[i]} << (8 * (i & 3));
  return sum + rest;
}

/// The checksum of what was added up, as it goes into the packet.
inline std::uint16_t checksum_finish(std::uint64_t sum) noexcept {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + ((sum >> 16) & 0xffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

/// A UDP checksum (RFC 768, RFC 8200 8.1). Source and destination address, `address_length` bytes in all, lie right in
/// front of the UDP header, as they do in IPv6 and in IPv4 without options. The checksum field is zero. Never 0.
inline std::uint16_t udp_checksum(const std::uint8_t* addresses, std::size_t address_length,
                                  std::uint16_t udp_length) noexcept {
  constexpr std::uint16_t kUdpOnWire = 17 << 8;
  const std::uint64_t sum =
      checksum_add(addresses, address_length + udp_length) + kUdpOnWire + __builtin_bswap16(udp_length);
  const std::uint16_t checksum = checksum_finish(sum);
  return checksum == 0 ? std::uint16_t{0xffff} : checksum;
}

}  // namespace sallyport::dataplane
