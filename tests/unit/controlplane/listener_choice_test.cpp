// Which of several listeners a request of ours comes from, over loopback sockets.
#include <gtest/gtest.h>

#include "controlplane/signalling/sip/user_agent.hpp"
#include "sip/transport_world.hpp"

namespace sallyport::controlplane {
namespace {

using sip::Flow;
using sip::TransportKind;
using sip::test::any_port;
using sip::test::TransportWorld;

/// Linux sends to all of 127/8 from 127.0.0.1: that listener is neither the first nor the last.
class ListenerChoice : public ::testing::TestWithParam<TransportKind> {};

TEST_P(ListenerChoice, IsTheAddressOnTheWayThere) {
  TransportWorld world;
  const Endpoint target = world.transport->listen(GetParam(), any_port("127.0.0.4"), {});
  sip::UserAgent agent(world.io, {}, {}, "test", {});
  for (const char* address : {"127.0.0.2", "127.0.0.1", "127.0.0.3"}) {
    agent.listen({GetParam(), any_port(address), {}, {}});
  }
  std::optional<Flow> reached;
  agent.reach({GetParam(), target, {}, nullptr}, [&](const Flow* flow, const std::string& why) {
    ASSERT_NE(flow, nullptr) << why;
    reached = *flow;
  });
  ASSERT_TRUE(world.until([&] { return reached.has_value(); }));
  EXPECT_EQ(reached->local.address, any_port("127.0.0.1").address);
}

INSTANTIATE_TEST_SUITE_P(Kinds, ListenerChoice, ::testing::Values(TransportKind::kUdp, TransportKind::kTcp));

}  // namespace
}  // namespace sallyport::controlplane
