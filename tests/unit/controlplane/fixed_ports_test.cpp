// Ports of configured streams and of calls over reloads.
#include "controlplane/session/fixed_ports.hpp"

#include <gtest/gtest.h>

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

class FixedPortsTest : public testing::Test {
 protected:
  static StreamConfig stream(std::uint16_t a, std::uint16_t b, RtcpMode rtcp = RtcpMode::kPair) {
    StreamConfig config;
    config.name = "one";
    config.a.local = {*drivers::IpAddress::parse("10.0.0.1"), a};
    config.b.local = {*drivers::IpAddress::parse("10.0.1.1"), b};
    config.a.rtcp = config.b.rtcp = rtcp;
    return config;
  }
  template <typename... Streams>
  void claim(Streams... streams) {
    std::vector<StreamConfig> all;
    (all.push_back(std::move(streams)), ...);
    fixed_.claim(all);
  }
  template <typename... Streams>
  void reload(Streams... streams) {
    claim(std::move(streams)...);
    fixed_.keep(now_);
  }
  std::size_t free() const { return ports_.available(0, PortAllocator::Clock::now()); }

  const PortAllocator::Clock::time_point now_ = PortAllocator::Clock::now();
  PortAllocator ports_{{{"in", {*drivers::IpAddress::parse("10.0.0.1")}, {20000, 20009}}}, 1, std::chrono::seconds(0)};
  FixedPorts fixed_{ports_};
};

TEST_F(FixedPortsTest, AReloadTakesAndGivesBack) {
  EXPECT_EQ(free(), 5U);
  reload(stream(20000, 20000), stream(20004, 20002));
  EXPECT_EQ(free(), 3U) << "the other side's address is in no pool";
  reload(stream(20004, 20000), stream(20006, 20002), stream(20008, 20004));
  EXPECT_EQ(free(), 2U);
  EXPECT_FALSE(ports_.in_use(*drivers::IpAddress::parse("10.0.0.1"), 20000));
  EXPECT_TRUE(ports_.in_use(*drivers::IpAddress::parse("10.0.0.1"), 20004));
  reload();
  EXPECT_EQ(free(), 5U);
}

TEST_F(FixedPortsTest, APairThatTwoStreamsShareAndOddPorts) {
  reload(stream(20000, 20000, RtcpMode::kMux), stream(20001, 20001, RtcpMode::kMux));
  EXPECT_EQ(free(), 4U);
  reload(stream(20001, 20001, RtcpMode::kMux));
  EXPECT_EQ(free(), 4U) << "no call may have the even port without the odd one";
  reload(stream(20003, 20003, RtcpMode::kPair));
  EXPECT_EQ(free(), 3U) << "20003 and 20004 are of two pairs";
}

TEST_F(FixedPortsTest, WhatACallHasIsRefusedWithNothingChanged) {
  reload(stream(20000, 20000));
  const std::vector<std::uint16_t> leg{0};
  const MediaPort call = ports_.take(leg, now_)[0];
  const std::uint16_t other = call.port == 20002 ? 20004 : 20002;
  try {
    claim(stream(other, 20000), stream(call.port, 20002));
    FAIL() << "a call has that port";
  } catch (const SetupError& error) {
    EXPECT_NE(std::string(error.what()).find("a call has 10.0.0.1:" + std::to_string(call.port)), std::string::npos);
  }
  EXPECT_EQ(free(), 3U);
  EXPECT_TRUE(ports_.in_use(*drivers::IpAddress::parse("10.0.0.1"), 20000));
  ports_.give_back(call, now_);
  reload(stream(call.port, 20002));
  EXPECT_EQ(free(), 4U);
}

TEST_F(FixedPortsTest, AReloadThatFailsLaterIsUndone) {
  reload(stream(20000, 20000));
  claim(stream(20002, 20000));
  EXPECT_EQ(free(), 3U) << "until it is settled nobody gets either";
  fixed_.undo(now_);
  EXPECT_EQ(free(), 4U);
  EXPECT_TRUE(ports_.in_use(*drivers::IpAddress::parse("10.0.0.1"), 20000));
}

}  // namespace
}  // namespace sallyport::controlplane
