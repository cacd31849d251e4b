// Writing headers: fields and checksums as an independent reader finds them.
#include <gtest/gtest.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "dataplane/net_headers.hpp"
#include "tests/scenario/frame_bytes.hpp"

namespace sallyport::dataplane {
namespace {

using scenario::Bytes;
using scenario::Endpoint;
using scenario::Mac;
using scenario::read_frame;

/// An mbuf over memory of its own: enough for what works on one segment.
class Packet {
 public:
  Packet(const Bytes& payload, std::uint16_t headroom) {
    mbuf_->buf_addr = memory_.data();
    mbuf_->buf_len = static_cast<std::uint16_t>(memory_.size());
    mbuf_->data_off = headroom;
    mbuf_->data_len = static_cast<std::uint16_t>(payload.size());
    mbuf_->pkt_len = mbuf_->data_len;
    mbuf_->nb_segs = 1;
    std::copy(payload.begin(), payload.end(), memory_.begin() + headroom);
  }
  rte_mbuf* get() { return mbuf_; }
  rte_mbuf* operator->() { return mbuf_; }
  Bytes bytes() {
    const auto* data = rte_pktmbuf_mtod(mbuf_, const std::uint8_t*);
    return {data, data + mbuf_->data_len};
  }

 private:
  std::array<std::uint8_t, 2048> memory_{};
  alignas(rte_mbuf) std::array<std::uint8_t, sizeof(rte_mbuf)> mbuf_memory_{};
  rte_mbuf* mbuf_ = reinterpret_cast<rte_mbuf*>(mbuf_memory_.data());
};

constexpr Mac kOurMac{2, 1, 1, 1, 1, 1};
constexpr Mac kNextHop{2, 9, 9, 9, 9, 9};
const Endpoint kLocal4{"192.0.2.1", 20000};
const Endpoint kRemote4{"198.51.100.9", 31000};
const Endpoint kLocal6{"2001:db8::1", 20000};
const Endpoint kRemote6{"2001:db8:1::9", 31000};

UdpEndpoint endpoint(const Endpoint& from) { return {*drivers::IpAddress::parse(from.address), from.port}; }

EgressHeader header(const Endpoint& local, const Endpoint& remote) {
  EgressHeader made(endpoint(local), endpoint(remote));
  made.set_next_hop({kOurMac}, {kNextHop});
  return made;
}

class Push : public testing::TestWithParam<std::pair<Endpoint, Endpoint>> {};

TEST_P(Push, FieldsAndChecksums) {
  const auto& [local, remote] = GetParam();
  for (std::size_t length = 0; length <= 300; ++length) {
    Bytes payload(length);
    for (std::size_t i = 0; i < length; ++i) payload[i] = static_cast<std::uint8_t>(i * 7 + length);
    Packet packet(payload, 128);
    ASSERT_TRUE(header(local, remote).push(packet.get(), 0, 46, {}));
    const auto read = read_frame(packet.bytes());
    EXPECT_EQ(read.source, kOurMac);
    EXPECT_EQ(read.destination, kNextHop);
    EXPECT_EQ(read.from, local);
    EXPECT_EQ(read.to, remote);
    EXPECT_EQ(read.dscp, 46);
    EXPECT_EQ(read.hop_limit, 64);
    EXPECT_TRUE(read.ip_checksum_right);
    EXPECT_TRUE(read.udp_checksum_present);
    EXPECT_TRUE(read.udp_checksum_right) << length;
    EXPECT_EQ(read.payload, payload);
    EXPECT_EQ(packet->ol_flags, 0U);
    EXPECT_EQ(packet->pkt_len, packet->data_len);
  }
}

TEST_P(Push, RtcpGoesOnePortHigher) {
  const auto& [local, remote] = GetParam();
  Packet packet(Bytes(28), 128);
  ASSERT_TRUE(header(local, remote).push(packet.get(), 1, 0, {}));
  const auto read = read_frame(packet.bytes());
  EXPECT_EQ(read.from.port, local.port + 1);
  EXPECT_EQ(read.to.port, remote.port + 1);
  EXPECT_TRUE(read.udp_checksum_right);
}

/// Where the sum comes out as zero, 0xffff is sent: zero would mean "none" (RFC 768), which IPv6 forbids.
TEST_P(Push, ChecksumIsNeverZero) {
  const auto& [local, remote] = GetParam();
  bool seen = false;
  for (unsigned value = 0; value <= 0xffff; ++value) {
    Packet packet({static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)}, 128);
    ASSERT_TRUE(header(local, remote).push(packet.get(), 0, 0, {}));
    const auto read = read_frame(packet.bytes());
    ASSERT_TRUE(read.udp_checksum_present);
    ASSERT_TRUE(read.udp_checksum_right);
    const Bytes bytes = packet.bytes();
    seen |= scenario::be16(bytes, bytes.size() - 4) == 0xffff;
  }
  EXPECT_TRUE(seen) << "one of all two-byte payloads has that sum";
}

TEST_P(Push, LeavesTheUdpChecksumToThePort) {
  const auto& [local, remote] = GetParam();
  Packet packet(Bytes(172, 0x55), 128);
  ASSERT_TRUE(header(local, remote).push(packet.get(), 0, 0, {.ipv4 = true, .udp = true, .ipv4_udp_wanted = true}));
  EXPECT_EQ(packet->ol_flags & RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_UDP_CKSUM);
  EXPECT_EQ(packet->l2_len, 14U);
  EXPECT_EQ(packet->l3_len, local.v6() ? 40U : 20U);
  EXPECT_EQ((packet->ol_flags & RTE_MBUF_F_TX_IPV6) != 0, local.v6());
  EXPECT_EQ((packet->ol_flags & RTE_MBUF_F_TX_IP_CKSUM) != 0, !local.v6());
  // Finishing what the port would: the sum over the datagram with the field as it was left must come out right.
  Bytes bytes = packet.bytes();
  const std::size_t udp = bytes.size() - 172 - 8;
  scenario::put_be16(bytes, udp + 6,
                     scenario::internet_checksum(Bytes(bytes.begin() + static_cast<long>(udp), bytes.end())));
  EXPECT_TRUE(read_frame(bytes).udp_checksum_right);
}

TEST_P(Push, ForgetsWhatTheReceiverSaidButNotWhoseMemoryItIs) {
  const auto& [local, remote] = GetParam();
  Packet packet(Bytes(172), 128);
  packet->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_RSS_HASH | RTE_MBUF_F_EXTERNAL;
  ASSERT_TRUE(header(local, remote).push(packet.get(), 0, 0, {}));
  EXPECT_EQ(packet->ol_flags, RTE_MBUF_F_EXTERNAL);
}

TEST_P(Push, NoHeadRoom) {
  const auto& [local, remote] = GetParam();
  const std::uint16_t needed = local.v6() ? 62 : 42;
  Packet enough(Bytes(10), needed);
  EXPECT_TRUE(header(local, remote).push(enough.get(), 0, 0, {}));
  Packet short_by_one(Bytes(10), static_cast<std::uint16_t>(needed - 1));
  EXPECT_FALSE(header(local, remote).push(short_by_one.get(), 0, 0, {}));
  EXPECT_EQ(short_by_one->data_len, 10);
}

INSTANTIATE_TEST_SUITE_P(Families, Push, testing::Values(std::pair{kLocal4, kRemote4}, std::pair{kLocal6, kRemote6}),
                         [](const auto& family) { return std::string(family.param.first.v6() ? "V6" : "V4"); });

TEST(PushIpv4, ChecksumMayBeLeftOut) {
  Packet packet(Bytes(172), 128);
  ASSERT_TRUE(
      header(kLocal4, kRemote4).push(packet.get(), 0, 0, {.ipv4 = false, .udp = false, .ipv4_udp_wanted = false}));
  const auto read = read_frame(packet.bytes());
  EXPECT_FALSE(read.udp_checksum_present);
  EXPECT_TRUE(read.ip_checksum_right);
}

TEST(PushIpv6, ChecksumIsNeverLeftOut) {
  Packet packet(Bytes(172), 128);
  ASSERT_TRUE(
      header(kLocal6, kRemote6).push(packet.get(), 0, 0, {.ipv4 = false, .udp = false, .ipv4_udp_wanted = false}));
  EXPECT_TRUE(read_frame(packet.bytes()).udp_checksum_right);
}

TEST(EgressHeader, NextHopComesAndGoes) {
  EgressHeader made(endpoint(kLocal4), endpoint(kRemote4));
  EXPECT_FALSE(made.resolved());
  made.set_next_hop({kOurMac}, {kNextHop});
  EXPECT_TRUE(made.resolved());
  EXPECT_EQ(made.next_hop().bytes, kNextHop);
  made.forget_next_hop();
  EXPECT_FALSE(made.resolved());
}

}  // namespace
}  // namespace sallyport::dataplane
