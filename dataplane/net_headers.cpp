#include "dataplane/net_headers.hpp"

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include <cstring>

#include "crypto/bytes.hpp"
#include "dataplane/checksum.hpp"

namespace sallyport::dataplane {
namespace {

using crypto::load_be16;
using crypto::store_be16;

constexpr std::size_t kEthernet = RTE_ETHER_HDR_LEN;
constexpr std::size_t kIpv4 = sizeof(rte_ipv4_hdr);
constexpr std::size_t kIpv6 = sizeof(rte_ipv6_hdr);
constexpr std::size_t kUdp = sizeof(rte_udp_hdr);
constexpr std::uint8_t kTimeToLive = 64;

FrameView bad(DropReason reason) noexcept {
  FrameView view;
  view.kind = FrameView::Kind::kBad;
  view.reason = reason;
  return view;
}

/// `available`: bytes of the IP payload from `offset`, by the IP header.
FrameView parse_udp(FrameView view, std::span<const std::uint8_t> frame, std::size_t offset,
                    std::size_t available) noexcept {
  if (available < kUdp) return bad(DropReason::kBadUdpLength);
  const std::uint8_t* udp = frame.data() + offset;
  const std::size_t length = load_be16(udp + 4);
  if (length < kUdp || length > available) return bad(DropReason::kBadUdpLength);
  view.kind = FrameView::Kind::kUdp;
  view.source_port = load_be16(udp);
  view.destination_port = load_be16(udp + 2);
  view.payload_offset = static_cast<std::uint16_t>(offset + kUdp);
  view.payload_length = static_cast<std::uint16_t>(length - kUdp);
  return view;
}

FrameView parse_ipv4(std::span<const std::uint8_t> frame, std::size_t offset) noexcept {
  if (frame.size() < offset + kIpv4) return bad(DropReason::kTruncated);
  const std::uint8_t* ip = frame.data() + offset;
  const std::size_t header = std::size_t{ip[0] & 0x0fu} * 4;
  const std::size_t total = load_be16(ip + 2);
  if ((ip[0] >> 4) != 4 || header < kIpv4 || total < header || frame.size() < offset + header) {
    return bad(DropReason::kTruncated);
  }
  if (checksum_finish(checksum_add(ip, header)) != 0) return bad(DropReason::kBadIpChecksum);
  FrameView view;
  view.dscp = ip[1] >> 2;
  view.source = ip + 12;
  view.destination = ip + 16;
  // AF_PACKET cuts a large TCP frame short, which is Linux's own business.
  if (ip[9] != IPPROTO_UDP) return view;
  if (frame.size() < offset + total) return bad(DropReason::kTruncated);
  const std::uint16_t fragment = load_be16(ip + 6);
  if ((fragment & RTE_IPV4_HDR_OFFSET_MASK) != 0) return view;
  if ((fragment & RTE_IPV4_HDR_MF_FLAG) != 0) {
    if (total < header + kUdp) return view;
    view.first_fragment = true;
    view.destination_port = load_be16(ip + header + 2);
    return view;
  }
  return parse_udp(view, frame, offset + header, total - header);
}

FrameView parse_ipv6(std::span<const std::uint8_t> frame, std::size_t offset) noexcept {
  if (frame.size() < offset + kIpv6) return bad(DropReason::kTruncated);
  const std::uint8_t* ip = frame.data() + offset;
  const std::size_t payload = load_be16(ip + 4);
  if ((ip[0] >> 4) != 6) return bad(DropReason::kTruncated);
  FrameView view;
  view.v6 = true;
  view.dscp = static_cast<std::uint8_t>((load_be16(ip) >> 6) & 0x3f);
  view.source = ip + 8;
  view.destination = ip + 24;
  if (ip[6] != IPPROTO_UDP) return view;
  if (frame.size() < offset + kIpv6 + payload) return bad(DropReason::kTruncated);
  view = parse_udp(view, frame, offset + kIpv6, payload);
  // RFC 8200 8.1: no checksum is not allowed.
  if (view.kind == FrameView::Kind::kUdp && load_be16(ip + kIpv6 + 6) == 0) return bad(DropReason::kBadUdpChecksum);
  return view;
}

}  // namespace

FrameView parse_frame(std::span<const std::uint8_t> frame) noexcept {
  if (frame.size() < kEthernet) return bad(DropReason::kTruncated);
  std::size_t offset = kEthernet;
  std::uint16_t type = load_be16(frame.data() + 12);
  if (type == RTE_ETHER_TYPE_VLAN) {
    if (frame.size() < kEthernet + RTE_VLAN_HLEN) return bad(DropReason::kTruncated);
    type = load_be16(frame.data() + 16);
    offset += RTE_VLAN_HLEN;
  }
  if (type == RTE_ETHER_TYPE_IPV4) return parse_ipv4(frame, offset);
  if (type == RTE_ETHER_TYPE_IPV6) return parse_ipv6(frame, offset);
  return {};
}

EgressHeader::EgressHeader(const UdpEndpoint& local, const UdpEndpoint& remote) noexcept : v6_(local.address.v6) {
  std::uint8_t* ip = bytes_.data() + kEthernet;
  std::uint8_t* udp = ip + (v6_ ? kIpv6 : kIpv4);
  store_be16(bytes_.data() + 12, v6_ ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);
  if (v6_) {
    ip[0] = 0x60;
    ip[6] = IPPROTO_UDP;
    ip[7] = kTimeToLive;
    std::memcpy(ip + 8, local.address.bytes.data(), 16);
    std::memcpy(ip + 24, remote.address.bytes.data(), 16);
  } else {
    ip[0] = 0x45;
    store_be16(ip + 6, RTE_IPV4_HDR_DF_FLAG);
    ip[8] = kTimeToLive;
    ip[9] = IPPROTO_UDP;
    std::memcpy(ip + 12, local.address.bytes.data(), 4);
    std::memcpy(ip + 16, remote.address.bytes.data(), 4);
  }
  store_be16(udp, local.port);
  store_be16(udp + 2, remote.port);
}

void EgressHeader::set_next_hop(const drivers::MacAddress& source, const drivers::MacAddress& destination) noexcept {
  std::memcpy(bytes_.data(), destination.bytes.data(), 6);
  std::memcpy(bytes_.data() + 6, source.bytes.data(), 6);
  resolved_ = true;
}

drivers::MacAddress EgressHeader::next_hop() const noexcept {
  drivers::MacAddress mac;
  std::memcpy(mac.bytes.data(), bytes_.data(), 6);
  return mac;
}

bool EgressHeader::push(rte_mbuf* packet, std::uint16_t port_offset, std::uint8_t dscp,
                        const ChecksumOffload& offload) const noexcept {
  const auto udp_length = static_cast<std::uint16_t>(rte_pktmbuf_data_len(packet) + kUdp);
  const std::size_t ip_length = v6_ ? kIpv6 : kIpv4;
  char* room = rte_pktmbuf_prepend(packet, static_cast<std::uint16_t>(kEthernet + ip_length + kUdp));
  if (room == nullptr) [[unlikely]]
    return false;
  auto* frame = reinterpret_cast<std::uint8_t*>(room);
  std::memcpy(frame, bytes_.data(), kEthernet + kIpv4 + kUdp);  // a fixed length compiles to a few stores
  if (v6_) std::memcpy(frame + kEthernet + kIpv4 + kUdp, bytes_.data() + kEthernet + kIpv4 + kUdp, kIpv6 - kIpv4);
  packet->tx_offload = rte_mbuf_tx_offload(kEthernet, ip_length, 0, 0, 0, 0, 0);
  packet->ol_flags &=
      RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;  // whose memory it is stays true; the rest was about rx
  const Completion with{frame, udp_length, port_offset, dscp};
  const std::uint64_t pseudo_header = v6_ ? complete_ipv6(with) : complete_ipv4(packet, with, offload);
  complete_udp(packet, with, pseudo_header, offload);
  return true;
}

// Sums are taken over the prebuilt header and what was added to it, not over the frame: a processor waits when it reads
// several bytes at once that were just written in parts.

/// Returns the sum of the pseudo header.
std::uint64_t EgressHeader::complete_ipv4(rte_mbuf* packet, const Completion& with,
                                          const ChecksumOffload& offload) const noexcept {
  const std::uint8_t* const prebuilt = bytes_.data() + kEthernet;
  std::uint8_t* const ip = with.frame + kEthernet;
  const auto service = static_cast<std::uint8_t>(with.dscp << 2);
  const auto total = static_cast<std::uint16_t>(kIpv4 + with.udp_length);
  ip[1] = service;
  store_be16(ip + 2, total);
  if (offload.ipv4) {
    packet->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
  } else {
    const std::uint64_t sum = checksum_add(prebuilt, kIpv4) + (std::uint64_t{service} << 8) + rte_cpu_to_be_16(total);
    const std::uint16_t checksum = checksum_finish(sum);
    std::memcpy(ip + 10, &checksum, sizeof checksum);
  }
  return udp_pseudo_header(prebuilt + 12, 8, with.udp_length);
}

/// Returns the sum of the pseudo header.
std::uint64_t EgressHeader::complete_ipv6(const Completion& with) const noexcept {
  std::uint8_t* const ip = with.frame + kEthernet;
  crypto::store_be32(ip, 0x60000000u | (std::uint32_t{with.dscp} << 22));
  store_be16(ip + 4, with.udp_length);
  return udp_pseudo_header(bytes_.data() + kEthernet + 8, 32, with.udp_length);
}

/// Ports, length and checksum.
void EgressHeader::complete_udp(rte_mbuf* packet, const Completion& with, std::uint64_t pseudo_header,
                                const ChecksumOffload& offload) const noexcept {
  const std::size_t at = kEthernet + (v6_ ? kIpv6 : kIpv4);
  const auto source = static_cast<std::uint16_t>(load_be16(bytes_.data() + at) + with.port_offset);
  const auto destination = static_cast<std::uint16_t>(load_be16(bytes_.data() + at + 2) + with.port_offset);
  std::uint8_t* const udp = with.frame + at;
  store_be16(udp, source);
  store_be16(udp + 2, destination);
  store_be16(udp + 4, with.udp_length);
  std::uint16_t checksum = 0;
  if (offload.udp) {
    packet->ol_flags |= (v6_ ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4) | RTE_MBUF_F_TX_UDP_CKSUM;
    checksum = static_cast<std::uint16_t>(~checksum_finish(pseudo_header));
  } else if (v6_ || offload.ipv4_udp_wanted) {
    const std::uint64_t header =
        std::uint64_t{rte_cpu_to_be_16(source)} + rte_cpu_to_be_16(destination) + rte_cpu_to_be_16(with.udp_length);
    checksum = udp_checksum_finish(pseudo_header + header + checksum_add(udp + kUdp, with.udp_length - kUdp));
  }
  std::memcpy(udp + 6, &checksum, sizeof checksum);
}

}  // namespace sallyport::dataplane
