#include "drivers/offload.hpp"

#include <netinet/in.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include <cstring>
#include <span>

#include "crypto/bytes.hpp"

namespace sallyport::drivers {
namespace {

using Bytes = std::span<std::uint8_t>;

/// A transport segment, exactly as long as its IP header says, with the sum of its pseudo header.
struct Segment {
  Bytes bytes;
  std::uint8_t protocol = 0;
  std::uint16_t pseudo_sum = 0;
};

/// Ones' complement sum in the byte order of memory, as rte_raw_cksum has it (RFC 1071 2.B).
std::uint16_t fold(std::uint32_t sum) noexcept {
  sum = (sum & 0xFFFFU) + (sum >> 16U);
  sum = (sum & 0xFFFFU) + (sum >> 16U);
  return static_cast<std::uint16_t>(sum);
}

/// `addresses`: source and destination. RFC 793 3.1 for IPv4, RFC 8200 8.1 for IPv6: the same sum.
std::uint16_t pseudo_header_sum(Bytes addresses, std::uint8_t protocol, std::size_t length) noexcept {
  std::uint32_t sum = rte_raw_cksum(addresses.data(), addresses.size());
  sum += __builtin_bswap16(protocol);
  sum += __builtin_bswap16(static_cast<std::uint16_t>(length));
  return fold(sum);
}

Segment parse_ipv4(Bytes packet) noexcept {
  constexpr std::uint16_t kFragment = 0x3FFF;
  if (packet.size() < sizeof(rte_ipv4_hdr) || (packet[0] >> 4U) != 4) return {};
  const std::size_t header = (packet[0] & 0x0FU) * 4U;
  const std::size_t total = crypto::load_be16(&packet[2]);
  const bool fragment = (crypto::load_be16(&packet[6]) & kFragment) != 0;
  if (header < sizeof(rte_ipv4_hdr) || total < header || total > packet.size() || fragment) return {};
  const std::uint8_t protocol = packet[9];
  return {packet.subspan(header, total - header), protocol,
          pseudo_header_sum(packet.subspan(12, 8), protocol, total - header)};
}

Segment parse_ipv6(Bytes packet) noexcept {
  if (packet.size() < sizeof(rte_ipv6_hdr) || (packet[0] >> 4U) != 6) return {};
  const std::size_t length = crypto::load_be16(&packet[4]);
  if (length > packet.size() - sizeof(rte_ipv6_hdr)) return {};
  const std::uint8_t protocol = packet[6];
  return {packet.subspan(sizeof(rte_ipv6_hdr), length), protocol,
          pseudo_header_sum(packet.subspan(8, 32), protocol, length)};
}

Segment parse_frame(Bytes frame) noexcept {
  std::size_t type_at = 2 * RTE_ETHER_ADDR_LEN;
  if (frame.size() < type_at + 2) return {};
  std::uint16_t type = crypto::load_be16(&frame[type_at]);
  if (type == RTE_ETHER_TYPE_VLAN && frame.size() >= type_at + 6) {
    type_at += 4;
    type = crypto::load_be16(&frame[type_at]);
  }
  const Bytes packet = frame.subspan(type_at + 2);
  if (type == RTE_ETHER_TYPE_IPV4) return parse_ipv4(packet);
  if (type == RTE_ETHER_TYPE_IPV6) return parse_ipv6(packet);
  return {};
}

/// Where the checksum stands in the segment; 0: this protocol has none that we know.
std::size_t checksum_offset(const Segment& segment) noexcept {
  constexpr std::size_t kUdp = 6;
  constexpr std::size_t kTcp = 16;
  constexpr std::size_t kIcmp6 = 2;
  std::size_t offset = 0;
  if (segment.protocol == IPPROTO_UDP) offset = kUdp;
  if (segment.protocol == IPPROTO_TCP) offset = kTcp;
  if (segment.protocol == IPPROTO_ICMPV6) offset = kIcmp6;
  return offset + 2 <= segment.bytes.size() ? offset : 0;
}

}  // namespace

void complete_checksums(rte_mbuf* packet) noexcept {
  if (packet->nb_segs != 1) return;
  const Segment segment = parse_frame({rte_pktmbuf_mtod(packet, std::uint8_t*), packet->data_len});
  const std::size_t offset = checksum_offset(segment);
  if (offset == 0) return;

  std::uint16_t field;
  std::memcpy(&field, &segment.bytes[offset], sizeof field);
  if (field != segment.pseudo_sum) return;  // finished, damaged, or none
  // The unfinished field already is the pseudo header's part of the sum: what is missing is the sum over the segment.
  const auto sum = static_cast<std::uint16_t>(~rte_raw_cksum(segment.bytes.data(), segment.bytes.size()));
  field = sum == 0 && segment.protocol == IPPROTO_UDP ? 0xFFFF : sum;  // 0 would say "none" (RFC 768)
  std::memcpy(&segment.bytes[offset], &field, sizeof field);
}

}  // namespace sallyport::drivers
