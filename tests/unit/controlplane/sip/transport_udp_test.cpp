// SIP by datagram over loopback sockets.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "controlplane/signalling/sip/header_values.hpp"
#include "crypto/error.hpp"
#include "transport_world.hpp"

namespace sallyport::controlplane::sip {
namespace {

using test::any_port;
using test::options;
using test::RawDatagrams;
using test::RawPeer;
using test::TransportWorld;

/// Listens on `address` and has one peer.
struct UdpWorld : TransportWorld {
  explicit UdpWorld(const char* address = "127.0.0.1")
      : local(transport->listen(TransportKind::kUdp, any_port(address))), peer(*this, local) {}
  bool takes(std::uint64_t count) {
    return until([&] { return taken() >= count; });
  }

  Endpoint local;
  RawDatagrams peer;
};

/// `text` with one part of it replaced.
std::string changed(std::string text, std::string_view part, std::string_view by) {
  return text.replace(text.find(part), part.size(), by);
}

TEST(TransportUdp, ARequestKnowsWhereItCameFromAndIsAnswered) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    UdpWorld world(address);
    world.peer.send("\r\n" + options("UDP"));
    ASSERT_TRUE(world.takes(1));
    ASSERT_EQ(world.messages.size(), 1U);
    const auto via = Via::parse(world.messages[0].value("Via"));
    EXPECT_EQ(*find_parameter(via->parameters, "rport"), std::to_string(world.peer.port()));
    EXPECT_EQ(*find_parameter(via->parameters, "received"), world.local.address.to_string());
    EXPECT_EQ(via->host, "client.invalid");
    const Flow& flow = world.flows[0];
    EXPECT_EQ(flow.local, world.local);
    EXPECT_EQ(flow.remote.port, world.peer.port());
    EXPECT_FALSE(flow.reliable());
    const auto to = reply_endpoint(flow, world.messages[0]);
    EXPECT_TRUE(world.transport->send(flow, *to, Message::reply(world.messages[0], 200, "t").to_text()));
    EXPECT_TRUE(world.peer.next().starts_with("SIP/2.0 200 OK\r\n"));
    EXPECT_EQ(world.transport->datagram_flow(world.local, flow.remote)->id, flow.id);
    EXPECT_EQ(world.transport->datagram_flow({world.local.address, 0}, flow.remote)->id, flow.id);
    EXPECT_FALSE(world.transport->datagram_flow(any_port("127.0.0.9"), flow.remote));
  }
}

TEST(TransportUdp, AViaCannotClaimWhereItCameFrom) {
  UdpWorld world;
  world.peer.send(changed(options("UDP"), ";rport", ";rport=1;received=198.51.100.1"));
  ASSERT_TRUE(world.takes(1));
  const std::string via(world.messages[0].value("Via"));
  EXPECT_EQ(via.find("198.51.100.1"), std::string::npos);
  EXPECT_NE(via.find(";rport=" + std::to_string(world.peer.port())), std::string::npos);
}

TEST(TransportUdp, MalformedRequestsAreAnswered) {
  struct {
    std::string text;
    const char* answer;
  } const cases[]{
      {changed(options("UDP"), "SIP/2.0\r", "SIP/4.0\r"), "SIP/2.0 505 "},
      {changed(options("UDP"), "Call-ID: call1\r\n", ""), "SIP/2.0 400 "},
      {changed(options("UDP"), "Length: 0", "Length: 1"), "SIP/2.0 400 "},
      {changed(options("UDP"), "Length: 0", "Length: -1"), "SIP/2.0 400 "},
      {changed(options("UDP"), "Length: 0", "Length: 999999999"), "SIP/2.0 413 "},
      {changed(options("UDP"), "SIP/2.0/UDP", "SIP/2.0/TCP"), "SIP/2.0 400 "},
      {changed(options("UDP"), "SIP/2.0/UDP client.invalid", "SIP/2.0/UDP ;;,;,,"), "SIP/2.0 400 "},
  };
  UdpWorld world;
  for (const auto& each : cases) {
    world.peer.send(each.text);
    const std::string answer = world.peer.next();
    EXPECT_TRUE(answer.starts_with(each.answer)) << each.text << answer;
    EXPECT_NE(answer.find("\r\nWarning: 399 sallyport \""), std::string::npos) << answer;
    EXPECT_EQ(answer.find('\x01'), std::string::npos);
  }
  EXPECT_EQ(world.counters().malformed_answered, 6U);
  EXPECT_EQ(world.counters().wrong_transport, 1U);
  const auto counted = [&](Malformed reason) { return world.counters().malformed[static_cast<std::size_t>(reason)]; };
  EXPECT_EQ(counted(Malformed::kVersion), 1U);
  EXPECT_EQ(counted(Malformed::kHeaderMissing), 1U);
  EXPECT_EQ(counted(Malformed::kContentLength), 2U);
  EXPECT_EQ(counted(Malformed::kTooLarge), 1U);
  EXPECT_EQ(counted(Malformed::kWrongTransport), 1U);
  EXPECT_TRUE(world.messages.empty());
}

TEST(TransportUdp, WhatCannotBeAnsweredIsDropped) {
  UdpWorld world;
  const std::string ack = test::request_text("ACK", "UDP h;rport;branch=z9hG4bK1");
  world.peer.send(changed(ack, "Call-ID: call1\r\n", ""));
  world.peer.send("hello");
  world.peer.send(std::string(40, '\0'));
  world.peer.send("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n\r\n");
  world.peer.send(changed(ack, "SIP/2.0/UDP", "SIP/2.0/TLS"));
  ASSERT_TRUE(world.takes(5));
  EXPECT_EQ(world.counters().malformed_dropped, 4U);
  world.peer.send(options("UDP"));
  ASSERT_TRUE(world.takes(6));
  world.transport->send(world.flows.at(0), world.flows[0].remote, test::secret("last"));
  EXPECT_EQ(world.peer.next(), "last") << "nothing was answered before";
}

TEST(TransportUdp, AFloodOfMalformedRequestsIsAnsweredInPart) {
  UdpWorld world;
  world.gate.set_limits({.per_peer = 2, .in_all = 0}, {});
  for (int i = 0; i < 20; ++i) world.peer.send(changed(options("UDP"), "Call-ID: call1\r\n", ""));
  ASSERT_TRUE(world.takes(20));
  EXPECT_GE(world.counters().malformed_answered, 2U);
  EXPECT_GE(world.counters().malformed_dropped, 1U);
  EXPECT_EQ(world.log.count(Limit::kUnanswered), world.counters().malformed_dropped);
}

TEST(TransportUdp, KeepAlivesAreCounted) {
  using namespace std::string_view_literals;
  UdpWorld world;
  for (const std::string_view text : {"\r\n\r\n"sv, "\0\0\0\0"sv, " "sv, ""sv}) world.peer.send(text);
  EXPECT_TRUE(world.until([&] { return world.counters().keep_alives == 4; }));
  EXPECT_EQ(world.taken(), 0U);
}

// RFC 3261 18.3.
TEST(TransportUdp, WhatIsBeyondContentLengthIsDropped) {
  UdpWorld world;
  world.peer.send(changed(options("UDP"), "Length: 0", "Length: 2") + "abcd");
  ASSERT_TRUE(world.takes(1));
  EXPECT_EQ(world.messages.at(0).body(), "ab");
  world.peer.send(changed(options("UDP", 2), "Content-Length: 0\r\n", "") + "abcd");
  ASSERT_TRUE(world.takes(2));
  EXPECT_EQ(world.messages.at(1).body(), "abcd");
}

TEST(TransportUdp, APortThatIsTakenIsNamed) {
  UdpWorld world;
  for (const TransportKind kind : {TransportKind::kUdp, TransportKind::kTcp}) {
    try {
      const Endpoint at = world.transport->listen(kind, any_port("127.0.0.1"));
      world.transport->listen(kind, at);
      FAIL();
    } catch (const SetupError& error) {
      EXPECT_NE(std::string(error.what()).find(std::string(name_of(kind)) + " 127.0.0.1:"), std::string::npos);
    }
  }
  EXPECT_THROW(world.transport->listen(TransportKind::kUdp, any_port("192.0.2.77")), SetupError);
}

/// RFC 4475's messages as they come: each is counted once, whatever it is, and the next one is served.
TEST(TransportUdp, TheTortureMessagesByBothTransports) {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(SALLYPORT_VECTORS) + "/sip")) {
    std::ifstream file(entry.path(), std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  UdpWorld world;
  for (const std::string& text : texts) world.peer.send(text);
  world.peer.send(options("UDP"));
  ASSERT_TRUE(world.takes(texts.size() + 1));
  EXPECT_EQ(world.taken(), texts.size() + 1);
  EXPECT_EQ(world.messages.back().method(), "OPTIONS");
  const Endpoint tcp = world.transport->listen(TransportKind::kTcp, any_port("127.0.0.1"));
  for (const std::string& text : texts) {
    // Whatever the first one was, its connection still serves or is closed, and the next is served.
    RawPeer(world, tcp).send(text);
    RawPeer next(world, tcp);
    const std::size_t before = world.messages.size();
    next.send(options("TCP"));
    ASSERT_TRUE(
        world.until([&] { return world.messages.size() > before && world.messages.back().method() == "OPTIONS"; }));
  }
}

}  // namespace
}  // namespace sallyport::controlplane::sip
