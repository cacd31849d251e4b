// Ethernet, VLAN, IPv4, IPv6 and UDP: read once by classify, written once by transmit.
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <span>

#include "dataplane/drop_reason.hpp"
#include "drivers/ip_address.hpp"

namespace sallyport::dataplane {

/// What a received frame is, as far as the headers tell.
struct FrameView {
  enum class Kind : std::uint8_t {
    kUdp,    ///< a whole UDP datagram
    kOther,  ///< well formed, or none of our business: ARP, ICMP, TCP, IPv6 with extension headers, later fragments ...
    kBad,    ///< see `reason`
  };
  Kind kind = Kind::kOther;
  DropReason reason = DropReason::kCount;
  bool v6 = false;
  bool first_fragment = false;  ///< kOther: a first fragment of UDP; the ports are valid
  std::uint8_t dscp = 0;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint16_t payload_offset = 0;           ///< of the UDP payload, from the frame's start
  std::uint16_t payload_length = 0;           ///< by the UDP header: Ethernet padding does not count
  const std::uint8_t* source = nullptr;       ///< 4 or 16 bytes inside the frame
  const std::uint8_t* destination = nullptr;  ///< likewise
};

/// Reads a frame's headers; never beyond `frame`.
FrameView parse_frame(std::span<const std::uint8_t> frame) noexcept;

/// One end of a UDP flow.
struct UdpEndpoint {
  drivers::IpAddress address;
  std::uint16_t port = 0;
  auto operator<=>(const UdpEndpoint&) const = default;
};

/// What the port does for us; the rest is done in software.
struct ChecksumOffload {
  bool ipv4 = false;
  bool udp = false;
  bool ipv4_udp_wanted = true;  ///< false: over IPv4 send UDP checksum 0 rather than compute it
};

/// A leg's prebuilt Ethernet/IP/UDP header. Built by control, completed per packet by its worker. One cache line.
class EgressHeader {
 public:
  EgressHeader() = default;
  /// Both ends are of one family.
  EgressHeader(const UdpEndpoint& local, const UdpEndpoint& remote) noexcept;

  bool resolved() const noexcept { return resolved_; }
  void set_next_hop(const drivers::MacAddress& source, const drivers::MacAddress& destination) noexcept;
  void forget_next_hop() noexcept { resolved_ = false; }
  drivers::MacAddress next_hop() const noexcept;

  /// Puts the header in front of the packet. `port_offset`: 1 for RTCP on the port above, else 0.
  /// False: no head room.
  bool push(rte_mbuf* packet, std::uint16_t port_offset, std::uint8_t dscp,
            const ChecksumOffload& offload) const noexcept;

 private:
  void push_ipv4(rte_mbuf* packet, std::uint8_t* frame, std::uint16_t udp_length, std::uint8_t dscp,
                 const ChecksumOffload& offload) const noexcept;
  void push_ipv6(rte_mbuf* packet, std::uint8_t* frame, std::uint16_t udp_length, std::uint8_t dscp,
                 const ChecksumOffload& offload) const noexcept;

  std::uint8_t length() const noexcept;

  std::array<std::uint8_t, 62> bytes_{};  ///< Ethernet 14, IPv4 20 or IPv6 40, UDP 8
  bool v6_ = false;
  bool resolved_ = false;
};

}  // namespace sallyport::dataplane
