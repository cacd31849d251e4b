// SIP by TCP over loopback sockets: framing, order, limits.
#include <gtest/gtest.h>

#include "controlplane/signalling/sip/header_values.hpp"
#include "transport_world.hpp"

namespace sallyport::controlplane::sip {
namespace {

using namespace std::chrono_literals;
using test::any_port;
using test::options;
using test::RawPeer;
using test::TransportWorld;

struct TcpWorld : TransportWorld {
  explicit TcpWorld(TransportLimits limits = {}, const char* address = "127.0.0.1")
      : TransportWorld(limits), local(transport->listen(TransportKind::kTcp, any_port(address))) {}
  bool takes(std::size_t count) {
    return until([&] { return messages.size() >= count; });
  }

  Endpoint local;
};

TEST(TransportTcp, MessagesInPiecesAndManyAtOnce) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    TcpWorld world({}, address);
    RawPeer peer(world, world.local);
    for (const char c : options("TCP")) peer.send({&c, 1});
    ASSERT_TRUE(world.takes(1));
    std::string many;
    for (int i = 2; i <= 40; ++i) many += options("TCP", i);
    peer.send(many);
    ASSERT_TRUE(world.takes(40));
    for (std::size_t i = 0; i < 40; ++i) {
      EXPECT_EQ(world.messages[i].value("CSeq"), std::to_string(i + 1) + " OPTIONS");
      EXPECT_EQ(world.flows[i].id, world.flows[0].id);
      world.transport->send(world.flows[i], {}, Message::reply(world.messages[i], 200, "t").to_text());
    }
    const std::string& heard = peer.heard("CSeq: 40 OPTIONS");
    EXPECT_LT(heard.find("CSeq: 39 OPTIONS"), heard.find("CSeq: 40 OPTIONS"));
    EXPECT_TRUE(world.transport->alive(world.flows[0].id));
  }
}

TEST(TransportTcp, PingsAreAnswered) {
  TcpWorld world;
  RawPeer peer(world, world.local);
  peer.send("\r\n\r\n");
  EXPECT_EQ(peer.heard("\r\n"), "\r\n");
  EXPECT_EQ(world.counters().keep_alives, 1U);
}

TEST(TransportTcp, ABrokenStreamIsAnsweredAndEnds) {
  struct {
    const char* length;
    const char* answer;
  } const cases[]{{"Length: x", "SIP/2.0 400 "},
                  {"Length: 0\r\nl: 1", "SIP/2.0 400 "},
                  {"Length: 300000", "SIP/2.0 413 "},
                  {"Longth: 0", "SIP/2.0 400 "}};
  TcpWorld world;
  for (const auto& each : cases) {
    RawPeer peer(world, world.local);
    std::string text = options("TCP");
    text.replace(text.find("Length: 0"), 9, each.length);
    peer.send(text + options("TCP"));
    EXPECT_TRUE(peer.heard("\r\n\r\n").starts_with(each.answer));
    EXPECT_TRUE(peer.ended());
  }
  EXPECT_TRUE(world.until([&] { return world.closed.size() == 4; }));
  EXPECT_EQ(world.counters().malformed_answered, 4U);
  EXPECT_TRUE(world.messages.empty()) << "what follows cannot be trusted to be a message";
  EXPECT_EQ(world.transport->connections(), 0U);
}

TEST(TransportTcp, AMalformedMessageInASoundFrameLeavesTheStream) {
  TcpWorld world;
  RawPeer peer(world, world.local);
  std::string bad = options("TCP");
  bad.replace(bad.find("Call-ID: call1\r\n"), 16, "");
  peer.send(bad + options("UDP") + options("TCP", 2));
  ASSERT_TRUE(world.takes(1));
  EXPECT_EQ(world.counters().malformed_answered, 1U);
  EXPECT_EQ(world.counters().wrong_transport, 1U);
  EXPECT_NE(peer.heard("by which it came").find("SIP/2.0 400 "), std::string::npos);
}

TEST(TransportTcp, AnEndlessHeadEndsTheConnection) {
  TcpWorld world;
  RawPeer peer(world, world.local);
  const std::string line = "X: " + std::string(4000, 'x') + "\r\n";
  peer.send("OPTIONS sip:a@h SIP/2.0\r\n");
  for (int i = 0; i < 20; ++i) {
    peer.send(line);
    world.until([] { return true; });
  }
  EXPECT_TRUE(peer.ended());
  EXPECT_EQ(world.counters().malformed_dropped, 1U);
}

TEST(TransportTcp, ASlowSenderIsGivenUpAndAnIdleOneToo) {
  TransportLimits limits;
  limits.connection.message = 150ms;
  limits.connection.idle = 400ms;
  TcpWorld world(limits);
  RawPeer slow(world, world.local);
  slow.send(options("TCP") + "OPTIONS sip:a@h SIP/2.0\r\nVia: SIP/2.0/");
  RawPeer idle(world, world.local);
  idle.send(options("TCP"));
  EXPECT_TRUE(slow.ended());
  ASSERT_TRUE(world.until([&] { return world.closed.size() == 1; }));
  EXPECT_EQ(world.closed[0], "a message did not end in time");
  EXPECT_TRUE(idle.ended());
  ASSERT_TRUE(world.until([&] { return world.closed.size() == 2; }));
  EXPECT_EQ(world.closed[1], "idle");
}

/// Whoever connects has a message to send; neither silence nor keep-alives are one.
TEST(TransportTcp, AConnectionWithoutAMessageIsGivenUp) {
  TransportLimits limits;
  limits.connection.message = 200ms;
  TcpWorld world(limits);
  RawPeer silent(world, world.local);
  RawPeer pinging(world, world.local);
  EXPECT_TRUE(world.until([&] {
    pinging.send("\r\n\r\n");
    return world.closed.size() == 2;
  }));
  EXPECT_EQ(world.closed[0], "no message in time");
  EXPECT_EQ(world.closed[1], "no message in time");
  EXPECT_EQ(world.transport->half_open(), 0U);
}

TEST(TransportTcp, AConnectionIsHalfOpenUntilItsFirstMessage) {
  TransportLimits limits;
  limits.counts.half_open = 1;
  TcpWorld world(limits);
  RawPeer first(world, world.local);
  first.send(options("TCP"));
  ASSERT_TRUE(world.takes(1));
  RawPeer second(world, world.local);
  ASSERT_TRUE(world.until([&] { return world.transport->half_open() == 1; }));
  RawPeer third(world, world.local);
  EXPECT_TRUE(second.ended()) << "the oldest one without a message goes";
  third.send(options("TCP", 2));
  EXPECT_TRUE(world.takes(2));
  EXPECT_EQ(world.log.count(Limit::kHalfOpen), 1U);
  EXPECT_EQ(world.transport->connections(), 2U);
}

/// Who sends single bytes forever does not keep a message going with them.
TEST(TransportTcp, TricklingDoesNotExtendTheTime) {
  TransportLimits limits;
  limits.connection.message = 200ms;
  TcpWorld world(limits);
  RawPeer peer(world, world.local);
  peer.send("O");
  EXPECT_TRUE(world.until([&] {
    peer.send("x");
    return !world.closed.empty();
  }));
}

TEST(TransportTcp, ASlowReaderIsGivenUp) {
  TransportLimits limits;
  limits.connection.unsent = 1024 * 1024;
  TcpWorld world(limits);
  RawPeer peer(world, world.local);
  peer.send(options("TCP"));
  ASSERT_TRUE(world.takes(1));
  const SecretString block(64 * 1024, 'x');
  int sent = 0;
  while (sent < 1000 && world.closed.empty()) {
    world.transport->send(world.flows[0], {}, block);
    ++sent;
    if (sent % 8 == 0) world.until([] { return true; });
    world.io.restart();
    world.io.poll();
  }
  ASSERT_TRUE(world.until([&] { return !world.closed.empty(); }));
  EXPECT_EQ(world.closed[0], "the peer does not take what we send");
  EXPECT_FALSE(world.transport->send(world.flows[0], {}, block));
}

/// Many short texts cost more than their bytes: they count too.
TEST(TransportTcp, PingsDoNotPileUpAnswers) {
  TcpWorld world;
  RawPeer peer(world, world.local);
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += "\r\n\r\n";
  peer.send(pings + options("TCP"));
  ASSERT_TRUE(world.takes(1));
  EXPECT_EQ(world.counters().keep_alives, 1000U);
  world.transport->send(world.flows[0], {}, test::secret("end"));
  EXPECT_LT(peer.heard("end").size(), 200U);
}

TEST(TransportTcp, ConnectionsOfOneAddressAreBounded) {
  TransportLimits limits;
  limits.counts.per_peer = 2;
  TcpWorld world(limits);
  auto first = std::make_unique<RawPeer>(world, world.local);
  RawPeer second(world, world.local);
  ASSERT_TRUE(world.until([&] { return world.transport->connections() == 2; }));
  RawPeer third(world, world.local);
  EXPECT_TRUE(third.ended());
  EXPECT_EQ(world.counters().connections_refused, 1U);
  first.reset();
  ASSERT_TRUE(world.until([&] { return world.transport->connections() == 1; }));
  RawPeer fourth(world, world.local);
  fourth.send(options("TCP"));
  EXPECT_TRUE(world.takes(1));
}

TEST(TransportTcp, ConnectionsInAllAreBounded) {
  TransportLimits limits;
  limits.counts.in_all = 1;
  TcpWorld world(limits);
  RawPeer first(world, world.local);
  ASSERT_TRUE(world.until([&] { return world.transport->connections() == 1; }));
  RawPeer second(world, world.local);
  EXPECT_TRUE(second.ended());
  EXPECT_EQ(world.counters().connections_refused, 1U);
}

TEST(TransportTcp, ConnectsAndSaysWhenItCannot) {
  TcpWorld world;
  const auto flow = world.connect(TransportKind::kTcp, world.local);
  ASSERT_TRUE(flow);
  EXPECT_EQ(flow->remote, world.local);
  EXPECT_NE(flow->local.port, 0);
  EXPECT_TRUE(world.transport->send(*flow, {}, test::secret(options("TCP"))));
  ASSERT_TRUE(world.takes(1));
  EXPECT_EQ(world.flows[0].remote.port, flow->local.port);
  const Endpoint nobody = TcpWorld().local;
  EXPECT_FALSE(world.connect(TransportKind::kTcp, nobody));
  EXPECT_TRUE(world.refused.starts_with("cannot connect: ")) << world.refused;
  EXPECT_EQ(world.counters().connections_failed, 1U);
  EXPECT_EQ(world.transport->connections(), 2U) << "both ends of the one that is up";
}

TEST(TransportTcp, WhatIsQueuedGoesOutBeforeAClose) {
  TcpWorld world;
  RawPeer peer(world, world.local);
  peer.send(options("TCP"));
  ASSERT_TRUE(world.takes(1));
  for (int i = 0; i < 20; ++i) world.transport->send(world.flows[0], {}, SecretString(20'000, 'x'));
  world.transport->send(world.flows[0], {}, test::secret("end"));
  world.transport->close(world.flows[0].id, "enough");
  world.transport->close(world.flows[0].id, "again");
  EXPECT_EQ(peer.heard("end").size(), 400'003U);
  EXPECT_TRUE(peer.ended());
  ASSERT_TRUE(world.until([&] { return !world.closed.empty(); }));
  EXPECT_EQ(world.closed, std::vector<std::string>{"enough"});
}

TEST(TransportTcp, MayGoWhileConnectionsAreUp) {
  TcpWorld world;
  RawPeer peer(world, world.local);
  peer.send(options("TCP"));
  ASSERT_TRUE(world.takes(1));
  world.transport->connect(TransportKind::kTcp, world.local.address, world.local, nullptr, "",
                           [](const Flow*, auto&) {});
  world.transport.reset();
  EXPECT_TRUE(peer.ended());
  world.io.restart();
  world.io.run_for(50ms);
}

}  // namespace
}  // namespace sallyport::controlplane::sip
