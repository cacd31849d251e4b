// Limits of peers: rates in simulated time, who counts as one peer, the bound of what is remembered, who is exempt.
#include <gtest/gtest.h>

#include "controlplane/signalling/sip/connection_gate.hpp"
#include "controlplane/signalling/sip/peer_address.hpp"
#include "controlplane/signalling/sip/request_gate.hpp"

namespace sallyport::controlplane::sip {
namespace {

using namespace std::chrono_literals;
using Verdict = RateLimiter::Verdict;

constexpr TokenBucket::TimePoint kStart{1h};

drivers::IpAddress address(const std::string& text) { return drivers::IpAddress::parse(text).value(); }

Flow flow(const std::string& from, TransportKind kind = TransportKind::kUdp, FlowId id = 1) {
  return {id, kind, {address("192.0.2.1"), 5060}, {address(from), 5060}, nullptr};
}

TEST(TokenBucket, GivesSoManyAtOnceAndThenByTime) {
  TokenBucket bucket;
  const Rate rate{10, 5};
  const auto take = [&](TokenBucket::TimePoint now) {
    int taken = 0;
    while (taken < 100 && bucket.take(now, rate)) ++taken;
    return taken;
  };
  EXPECT_EQ(take(kStart), 5);
  EXPECT_EQ(take(kStart + 99ms), 0);
  EXPECT_EQ(take(kStart + 100ms), 1);
  EXPECT_EQ(take(kStart + 400ms), 3);
  EXPECT_FALSE(bucket.full(kStart + 899ms));
  EXPECT_TRUE(bucket.full(kStart + 900ms));
  EXPECT_EQ(take(kStart + 1h), 5) << "no more is saved than that";
}

TEST(TokenBucket, WithoutRateThereIsNoLimit) {
  TokenBucket bucket;
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(bucket.take(kStart, {}));
}

TEST(PeerAddress, IsASlash64OfIpv6) {
  EXPECT_EQ(peer_address(address("2001:db8:1:2::1")), peer_address(address("2001:db8:1:2:ffff::9")));
  EXPECT_NE(peer_address(address("2001:db8:1:2::1")), peer_address(address("2001:db8:1:3::1")));
  EXPECT_NE(peer_address(address("192.0.2.1")), peer_address(address("192.0.2.2")));
}

TEST(RateLimiter, OnePeerCannotUseUpWhatIsEverybodys) {
  RateLimiter limiter;
  limiter.set_rates({1, 2}, {1, 5});
  int refused = 0;
  for (int i = 0; i < 100; ++i) refused += limiter.take(address("192.0.2.1"), kStart) == Verdict::kBeyondOwn;
  EXPECT_EQ(refused, 98);
  EXPECT_EQ(limiter.take(address("192.0.2.2"), kStart), Verdict::kWithin);
  EXPECT_EQ(limiter.take(address("192.0.2.3"), kStart), Verdict::kWithin);
  EXPECT_EQ(limiter.take(address("192.0.2.4"), kStart), Verdict::kWithin);
  EXPECT_EQ(limiter.take(address("192.0.2.5"), kStart), Verdict::kBeyondAll);
}

TEST(RateLimiter, HostsOfOneSlash64ShareTheirRate) {
  RateLimiter limiter;
  limiter.set_rates({1, 1}, {});
  EXPECT_EQ(limiter.take(address("2001:db8::1"), kStart), Verdict::kWithin);
  EXPECT_EQ(limiter.take(address("2001:db8::2"), kStart), Verdict::kBeyondOwn);
  EXPECT_EQ(limiter.take(address("2001:db8:0:1::2"), kStart), Verdict::kWithin);
}

TEST(RateLimiter, RemembersABoundedNumberOfPeers) {
  RateLimiter limiter(100);
  limiter.set_rates({1, 1}, {});
  for (int i = 0; i < 10'000; ++i) {
    limiter.take(address("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)), kStart);
    ASSERT_LE(limiter.peers(), 100U);
  }
  EXPECT_EQ(limiter.take(address("10.0.39.249"), kStart), Verdict::kBeyondOwn) << "the latest ones are known";
  EXPECT_EQ(limiter.take(address("10.0.0.0"), kStart), Verdict::kWithin) << "the oldest are not";
}

/// Who was there once does not stay for good.
TEST(RateLimiter, ForgetsThoseWhoAreQuiet) {
  RateLimiter limiter(1000);
  limiter.set_rates({1, 1}, {});
  for (int i = 0; i < 100; ++i) limiter.take(address("10.0.0." + std::to_string(i)), kStart);
  EXPECT_EQ(limiter.peers(), 100U);
  for (int i = 0; i < 100; ++i) limiter.take(address("10.0.1." + std::to_string(i)), kStart + 2s);
  EXPECT_EQ(limiter.peers(), 100U);
  for (int i = 0; i < 100; ++i) limiter.take(address("10.0.2.1"), kStart + 2s);
  for (int i = 0; i < 60; ++i) limiter.take(address("10.0.3." + std::to_string(i)), kStart + 4s + i * 2s);
  EXPECT_LT(limiter.peers(), 50U);
}

TEST(RequestGate, AnswersABoundedPartOfAFloodOverUdp) {
  LimitLog log;
  RequestGate gate(log);
  gate.set_limits({.per_peer = 10, .in_all = 0}, {});
  std::map<Admission, int> seen;
  for (int i = 0; i < 1000; ++i) ++seen[gate.admit(flow("192.0.2.9"), kStart)];
  EXPECT_EQ(seen[Admission::kServed], 100);
  EXPECT_EQ(seen[Admission::kBusy], 10);
  EXPECT_EQ(seen[Admission::kDropped], 890);
  EXPECT_EQ(log.count(Limit::kRequestsOfPeer), 900U);
  EXPECT_EQ(log.count(Limit::kUnanswered), 890U);
  EXPECT_EQ(gate.admit(flow("192.0.2.8"), kStart), Admission::kServed) << "nobody else feels it";
}

TEST(RequestGate, AlwaysAnswersOnConnections) {
  LimitLog log;
  RequestGate gate(log);
  gate.set_limits({.per_peer = 1, .in_all = 0}, {});
  for (int i = 0; i < 10; ++i) gate.admit(flow("192.0.2.9", TransportKind::kTls), kStart);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(gate.admit(flow("192.0.2.9", TransportKind::kTls), kStart), Admission::kBusy);
  }
}

TEST(RequestGate, ConfiguredPeersHaveTheirOwnRateOrNone) {
  LimitLog log;
  RequestGate gate(log);
  gate.set_limits({.per_peer = 1, .in_all = 1}, {{flow("192.0.2.5").remote, 0}, {flow("192.0.2.6").remote, 2}});
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(gate.admit(flow("192.0.2.5"), kStart), Admission::kServed);
  for (int i = 0; i < 20; ++i) ASSERT_EQ(gate.admit(flow("192.0.2.6"), kStart), Admission::kServed);
  EXPECT_NE(gate.admit(flow("192.0.2.6"), kStart), Admission::kServed);
  EXPECT_EQ(log.count(Limit::kRequestsOfTrunk), 1U);
  EXPECT_EQ(gate.admit(flow("192.0.2.7"), kStart), Admission::kServed) << "they did not count with all";
  Flow forged = flow("192.0.2.5");
  ++forged.remote.port;
  for (int i = 0; i < 20; ++i) gate.admit(forged, kStart);
  EXPECT_NE(gate.admit(forged, kStart), Admission::kServed) << "from another port it is somebody else";
}

TEST(RequestGate, NewLimitsHoldAtOnce) {
  LimitLog log;
  RequestGate gate(log);
  gate.set_limits({.per_peer = 1, .in_all = 0}, {});
  for (int i = 0; i < 10; ++i) gate.admit(flow("192.0.2.9"), kStart);
  EXPECT_NE(gate.admit(flow("192.0.2.9"), kStart), Admission::kServed);
  gate.set_limits({.per_peer = 0, .in_all = 0}, {});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(gate.admit(flow("192.0.2.9"), kStart), Admission::kServed);
}

ConnectionCountLimits few() {
  return {.in_all = 6, .per_peer = 3, .half_open = 4, .half_open_per_peer = 2, .new_per_peer = 0};
}

TEST(ConnectionGate, CountsByPeerAndInAll) {
  LimitLog log;
  ConnectionGate gate(log);
  gate.set_limits(few(), {{{address("192.0.2.5"), 0}, 0}});
  FlowId id = 0;
  const auto connect = [&](const std::string& from, bool proved) {
    if (!gate.admits(address(from), kStart)) return false;
    const Flow made = flow(from, TransportKind::kTls, ++id);
    gate.add(made, true);
    if (proved) gate.proved(made);
    return true;
  };
  EXPECT_TRUE(connect("192.0.2.9", false));
  EXPECT_TRUE(connect("192.0.2.9", false));
  EXPECT_FALSE(connect("192.0.2.9", false));
  EXPECT_EQ(log.count(Limit::kHalfOpenOfPeer), 1U);
  gate.proved(flow("192.0.2.9", TransportKind::kTls, 1));
  EXPECT_TRUE(connect("192.0.2.9", true));
  EXPECT_FALSE(connect("192.0.2.9", true));
  EXPECT_EQ(log.count(Limit::kConnectionsOfPeer), 1U);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(connect("192.0.2.5", false)) << "a configured peer counts in all only";
  EXPECT_FALSE(connect("192.0.2.5", false));
  EXPECT_FALSE(connect("192.0.2.10", false));
  EXPECT_EQ(log.count(Limit::kConnections), 2U);
  gate.remove(flow("192.0.2.9", TransportKind::kTls, 2));
  EXPECT_EQ(gate.half_open(), 0U);
  EXPECT_TRUE(connect("192.0.2.9", false));
}

TEST(ConnectionGate, TheOldestHalfOpenOneMakesRoom) {
  LimitLog log;
  ConnectionGate gate(log);
  gate.set_limits({.in_all = 100, .per_peer = 100, .half_open = 2, .half_open_per_peer = 100, .new_per_peer = 0}, {});
  for (FlowId id = 1; id <= 2; ++id) gate.add(flow("192.0.2.9", TransportKind::kTls, id), true);
  EXPECT_FALSE(gate.surplus(kStart));
  gate.add(flow("192.0.2.8", TransportKind::kTls, 3), true);
  EXPECT_EQ(gate.surplus(kStart), FlowId{1});
  gate.remove(flow("192.0.2.9", TransportKind::kTls, 1));
  EXPECT_FALSE(gate.surplus(kStart));
}

TEST(ConnectionGate, LimitsHowFastAPeerComesBack) {
  LimitLog log;
  ConnectionGate gate(log);
  gate.set_limits({.in_all = 100, .per_peer = 100, .half_open = 100, .half_open_per_peer = 100, .new_per_peer = 2}, {});
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(gate.admits(address("192.0.2.9"), kStart));
  EXPECT_FALSE(gate.admits(address("192.0.2.9"), kStart));
  EXPECT_EQ(log.count(Limit::kNewConnections), 1U);
  EXPECT_TRUE(gate.admits(address("192.0.2.9"), kStart + 500ms));
}

TEST(LimitLog, ALimitBitesUntilItIsQuiet) {
  LimitLog log;
  log.bites(Limit::kCalls, address("192.0.2.9"), kStart);
  log.bites(Limit::kCalls, address("192.0.2.9"), kStart + 4s);
  log.settle(kStart + 8s);
  EXPECT_TRUE(log.biting(Limit::kCalls));
  EXPECT_FALSE(log.biting(Limit::kRequests));
  log.settle(kStart + 9s);
  EXPECT_FALSE(log.biting(Limit::kCalls));
  EXPECT_EQ(log.count(Limit::kCalls), 2U);
}

}  // namespace
}  // namespace sallyport::controlplane::sip
