// Ethernet, VLAN, IPv4, IPv6 and UDP: read once by classify, written once by transmit.
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>
#include <span>

#include "crypto/bytes.hpp"
#include "dataplane/checksum.hpp"
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
  bool operator==(const FrameView&) const = default;
};

/// Reads a frame's headers; never beyond `frame`.
FrameView parse_frame(std::span<const std::uint8_t> frame) noexcept;

/// The same for the frame that nearly all are, and quicker: a whole datagram in IPv4 without VLAN tag and options.
/// False: it is another one, or something about it is wrong; then `view` is as it was.
inline bool parse_usual_frame(std::span<const std::uint8_t> frame, FrameView& view) noexcept {
  constexpr std::size_t kIp = 14;
  constexpr std::size_t kUdp = kIp + 20;
  constexpr std::size_t kPayload = kUdp + 8;
  constexpr std::uint16_t kFragmented = 0x3fff;  // offset, and more to come
  if (frame.size() < kPayload) return false;
  const std::uint8_t* const ip = frame.data() + kIp;
  const std::uint8_t* const udp = frame.data() + kUdp;
  if (crypto::load_be16(frame.data() + 12) != 0x0800 || ip[0] != 0x45 || ip[9] != 17) return false;
  if ((crypto::load_be16(ip + 6) & kFragmented) != 0) return false;
  const std::size_t total = crypto::load_be16(ip + 2);
  const std::size_t udp_length = crypto::load_be16(udp + 4);
  if (udp_length < 8 || total < 20 + udp_length || frame.size() < kIp + total) return false;
  if (checksum_finish(checksum_add(ip, 20)) != 0) return false;
  view.kind = FrameView::Kind::kUdp;
  view.dscp = ip[1] >> 2;
  view.source_port = crypto::load_be16(udp);
  view.destination_port = crypto::load_be16(udp + 2);
  view.payload_offset = kPayload;
  view.payload_length = static_cast<std::uint16_t>(udp_length - 8);
  view.source = ip + 12;
  view.destination = ip + 16;
  return true;
}

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
  /// What is not prebuilt of one packet's header.
  struct Completion {
    std::uint8_t* frame;  ///< where the header goes
    std::uint16_t udp_length;
    std::uint16_t port_offset;
    std::uint8_t dscp;
  };
  std::uint64_t complete_ipv4(rte_mbuf* packet, const Completion& with, const ChecksumOffload& offload) const noexcept;
  std::uint64_t complete_ipv6(const Completion& with) const noexcept;
  void complete_udp(rte_mbuf* packet, const Completion& with, std::uint64_t pseudo_header,
                    const ChecksumOffload& offload) const noexcept;

  std::array<std::uint8_t, 62> bytes_{};  ///< Ethernet 14, IPv4 20 or IPv6 40, UDP 8
  bool v6_ = false;
  bool resolved_ = false;
};

}  // namespace sallyport::dataplane
