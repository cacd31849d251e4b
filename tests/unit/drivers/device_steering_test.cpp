// What is asked of devices, and what is said when they cannot: no device here can hash destination ports, so their
// reports are made up, and net_null plays the one that takes everything and keeps nothing.
#include "drivers/device_steering.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>

#include "drivers/ethernet_device.hpp"

namespace sallyport::drivers {
namespace {

rte_eth_dev_info capable() {
  rte_eth_dev_info info{};
  info.flow_type_rss_offloads =
      RTE_ETH_RSS_UDP | RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_L4_SRC_ONLY | RTE_ETH_RSS_L4_DST_ONLY;
  info.hash_key_size = 40;
  info.reta_size = 128;
  return info;
}

std::string verdict(const rte_eth_dev_info& info, unsigned workers, unsigned queues) {
  const DeviceSteering steering(info, workers, queues, SteeredFamily::kIpv4);
  EXPECT_EQ(steering.wanted(), steering.description() == "RSS by UDP destination port");
  return steering.description();
}

TEST(DeviceSteering, AsksForDestinationPortsOnlyWithItsKey) {
  DeviceSteering steering(capable(), 4, 4, SteeredFamily::kIpv4);
  ASSERT_TRUE(steering.wanted());
  rte_eth_conf conf{};
  steering.ask(conf);
  const rte_eth_rss_conf& rss = conf.rx_adv_conf.rss_conf;
  EXPECT_EQ(rss.rss_hf, RTE_ETH_RSS_UDP | RTE_ETH_RSS_L4_DST_ONLY);
  ASSERT_EQ(rss.rss_key_len, 40);
  EXPECT_EQ(std::vector<std::uint8_t>(rss.rss_key, rss.rss_key + 40), steering_key(SteeredFamily::kIpv4, 40, 128));
}

TEST(DeviceSteering, SaysWhyNot) {
  EXPECT_EQ(verdict(capable(), 4, 4), "RSS by UDP destination port");
  EXPECT_EQ(verdict(capable(), 1, 1), "one worker");
  EXPECT_EQ(verdict(capable(), 4, 2), "hand-over (the device has fewer queues than there are workers)");
  rte_eth_dev_info info = capable();
  info.flow_type_rss_offloads &= ~RTE_ETH_RSS_L4_DST_ONLY;
  EXPECT_EQ(verdict(info, 4, 4), "hand-over (the device does not report RSS by UDP destination port)");
  info = capable();
  info.flow_type_rss_offloads &= ~RTE_ETH_RSS_UDP;
  EXPECT_EQ(verdict(info, 4, 4), "hand-over (the device does not report RSS by UDP destination port)");
  info = capable();
  info.hash_key_size = 16;
  EXPECT_EQ(verdict(info, 4, 4), "hand-over (an RSS key of 16 bytes is too short)");
  info = capable();
  info.reta_size = 100;
  EXPECT_EQ(verdict(info, 4, 4), "hand-over (a redirection table of 100 entries does not fit 4 queues)");
}

TEST(DeviceSteering, IsDroppedWhereTheDeviceRefuses) {
  DeviceSteering steering(capable(), 4, 4, SteeredFamily::kIpv4);
  steering.refused("the RSS key and fields", -EINVAL);
  EXPECT_FALSE(steering.wanted());
  EXPECT_EQ(steering.description(), "hand-over (the device refused the RSS key and fields: Invalid argument)");
}

/// What is said of net_null, which knows no rules.
std::string handed_over(const std::string& why) {
  return "hand-over (" + why + "; it takes no rte_flow rules for it: Function not implemented)";
}

class NullDevice : public testing::Test {
 protected:
  static constexpr unsigned kQueues = 3;

  NullDevice() {
    DeviceSetup setup;
    setup.queues = kQueues;
    setup.spread_udp = true;
    device_.start(setup, pool_);
  }

  MbufPool pool_{4095, -1};
  EthernetDevice device_ = EthernetDevice::make_virtual("port 'null'", {"net_null_steering", ""});
};

TEST_F(NullDevice, WithoutTheCapabilityIsSpreadAsEver) {
  EXPECT_EQ(device_.queues(), kQueues);
  EXPECT_EQ(device_.steering(), handed_over("the device does not report RSS by UDP destination port"));
}

TEST_F(NullDevice, GetsTheTableAndIsFoundOutWhenItHashesOtherwise) {
  DeviceSteering steering(capable(), kQueues, kQueues, SteeredFamily::kIpv4);
  steering.finish(device_.id());
  EXPECT_EQ(steering.description(), handed_over("the device hashes otherwise than it was told"));
  std::array<rte_eth_rss_reta_entry64, 2> groups{};
  for (rte_eth_rss_reta_entry64& group : groups) group.mask = ~std::uint64_t{0};
  ASSERT_EQ(rte_eth_dev_rss_reta_query(device_.id(), groups.data(), 128), 0);
  std::vector<std::uint16_t> written;
  for (const rte_eth_rss_reta_entry64& group : groups)
    written.insert(written.end(), group.reta, group.reta + RTE_ETH_RETA_GROUP_SIZE);
  EXPECT_EQ(written, steering_table(kQueues, 128));
}

TEST_F(NullDevice, IsAskedWhatTableItKeeps) {
  const RssCalls silent{.key = [](std::uint16_t, rte_eth_rss_conf*) { return -ENOTSUP; }};
  DeviceSteering steering(capable(), kQueues, kQueues, SteeredFamily::kIpv4);
  steering.finish(device_.id(), {}, silent);
  EXPECT_TRUE(steering.steers()) << "it keeps the table, and of the key it cannot tell";

  RssCalls other = silent;
  other.table = [](std::uint16_t port, rte_eth_rss_reta_entry64* groups, std::uint16_t size) {
    const int result = rte_eth_dev_rss_reta_query(port, groups, size);
    groups[1].reta[63] = static_cast<std::uint16_t>(groups[1].reta[63] + 1);
    return result;
  };
  DeviceSteering deceived(capable(), kQueues, kQueues, SteeredFamily::kIpv4);
  deceived.finish(device_.id(), {}, other);
  EXPECT_FALSE(deceived.steers());
  EXPECT_EQ(deceived.description(), handed_over("the device keeps another redirection table than it was given"));

  RssCalls mute = silent;
  mute.table = [](std::uint16_t, rte_eth_rss_reta_entry64*, std::uint16_t) { return -ENOTSUP; };
  DeviceSteering believed(capable(), kQueues, kQueues, SteeredFamily::kIpv4);
  believed.finish(device_.id(), {}, mute);
  EXPECT_TRUE(believed.steers());
}

TEST_F(NullDevice, RefusesATableOfAnotherSize) {
  rte_eth_dev_info info = capable();
  info.reta_size = 512;
  DeviceSteering steering(info, kQueues, kQueues, SteeredFamily::kIpv4);
  steering.finish(device_.id());
  EXPECT_EQ(steering.description(), handed_over("the device refused the redirection table: Invalid argument"));
}

}  // namespace
}  // namespace sallyport::drivers
