// Ethernet frames with a UDP datagram, built step by step and read back. For tests; shares no code with what it tests,
// checksums included.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "tests/scenario/rtp_bytes.hpp"

namespace sallyport::scenario {

using Mac = std::array<std::uint8_t, 6>;

/// "192.0.2.1" or "2001:db8::1" with a UDP port.
struct Endpoint {
  std::string address;
  std::uint16_t port = 0;
  bool v6() const { return address.find(':') != std::string::npos; }
  bool operator==(const Endpoint&) const = default;
};

/// Address as it lies on the wire: 4 or 16 bytes.
Bytes address_bytes(const std::string& text);

class Frame {
 public:
  Frame(Endpoint from, Endpoint to) : from_(std::move(from)), to_(std::move(to)) {}

  Frame& from(Endpoint endpoint) { return from_ = std::move(endpoint), *this; }
  Frame& to(Endpoint endpoint) { return to_ = std::move(endpoint), *this; }
  Frame& payload(Bytes bytes) { return payload_ = std::move(bytes), *this; }
  Frame& macs(const Mac& source, const Mac& destination);
  Frame& vlan(std::uint16_t id) { return vlan_ = id, *this; }
  Frame& dscp(std::uint8_t value) { return dscp_ = value, *this; }
  /// IPv4: `words` 32-bit words of options, all no-operation.
  Frame& ip_options(std::size_t words) { return option_words_ = words, *this; }
  /// IPv4: the 16 bits with flags and fragment offset.
  Frame& fragment(std::uint16_t flags_and_offset) { return fragment_ = flags_and_offset, *this; }
  Frame& protocol(std::uint8_t number) { return protocol_ = number, *this; }
  Frame& no_udp_checksum() { return udp_checksum_ = false, *this; }
  /// What the UDP header claims instead of the truth.
  Frame& udp_length(std::uint16_t value) { return udp_length_ = value, *this; }
  /// Bytes behind the IP packet, as Ethernet pads short frames.
  Frame& ethernet_padding(std::size_t count) { return ethernet_padding_ = count, *this; }

  /// Where things start in bytes().
  std::size_t ip_offset() const { return vlan_ ? 18 : 14; }
  std::size_t udp_offset() const { return ip_offset() + (from_.v6() ? 40 : 20 + 4 * option_words_); }
  std::size_t payload_offset() const { return udp_offset() + 8; }

  Bytes bytes() const;

 private:
  Bytes ip_header(std::size_t udp_size) const;
  Bytes udp_datagram() const;

  Endpoint from_;
  Endpoint to_;
  Bytes payload_;
  Mac source_{2, 0, 0, 0, 0, 0x11};
  Mac destination_{2, 0, 0, 0, 0, 0x22};
  std::optional<std::uint16_t> vlan_;
  std::uint8_t dscp_ = 0;
  std::size_t option_words_ = 0;
  std::uint16_t fragment_ = 0x4000;
  std::uint8_t protocol_ = 17;
  bool udp_checksum_ = true;
  std::optional<std::uint16_t> udp_length_;
  std::size_t ethernet_padding_ = 0;
};

/// A frame read back.
struct ReadFrame {
  Mac source{};
  Mac destination{};
  Endpoint from;
  Endpoint to;
  std::uint8_t dscp = 0;
  std::uint8_t hop_limit = 0;
  bool ip_checksum_right = false;  ///< true for IPv6, which has none
  bool udp_checksum_present = false;
  bool udp_checksum_right = false;
  Bytes payload;
};

/// Reads an untagged frame of IPv4 without options or IPv6 with UDP; throws std::runtime_error where it is not one.
ReadFrame read_frame(const Bytes& frame);

/// RFC 1071 over any number of bytes, the last one padded with zero.
std::uint16_t internet_checksum(const Bytes& bytes);

}  // namespace sallyport::scenario
