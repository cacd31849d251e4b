// Limits of SIP from the configuration: trunks for themselves, connections within what the process may open.
#include "controlplane/session/sip_limits.hpp"

#include <gtest/gtest.h>

namespace sallyport::controlplane {
namespace {

TrunkConfig trunk(const char* address, unsigned requests) {
  TrunkConfig made;
  made.targets.push_back({sip::TransportKind::kUdp, {drivers::IpAddress::parse(address).value(), 5060}});
  made.requests = requests;
  return made;
}

TEST(SipLimits, TrunksCountForThemselves) {
  SipConfig config;
  config.limits.requests.per_peer = 7;
  config.trunks = {trunk("192.0.2.1", 100), trunk("192.0.2.2", 5), trunk("192.0.2.1", 200), trunk("192.0.2.2", 0)};
  const sip::PeerLimits limits = limits_of(config, 100'000);
  EXPECT_EQ(limits.requests.per_peer, 7U);
  EXPECT_EQ(limits.transport.counts.in_all, 20'000U);
  ASSERT_EQ(limits.configured.size(), 2U);
  EXPECT_EQ(limits.configured.at({drivers::IpAddress::parse("192.0.2.1").value(), 5060}), 200U);
  EXPECT_EQ(limits.configured.at({drivers::IpAddress::parse("192.0.2.2").value(), 5060}), 0U) << "no limit is the highest";
}

TEST(SipLimits, ConnectionsLeaveRoomForOtherFiles) {
  SipConfig config;
  EXPECT_EQ(limits_of(config, 1024).transport.counts.in_all, 768U);
  EXPECT_GT(limits_of(config, 0).transport.counts.in_all, 0U);
}

TEST(SipLimits, WhatTheProcessMayOpenIsRaised) {
  const std::size_t files = raise_open_files();
  EXPECT_GE(files, 256U);
  EXPECT_EQ(raise_open_files(), files);
}

}  // namespace
}  // namespace sallyport::controlplane
