// The headers around a captured clear packet, as an independent reader finds them.
#include "controlplane/observe/clear_frame.hpp"

#include <gtest/gtest.h>

#include "tests/scenario/frame_bytes.hpp"

namespace sallyport::controlplane {
namespace {

constexpr drivers::MacAddress kOurs{{2, 0, 0, 0, 0, 1}};
constexpr drivers::MacAddress kTheirs{{2, 0, 0, 0, 0, 9}};

WatchedLeg leg(const char* local, const char* remote) {
  WatchedLeg made;
  made.side.local = Endpoint::parse(local).value();
  made.side.remote = Endpoint::parse(remote).value();
  made.next_hop = kTheirs;
  return made;
}

scenario::ReadFrame read(const WatchedLeg& leg, bool sent, bool rtcp, const scenario::Bytes& packet) {
  return scenario::read_frame(clear_frame(leg, kOurs, sent, rtcp, packet));
}

TEST(ClearFrame, GoesFromTheGatewayToTheParty) {
  const scenario::Bytes packet(172, 0x5a);
  const auto frame = read(leg("192.0.2.1:20000", "192.0.2.9:30000"), true, false, packet);
  EXPECT_EQ(frame.from, (scenario::Endpoint{"192.0.2.1", 20000}));
  EXPECT_EQ(frame.to, (scenario::Endpoint{"192.0.2.9", 30000}));
  EXPECT_EQ(frame.source, kOurs.bytes);
  EXPECT_EQ(frame.destination, kTheirs.bytes);
  EXPECT_TRUE(frame.ip_checksum_right && frame.udp_checksum_present && frame.udp_checksum_right);
  EXPECT_EQ(frame.payload, packet);
}

TEST(ClearFrame, ComesFromThePartyOverIpv6WithRtcpOnThePortAbove) {
  const scenario::Bytes packet(28, 0x5a);
  const auto frame = read(leg("[2001:db8::1]:20000", "[2001:db8::9]:30000"), false, true, packet);
  EXPECT_EQ(frame.from, (scenario::Endpoint{"2001:db8::9", 30001}));
  EXPECT_EQ(frame.to, (scenario::Endpoint{"2001:db8::1", 20001}));
  EXPECT_EQ(frame.source, kTheirs.bytes);
  EXPECT_TRUE(frame.udp_checksum_present && frame.udp_checksum_right);
  EXPECT_EQ(frame.payload, packet);
}

TEST(ClearFrame, MuxedRtcpStaysOnThePort) {
  WatchedLeg muxed = leg("192.0.2.1:20000", "192.0.2.9:30000");
  muxed.side.rtcp = RtcpMode::kMux;
  EXPECT_EQ(read(muxed, true, true, scenario::Bytes(28)).to.port, 30000);
}

TEST(ClearFrame, AsLongAsAPacketCanBe) {
  const scenario::Bytes packet(2048, 1);
  EXPECT_EQ(read(leg("192.0.2.1:20000", "192.0.2.9:30000"), true, false, packet).payload.size(), 2048U);
}

}  // namespace
}  // namespace sallyport::controlplane
