// What the names of trunks' targets lead to: SRV and addresses, lifetimes, and DNS that fails (RFC 3263).
#include "controlplane/session/target_names.hpp"

#include <gtest/gtest.h>

#include "controlplane/session/trunk_target.hpp"
#include "fake_dns.hpp"

namespace sallyport::controlplane {
namespace {

using namespace std::chrono_literals;
using sip::TransportKind;
using test::FakeDns;

struct Names {
  explicit Names(TrunkTarget target) { want({std::move(target)}); }

  void want(std::vector<TrunkTarget> targets) {
    SipConfig config;
    config.listen = {{TransportKind::kUdp, false, Endpoint::parse("192.0.2.1:5060").value()}};
    config.trunks.resize(1);
    config.trunks[0].name = "carrier";
    config.trunks[0].targets = std::move(targets);
    wanted = config.trunks[0].targets.empty() ? TrunkTarget{} : config.trunks[0].targets[0];
    names.set_config(config);
    pass(0s);
  }
  void pass(std::chrono::seconds time) {
    now += time;
    timers.run(now);
    timers.run(now);  // answers to what was asked then
  }
  std::vector<std::string> all() const { return shown(names.all(wanted)); }
  static std::vector<std::string> shown(const std::vector<TrunkTarget>& targets) {
    std::vector<std::string> texts;
    for (const TrunkTarget& target : targets) texts.push_back(target.remote.to_string());
    return texts;
  }

  sip::TimerQueue::TimePoint now = sip::TimerQueue::TimePoint{} + 1h;
  sip::TimerQueue timers{now};
  FakeDns dns{timers};
  int changes = 0;
  TargetNames names{timers, dns, [](std::uint32_t most) { return most; }};
  TrunkTarget wanted;
};

using Texts = std::vector<std::string>;
const TrunkTarget kService{TransportKind::kUdp, {}, "sip.example.net", 0};
const TrunkTarget kHost{TransportKind::kTls, {}, "sip.example.net", 5071};

/// Two servers of one priority and one of a later one.
void serve(FakeDns& dns) {
  dns.servers["_sip._udp.sip.example.net"] = {
      {{20, 0, 5080, "c.example.net"}, {10, 1, 5060, "a.example.net"}, {10, 9, 5070, "b.example.net"}},
      300s,
      false,
      {}};
  dns.host("a.example.net", "192.0.2.11");
  dns.host("b.example.net", "192.0.2.12", 100s);
  dns.host("c.example.net", "192.0.2.13");
}

TEST(TargetNames, AnAddressIsItself) {
  Names world({TransportKind::kUdp, Endpoint::parse("192.0.2.9:5060").value(), {}, 0});
  EXPECT_EQ(world.all(), Texts{"192.0.2.9:5060"});
  EXPECT_TRUE(world.dns.asked.empty());
  EXPECT_EQ(world.names.seen(world.wanted), nullptr);
}

TEST(TargetNames, AServiceLeadsToItsServers) {
  Names world({});
  serve(world.dns);
  world.want({kService});
  EXPECT_EQ(world.all(), (Texts{"192.0.2.11:5060", "192.0.2.12:5070", "192.0.2.13:5080"}));
  // All of the weight drawn is the last one of that priority.
  EXPECT_EQ(Names::shown(world.names.in_order(world.wanted)),
            (Texts{"192.0.2.12:5070", "192.0.2.11:5060", "192.0.2.13:5080"}));
  EXPECT_EQ(world.dns.last_family, dns::AddressFamily::kIpv4) << "nothing listens with IPv6";
  EXPECT_TRUE(world.names.seen(world.wanted)->problem.empty());
  EXPECT_EQ(to_string(world.names.all(world.wanted)[0]), "udp:192.0.2.11:5060 (sip.example.net)");
}

TEST(TargetNames, APortAsksForNoService) {
  Names world({});
  world.dns.host("sip.example.net", "192.0.2.20");
  world.want({kHost});
  EXPECT_EQ(world.all(), Texts{"192.0.2.20:5071"});
  EXPECT_EQ(world.dns.asked, Texts{"sip.example.net"});
}

TEST(TargetNames, WithoutServersTheNameItself) {
  Names world({});
  world.dns.host("sip.example.net", "192.0.2.20");
  world.want({kService});
  EXPECT_EQ(world.all(), Texts{"192.0.2.20:5060"});
  EXPECT_EQ(world.dns.asked, (Texts{"_sip._udp.sip.example.net", "sip.example.net"}));
}

TEST(TargetNames, TheTransportIsTheServices) {
  for (const auto& [kind, service] :
       {std::pair{TransportKind::kTcp, "_sip._tcp.x.net"}, std::pair{TransportKind::kTls, "_sips._tcp.x.net"}}) {
    Names world({kind, {}, "x.net", 0});
    EXPECT_EQ(world.dns.asked.front(), service);
  }
}

TEST(TargetNames, AChangeIsFollowedWhenTheLifetimeEnds) {
  Names world({});
  serve(world.dns);
  world.names.on_change([&] { ++world.changes; });
  world.want({kService});
  EXPECT_EQ(world.changes, 1);
  world.dns.host("a.example.net", "192.0.2.99");
  world.pass(59s);
  EXPECT_EQ(world.all()[0], "192.0.2.11:5060");
  world.pass(1s);
  EXPECT_EQ(world.all()[0], "192.0.2.99:5060");
  EXPECT_EQ(world.changes, 2);
  world.pass(60s);
  EXPECT_EQ(world.changes, 2) << "the same answer is no change";
}

TEST(TargetNames, TheLastAnswerIsKeptWhenDnsFails) {
  Names world({});
  serve(world.dns);
  world.want({kService});
  const Texts before = world.all();
  world.dns.silent = true;
  world.pass(60s);
  EXPECT_EQ(world.all(), before);
  EXPECT_EQ(world.names.seen(world.wanted)->problem, "_sip._udp.sip.example.net: Timeout");
  world.pass(3600s);
  EXPECT_EQ(world.all(), before);
  world.dns.silent = false;
  world.dns.host("c.example.net", "192.0.2.33");
  world.pass(60s);
  EXPECT_EQ(world.all().back(), "192.0.2.33:5080");
  EXPECT_TRUE(world.names.seen(world.wanted)->problem.empty());
}

TEST(TargetNames, OneThatIsNotThereIsAskedForAgain) {
  Names world(kService);
  EXPECT_TRUE(world.all().empty());
  EXPECT_EQ(world.names.seen(world.wanted)->problem, "sip.example.net: Domain name not found");
  const std::size_t asked = world.dns.asked.size();
  world.pass(4s);
  EXPECT_EQ(world.dns.asked.size(), asked);
  serve(world.dns);
  world.pass(1s);
  EXPECT_EQ(world.all().size(), 3U);
}

TEST(TargetNames, AServerWithoutAddressIsLeftOut) {
  Names world({});
  serve(world.dns);
  world.dns.hosts.erase("a.example.net");
  world.want({kService});
  EXPECT_EQ(world.all(), (Texts{"192.0.2.12:5070", "192.0.2.13:5080"}));
}

TEST(TargetNames, AServiceThatIsNotOfferedLeadsNowhere) {
  Names world({});
  world.dns.servers["_sip._udp.sip.example.net"] = {{{0, 0, 0, ""}}, 300s, false, {}};
  world.dns.host("sip.example.net", "192.0.2.20");
  world.want({kService});
  EXPECT_TRUE(world.all().empty());
  EXPECT_NE(world.names.seen(world.wanted)->problem.find("no such service"), std::string::npos);
}

TEST(TargetNames, AReloadKeepsWhatIsKnown) {
  Names world({});
  serve(world.dns);
  world.want({kService});
  world.dns.silent = true;
  world.want({kService, kHost});
  EXPECT_EQ(world.all().size(), 3U);
  world.want({});
  EXPECT_TRUE(world.names.all(kService).empty());
  EXPECT_EQ(world.timers.size(), 0U) << "nothing is asked for any more";
}

}  // namespace
}  // namespace sallyport::controlplane
