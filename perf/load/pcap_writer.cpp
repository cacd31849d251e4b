#include "perf/load/pcap_writer.hpp"

#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstring>

namespace sallyport::load {
namespace {

using controlplane::Endpoint;

constexpr std::size_t kLongestPayload = 2048;  // what the links have room for
constexpr std::uint8_t kHops = 64;

/// Where the headers of a frame are; UDP and its payload come behind the longer form of IP.
struct Frame {
  std::array<std::uint8_t, sizeof(rte_ether_hdr) + sizeof(rte_ipv6_hdr) + sizeof(rte_udp_hdr) + kLongestPayload> bytes;
  std::uint8_t* udp = bytes.data() + sizeof(rte_ether_hdr) + sizeof(rte_ipv6_hdr);
  std::uint8_t* start = udp;

  /// Puts a header in front of what is there.
  template <class Header>
  void push(const Header& header) noexcept {
    start -= sizeof header;
    std::memcpy(start, &header, sizeof header);
  }
};

/// Pushes the header, completes the checksum of UDP.
void push_ipv4(Frame& frame, const Endpoint& source, const Endpoint& destination, std::uint16_t udp_length) noexcept {
  rte_ipv4_hdr header{};
  header.version_ihl = RTE_IPV4_VHL_DEF;
  header.total_length = rte_cpu_to_be_16(static_cast<std::uint16_t>(sizeof header + udp_length));
  header.time_to_live = kHops;
  header.next_proto_id = IPPROTO_UDP;
  std::memcpy(&header.src_addr, source.address.bytes.data(), sizeof header.src_addr);
  std::memcpy(&header.dst_addr, destination.address.bytes.data(), sizeof header.dst_addr);
  header.hdr_checksum = rte_ipv4_cksum(&header);
  const std::uint16_t sum = rte_ipv4_udptcp_cksum(&header, frame.udp);
  std::memcpy(frame.udp + offsetof(rte_udp_hdr, dgram_cksum), &sum, sizeof sum);
  frame.push(header);
}

void push_ipv6(Frame& frame, const Endpoint& source, const Endpoint& destination, std::uint16_t udp_length) noexcept {
  rte_ipv6_hdr header{};
  header.vtc_flow = rte_cpu_to_be_32(6U << 28);
  header.payload_len = rte_cpu_to_be_16(udp_length);
  header.proto = IPPROTO_UDP;
  header.hop_limits = kHops;
  std::memcpy(header.src_addr, source.address.bytes.data(), sizeof header.src_addr);
  std::memcpy(header.dst_addr, destination.address.bytes.data(), sizeof header.dst_addr);
  const std::uint16_t sum = rte_ipv6_udptcp_cksum(&header, frame.udp);
  std::memcpy(frame.udp + offsetof(rte_udp_hdr, dgram_cksum), &sum, sizeof sum);
  frame.push(header);
}

}  // namespace

void PcapWriter::write(const Endpoint& source, const Endpoint& destination, std::span<const std::uint8_t> payload) {
  Frame frame;
  const std::size_t kept = std::min(payload.size(), kLongestPayload);
  const auto udp_length = static_cast<std::uint16_t>(sizeof(rte_udp_hdr) + kept);
  const rte_udp_hdr udp{.src_port = rte_cpu_to_be_16(source.port),
                        .dst_port = rte_cpu_to_be_16(destination.port),
                        .dgram_len = rte_cpu_to_be_16(udp_length),
                        .dgram_cksum = 0};
  std::memcpy(frame.udp, &udp, sizeof udp);
  std::copy_n(payload.data(), kept, frame.udp + sizeof udp);  // which takes null where there is nothing
  const bool v6 = destination.address.v6;
  v6 ? push_ipv6(frame, source, destination, udp_length) : push_ipv4(frame, source, destination, udp_length);
  frame.push(rte_ether_hdr{.dst_addr = {{2, 0, 0, 0, 0, 2}},  // locally administered, and nobody's
                           .src_addr = {{2, 0, 0, 0, 0, 1}},
                           .ether_type = rte_cpu_to_be_16(v6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4)});

  const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
  const auto length = static_cast<std::uint32_t>(frame.udp + udp_length - frame.start);
  file_.add(now.count(), length, {frame.start, length});
}

}  // namespace sallyport::load
