// What is said of ports, packet buffers and cores that are not well, and when: samples in, sentences out.
#include <gtest/gtest.h>

#include "controlplane/health/buffer_health.hpp"
#include "controlplane/health/core_health.hpp"
#include "controlplane/health/port_health.hpp"

namespace sallyport::controlplane {
namespace {

using drivers::LinkState;
using namespace std::chrono_literals;

/// Texts of a port's reports at successive looks, 200 ms apart.
class Port : public testing::Test {
 protected:
  std::string look(const PortSample& sample) {
    now_ += 200ms;
    std::string said;
    for (const HealthReport& report : port_.look(sample, now_)) said += (report.good ? "+" : "-") + report.text + "\n";
    return said;
  }
  void be_quiet_for(std::chrono::milliseconds time, const PortSample& sample) {
    for (auto end = now_ + time; now_ < end;) ASSERT_EQ(look(sample), "");
  }

  Condition::Time now_{1h};
  PortHealth port_{"wan", "eth1", true};
};

TEST(Condition, IsOverAfterItsCalm) {
  Condition condition(1s);
  const Condition::Time start{1h};
  EXPECT_EQ(condition.see(false, start), Condition::Change::kNone);
  EXPECT_EQ(condition.see(true, start + 1s), Condition::Change::kBegan);
  EXPECT_EQ(condition.see(false, start + 1500ms), Condition::Change::kNone);
  EXPECT_EQ(condition.see(true, start + 1900ms), Condition::Change::kNone) << "it flickers";
  EXPECT_TRUE(condition.holds());
  EXPECT_EQ(condition.see(false, start + 2900ms), Condition::Change::kEnded);
  EXPECT_FALSE(condition.holds());
  EXPECT_NEAR(condition.lasted().count(), 0.9, 1e-6);
}

TEST_F(Port, ThatIsWellSaysNothing) {
  be_quiet_for(5s, {.rx = 10, .tx = 10});
  EXPECT_TRUE(port_.warnings().empty());
}

TEST_F(Port, LinkDownAndUp) {
  look({});
  EXPECT_EQ(look({.link = LinkState::kDown}), "-port wan: the link of eth1 is down\n");
  be_quiet_for(1s, {.link = LinkState::kDown});
  EXPECT_EQ(port_.warnings(), std::vector<std::string>{"port wan: the link of eth1 is down"});
  EXPECT_EQ(port_.link_downs(), 1U);
  EXPECT_EQ(look({}), "+port wan: the link of eth1 is up again, after 1.0 s\n");
  EXPECT_TRUE(port_.warnings().empty());
}

TEST_F(Port, LinkThatComesUpLate) {
  EXPECT_EQ(look({.link = LinkState::kDown}), "-port wan: the link of eth1 is down, and has not been up yet\n");
  EXPECT_EQ(look({}), "+port wan: the link of eth1 is up\n");
  EXPECT_EQ(port_.link_downs(), 0U);
}

TEST_F(Port, InterfaceThatIsRemoved) {
  look({});
  EXPECT_NE(look({.link = LinkState::kDown}), "");
  EXPECT_NE(look({.link = LinkState::kGone}).find("-port wan: eth1 was removed; "), std::string::npos);
  be_quiet_for(1s, {.link = LinkState::kGone});
  ASSERT_EQ(port_.warnings().size(), 1U);
  EXPECT_NE(port_.warnings()[0].find("was removed"), std::string::npos);
}

TEST_F(Port, ThatTakesNoPackets) {
  look({.tx = 100});
  EXPECT_EQ(look({.tx = 100, .refused = 20}), "-port wan does not take all packets: 20 were dropped (tx_full)\n");
  EXPECT_EQ(look({.tx = 100, .refused = 40}), "");
  EXPECT_EQ(port_.warnings(),
            std::vector<std::string>{"port wan does not take all packets: 40 were dropped (tx_full)"});
  be_quiet_for(1800ms, {.tx = 200, .refused = 40});
  EXPECT_EQ(look({.tx = 200, .refused = 40}),
            "+port wan takes packets again, after 0.2 s in which 40 were dropped (tx_full)\n");
  EXPECT_TRUE(port_.warnings().empty());
}

TEST_F(Port, ThatLosesReceivedPackets) {
  look({});
  EXPECT_EQ(look({.missed = 7}),
            "-port wan loses received packets for want of descriptors or packet buffers: 7 so far\n");
  be_quiet_for(1800ms, {.missed = 7});
  EXPECT_EQ(look({.missed = 7}), "+port wan loses no received packets any more, after 0.0 s in which it lost 7\n");
}

TEST_F(Port, WhoseNicHashesOtherwiseThanItWasTold) {
  EXPECT_EQ(look({.rx = 999, .astray = 500}), "") << "too few to tell";
  EXPECT_FALSE(port_.astray_share());
  EXPECT_NE(look({.rx = 2000, .astray = 1000}).find("but 50 % of what it delivers is another worker's"),
            std::string::npos);
  EXPECT_EQ(look({.rx = 4000, .astray = 2000}), "") << "once is enough";
  EXPECT_EQ(port_.warnings().size(), 1U);
  EXPECT_NEAR(port_.astray_share().value(), 0.5, 1e-9);
}

TEST_F(Port, WhoseNicSteersAsItWasTold) {
  EXPECT_EQ(look({.rx = 999}), "") << "too few to tell";
  EXPECT_EQ(
      look({.rx = 1500, .astray = 10}),
      "+port wan: the NIC steers media by UDP destination port as it was told: of its first 1500 packets 10 came to "
      "another worker than theirs\n");
  EXPECT_EQ(look({.rx = 100000, .astray = 10}), "") << "once is enough";
  EXPECT_TRUE(port_.warnings().empty());
}

TEST(PortHealth, HandOverIsNoFaultWhereNothingElseWasPromised) {
  PortHealth port("lan", "eth0", false);
  EXPECT_TRUE(port.look({.rx = 100000, .astray = 50000}, Condition::Time{1h}).empty());
  EXPECT_FALSE(port.astray_share());
}

TEST(BufferHealth, SaysWhenTheyAreUsedUpAndWhenThereAreSomeAgain) {
  BufferHealth buffers(1, 8191);
  const Condition::Time start{1h};
  EXPECT_TRUE(buffers.look(64, start).empty());
  const HealthReports begun = buffers.look(3, start + 1s);
  ASSERT_EQ(begun.size(), 1U);
  EXPECT_FALSE(begun[0].good);
  EXPECT_NE(begun[0].text.find("of socket 1 are used up: 3 of 8191 are free"), std::string::npos) << begun[0].text;
  EXPECT_TRUE(buffers.used_up());
  EXPECT_EQ(buffers.times(), 1U);
  EXPECT_TRUE(buffers.look(8000, start + 2s).empty());
  const HealthReports over = buffers.look(8100, start + 3s);
  ASSERT_EQ(over.size(), 1U);
  EXPECT_TRUE(over[0].good);
  EXPECT_EQ(over[0].text, "there are packet buffers again: 8100 of 8191 are free");
}

TEST(CoreHealth, SaysThatAWorkerSharesItsCore) {
  CoreHealth core(1, 3);
  const Condition::Time start{1h};
  EXPECT_TRUE(core.look(1000, start).empty()) << "what was before does not count";
  EXPECT_TRUE(core.look(1010, start + 2s).empty()) << "the kernel's own housekeeping";
  const HealthReports reports = core.look(1410, start + 4s);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_NE(reports[0].text.find("worker 1 shares core 3: Linux gave it to other threads 200 times a second"),
            std::string::npos)
      << reports[0].text;
  EXPECT_TRUE(core.look(1810, start + 6s).empty()) << "said once";
  EXPECT_TRUE(core.shared());
  EXPECT_TRUE(core.look(1810, start + 70s).empty());
  EXPECT_FALSE(core.shared());
}

}  // namespace
}  // namespace sallyport::controlplane
