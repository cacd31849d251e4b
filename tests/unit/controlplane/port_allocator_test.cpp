// Ports of sessions (field case 21): legs of one session are of one worker, load is spread, a freed port rests.
#include "controlplane/session/port_allocator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <tuple>

namespace sallyport::controlplane {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint16_t kWan = 0;
constexpr std::uint16_t kLan = 1;
const std::vector<std::uint16_t> kRelay{kWan, kLan};

drivers::IpAddress ip(const char* text) { return *drivers::IpAddress::parse(text); }

std::vector<MediaPool> two_pools() {
  return {{"wan", {ip("192.0.2.1"), ip("192.0.2.2")}, {20000, 20063}}, {"lan", {ip("10.0.0.1")}, {30000, 30127}}};
}

class Ports : public testing::Test {
 protected:
  PortAllocator::Clock::time_point now_{};
};

TEST_F(Ports, BothLegsOfASessionAreOfOneWorker) {
  PortAllocator ports(two_pools(), 3, seconds(1));
  for (int i = 0; i < 50; ++i) {
    const std::vector<MediaPort> pair = ports.take(kRelay, now_);
    ASSERT_EQ(pair.size(), 2u);
    EXPECT_EQ(pair[0].pool, kWan);
    EXPECT_EQ(pair[1].pool, kLan);
    EXPECT_EQ(ports.worker_of(pair[0]), ports.worker_of(pair[1]));
    EXPECT_EQ(pair[0].port % 2, 0);
  }
}

TEST_F(Ports, SessionsAreSpreadByLoad) {
  PortAllocator ports(two_pools(), 4, seconds(1));
  std::vector<MediaPort> of_worker_0;
  for (int i = 0; i < 40; ++i) {
    for (const MediaPort& pair : ports.take(kRelay, now_)) {
      if (ports.worker_of(pair) == 0) of_worker_0.push_back(pair);
    }
  }
  for (dataplane::WorkerId worker = 0; worker < 4; ++worker) EXPECT_EQ(ports.legs_of(worker), 20u);
  for (const MediaPort& pair : of_worker_0) ports.give_back(pair, now_);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ports.worker_of(ports.take(kRelay, now_ + seconds(2))[0]), 0);
}

TEST_F(Ports, EveryPairOfEveryAddressIsGivenOnce) {
  PortAllocator ports(two_pools(), 2, seconds(1));
  std::set<std::tuple<int, int, int>> seen;
  const std::vector<std::uint16_t> one{kWan};
  for (int i = 0; i < 64; ++i) {
    const MediaPort pair = ports.take(one, now_)[0];
    EXPECT_TRUE(seen.emplace(pair.pool, pair.address, pair.port).second);
    EXPECT_GE(pair.port, 20000);
    EXPECT_LE(pair.port, 20062);
  }
  EXPECT_EQ(ports.available(kWan, now_), 0u);
}

TEST_F(Ports, ExhaustionNamesThePoolAndTakesNothing) {
  PortAllocator ports(two_pools(), 2, seconds(1));
  std::vector<MediaPort> taken;
  for (int i = 0; i < 64; ++i) taken.push_back(ports.take(kRelay, now_)[0]);
  const std::size_t lan_left = ports.available(kLan, now_);
  ports.give_back(taken[0], now_);
  try {
    ports.take(kRelay, now_);
    FAIL() << "there was a port left";
  } catch (const PoolExhausted& error) {
    EXPECT_STREQ(error.what(),
                 "media ports of 'wan': none left for another session: of 64 pairs 63 are in use and 1 rest after a "
                 "call");
  }
  EXPECT_EQ(ports.available(kLan, now_), lan_left);
}

TEST_F(Ports, AFreedPairRests) {
  PortAllocator ports({{"wan", {ip("192.0.2.1")}, {20000, 20001}}}, 1, milliseconds(500));
  const std::vector<std::uint16_t> one{kWan};
  const MediaPort pair = ports.take(one, now_)[0];
  ports.give_back(pair, now_);
  EXPECT_THROW(ports.take(one, now_ + milliseconds(499)), PoolExhausted);
  EXPECT_EQ(ports.take(one, now_ + milliseconds(500))[0], pair);
}

TEST_F(Ports, TheNextPortCannotBeGuessed) {
  // In order of their numbers, 9,900 of 10,000 would lie right above the one before.
  PortAllocator ports({{"wan", {ip("192.0.2.1")}, {20000, 39999}}}, 1, seconds(1));
  const std::vector<std::uint16_t> one{kWan};
  int neighbours = 0;
  int last = 0;
  for (int i = 0; i < 10000; ++i) {
    const int port = ports.take(one, now_)[0].port;
    if (port == last + 2) ++neighbours;
    last = port;
  }
  EXPECT_LT(neighbours, 50);
}

TEST_F(Ports, ConfiguredPortsAreLeftOut) {
  PortAllocator ports({{"wan", {ip("192.0.2.1")}, {20000, 20003}}}, 1, seconds(1));
  const std::optional<MediaPort> fixed = ports.take_fixed(ip("192.0.2.1"), 20002);
  ASSERT_TRUE(fixed);
  EXPECT_FALSE(ports.take_fixed(ip("192.0.2.1"), 20002));
  EXPECT_FALSE(ports.take_fixed(ip("192.0.2.1"), 20001)) << "RTCP's";
  EXPECT_FALSE(ports.take_fixed(ip("192.0.2.1"), 20004)) << "outside";
  EXPECT_FALSE(ports.take_fixed(ip("192.0.2.9"), 20000)) << "another address";
  const std::vector<std::uint16_t> one{kWan};
  EXPECT_EQ(ports.take(one, now_)[0].port, 20000);
  EXPECT_THROW(ports.take(one, now_), PoolExhausted);
  ports.give_back(*fixed, now_);
  EXPECT_TRUE(ports.take_fixed(ip("192.0.2.1"), 20002)) << "even while it rests";
}

TEST_F(Ports, WhatIsNotInUseIsNotGivenBack) {
  PortAllocator ports(two_pools(), 2, seconds(1));
  const MediaPort pair = ports.take(kRelay, now_)[0];
  ports.give_back(pair, now_);
  EXPECT_THROW(ports.give_back(pair, now_), std::logic_error);
  EXPECT_THROW(ports.give_back({kWan, 0, 20001}, now_), std::logic_error);
  EXPECT_THROW(ports.give_back({kWan, 2, 20000}, now_), std::logic_error);
  EXPECT_THROW(ports.give_back({7, 0, 20000}, now_), std::logic_error);
  EXPECT_THROW(ports.give_back({kWan, 0, 100}, now_), std::logic_error);
  const std::optional<MediaPort> other = ports.take_fixed(ip("192.0.2.2"), 20000);
  ASSERT_TRUE(other);
  EXPECT_THROW(ports.give_back({kWan, 0, 20064}, now_), std::logic_error) << "no port of the next address";
  EXPECT_NO_THROW(ports.give_back(*other, now_));
}

TEST_F(Ports, AMillionSessionsLeakNothing) {
  PortAllocator ports(two_pools(), 3, milliseconds(20));
  std::mt19937 random(4711);
  std::vector<std::vector<MediaPort>> sessions;
  std::size_t made = 0;
  std::size_t refused = 0;
  while (made < 1'000'000) {
    now_ += milliseconds(1);
    if (sessions.size() < 20 || random() % 2 == 0) {
      try {
        sessions.push_back(ports.take(kRelay, now_));
        ++made;
      } catch (const PoolExhausted&) {
        ++refused;
      }
    }
    if (!sessions.empty() && (random() % 2 == 0 || sessions.size() > 50)) {
      std::swap(sessions[random() % sessions.size()], sessions.back());
      for (const MediaPort& pair : sessions.back()) ports.give_back(pair, now_);
      sessions.pop_back();
    }
  }
  for (const auto& session : sessions) {
    for (const MediaPort& pair : session) ports.give_back(pair, now_);
  }
  EXPECT_EQ(ports.available(kWan, now_ + seconds(1)), 64u);
  EXPECT_EQ(ports.available(kLan, now_ + seconds(1)), 64u);
  for (dataplane::WorkerId worker = 0; worker < 3; ++worker) EXPECT_EQ(ports.legs_of(worker), 0u);
  RecordProperty("refused", static_cast<int>(refused));
}

TEST_F(Ports, PoolsWithoutPortsAreRefused) {
  EXPECT_THROW(PortAllocator({{"wan", {}, {20000, 20063}}}, 1, seconds(1)), SetupError);
  EXPECT_THROW(PortAllocator({{"wan", {ip("192.0.2.1")}, {20001, 20002}}}, 1, seconds(1)), SetupError);
  EXPECT_NO_THROW(PortAllocator({{"wan", {ip("192.0.2.1")}, {20001, 20003}}}, 1, seconds(1)));
  EXPECT_NO_THROW(PortAllocator({{"wan", {ip("192.0.2.1")}, {65534, 65535}}}, 1, seconds(1)));
}

}  // namespace
}  // namespace sallyport::controlplane
