// The kernel's path on ports that DPDK owns: what is not media goes to the TAP twin untouched, what Linux sends goes
// out.
#include <gtest/gtest.h>

#include "tests/scenario/call.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::WorkerStats;

class Punt : public testing::Test {
 protected:
  Punt() : call_({.west_twin = true}, {plain_leg("west"), plain_leg("east")}) {}
  Bytes sip() {
    return call_.frame("west", Bytes(200, 's'), false).to({"192.0.2.1", 5060}).dscp(24).ethernet_padding(3).bytes();
  }
  Call call_;
};

TEST_F(Punt, WhatIsNotMediaGoesToLinuxAsItCame) {
  Bytes arp = Bytes(60);
  std::copy(kNextHopMacs[0].begin(), kNextHopMacs[0].end(), arp.begin() + 6);
  put_be16(arp, 12, 0x0806);
  const Bytes fragment = call_.frame("west", Bytes(64), false).fragment(0x0010).bytes();
  const Bytes icmp = call_.frame("west", Bytes(64), false).protocol(1).bytes();
  const std::vector<Bytes> frames{sip(), arp, fragment, icmp};
  for (const Bytes& frame : frames) call_.inject("west", frame);
  call_.send("west", Rtp().bytes());
  EXPECT_EQ(call_.received("east").size(), 1U);
  EXPECT_EQ(call_.gateway().collect_punted(), frames);
  EXPECT_EQ(call_.gateway().total(&WorkerStats::punted), frames.size());
  expect_drops(call_.gateway(), {});
}

TEST_F(Punt, WhatLinuxSendsGoesOutAsItIs) {
  const Bytes frame = call_.frame("west", Bytes(100, 'x'), false).macs(kGatewayMacs[0], kNextHopMacs[0]).bytes();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(call_.gateway().inject_from_linux(frame));
  ASSERT_TRUE(call_.gateway().settle());
  const auto sent = call_.gateway().collect(Side::kWest);
  ASSERT_EQ(sent.size(), 100U);
  for (const Bytes& bytes : sent) EXPECT_EQ(bytes, frame);
  EXPECT_EQ(call_.gateway().total(&WorkerStats::from_kernel), 100U);
  EXPECT_EQ(call_.gateway().total(&WorkerStats::tx), 100U);
}

TEST_F(Punt, ManyAtOnceAllGoThrough) {
  for (int i = 0; i < 300; ++i) call_.inject("west", sip());
  ASSERT_TRUE(call_.gateway().settle());
  EXPECT_EQ(call_.gateway().collect_punted().size(), 300U);
  expect_drops(call_.gateway(), {});
}

}  // namespace
}  // namespace sallyport::scenario
