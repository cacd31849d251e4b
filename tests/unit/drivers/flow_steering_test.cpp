// Steering by rules: that they put every port where its owner is, what a device is asked, and that one that refuses in
// the middle is left without any. No device here takes such rules, so a made-up one does.
#include "drivers/flow_steering.hpp"

#include <gtest/gtest.h>
#include <rte_byteorder.h>
#include <rte_errno.h>

#include <algorithm>

#include "drivers/device_steering.hpp"
#include "drivers/port_owner.hpp"

namespace sallyport::drivers {
namespace {

constexpr std::uint16_t kPort = 7;
constexpr std::uint32_t kAllPorts = 65536;

TEST(PortRules, MatchEveryPortOnceAndNameItsOwner) {
  for (unsigned queues = 1; queues <= 64; ++queues) {
    const std::vector<PortRule> rules = port_rules(queues);
    for (std::uint32_t port = 0; port < kAllPorts; ++port) {
      const auto matches = [&](const PortRule& rule) { return (port & rule.mask) == rule.value; };
      ASSERT_EQ(std::ranges::count_if(rules, matches), 1) << queues << " queues, port " << port;
      const PortRule& rule = *std::ranges::find_if(rules, matches);
      ASSERT_EQ(rule.queue, owner_of_port(static_cast<std::uint16_t>(port), queues)) << port;
    }
  }
}

TEST(PortRules, AreNoMoreThanNeeded) {
  EXPECT_EQ(port_rules(1).size(), 1U);
  EXPECT_EQ(port_rules(4).size(), 4U);
  EXPECT_EQ(port_rules(3).size(), 64U);
  EXPECT_EQ(port_rules(17).size(), 512U);
}

/// A device that takes rules, up to a point. rte_flow's calls carry no context, so there is one at a time.
class FlowDevice {
 public:
  struct Rule {
    rte_flow_item_type family;
    PortRule port;
  };

  FlowDevice() { now = this; }
  ~FlowDevice() { now = nullptr; }
  FlowDevice(const FlowDevice&) = delete;
  FlowDevice& operator=(const FlowDevice&) = delete;

  FlowCalls calls() const { return {validate, create, destroy}; }

  std::vector<Rule> rules;  ///< that it has
  std::size_t room = ~std::size_t{0};
  rte_flow_item_type unknown = RTE_FLOW_ITEM_TYPE_VOID;  ///< a family that it cannot match

 private:
  static FlowDevice* now;

  static Rule read(std::uint16_t port, const rte_flow_attr* attributes, const rte_flow_item pattern[],
                   const rte_flow_action actions[]) {
    EXPECT_EQ(port, kPort);
    EXPECT_TRUE(attributes->ingress && !attributes->egress && !attributes->transfer);
    EXPECT_EQ(pattern[0].type, RTE_FLOW_ITEM_TYPE_ETH);
    EXPECT_EQ(pattern[2].type, RTE_FLOW_ITEM_TYPE_UDP);
    EXPECT_EQ(pattern[3].type, RTE_FLOW_ITEM_TYPE_END);
    EXPECT_EQ(actions[0].type, RTE_FLOW_ACTION_TYPE_QUEUE);
    EXPECT_EQ(actions[1].type, RTE_FLOW_ACTION_TYPE_END);
    const auto* spec = static_cast<const rte_flow_item_udp*>(pattern[2].spec);
    const auto* mask = static_cast<const rte_flow_item_udp*>(pattern[2].mask);
    EXPECT_EQ(mask->hdr.src_port, 0);
    return {pattern[1].type,
            {rte_be_to_cpu_16(spec->hdr.dst_port), rte_be_to_cpu_16(mask->hdr.dst_port),
             static_cast<const rte_flow_action_queue*>(actions[0].conf)->index}};
  }
  static int validate(std::uint16_t port, const rte_flow_attr* attributes, const rte_flow_item pattern[],
                      const rte_flow_action actions[], rte_flow_error* error) {
    if (read(port, attributes, pattern, actions).family != now->unknown) return 0;
    error->message = "not that family";
    return -ENOTSUP;
  }
  static rte_flow* create(std::uint16_t port, const rte_flow_attr* attributes, const rte_flow_item pattern[],
                          const rte_flow_action actions[], rte_flow_error* error) {
    if (now->rules.size() == now->room) {
      error->message = nullptr;
      rte_errno = ENOSPC;
      return nullptr;
    }
    now->rules.push_back(read(port, attributes, pattern, actions));
    return reinterpret_cast<rte_flow*>(now->rules.size());
  }
  static int destroy(std::uint16_t, rte_flow*, rte_flow_error*) { return now->rules.pop_back(), 0; }
};
FlowDevice* FlowDevice::now = nullptr;

/// A device without RSS by port.
DeviceSteering steering_of(unsigned workers, unsigned queues, SteeredFamily family = SteeredFamily::kIpv4) {
  return DeviceSteering(rte_eth_dev_info{}, workers, queues, family);
}

TEST(FlowSteering, GivesBothFamiliesTheirRules) {
  FlowDevice device;
  DeviceSteering steering = steering_of(4, 4);
  EXPECT_FALSE(steering.steers());
  steering.finish(kPort, device.calls());
  EXPECT_TRUE(steering.steers());
  EXPECT_EQ(steering.description(), "rte_flow rules by UDP destination port");
  ASSERT_EQ(device.rules.size(), 8U);
  const std::vector<PortRule> wanted = port_rules(4);
  for (std::size_t i = 0; i < device.rules.size(); ++i) {
    EXPECT_EQ(device.rules[i].family, i < 4 ? RTE_FLOW_ITEM_TYPE_IPV4 : RTE_FLOW_ITEM_TYPE_IPV6);
    EXPECT_EQ(device.rules[i].port.value, wanted[i % 4].value);
    EXPECT_EQ(device.rules[i].port.mask, wanted[i % 4].mask);
    EXPECT_EQ(device.rules[i].port.queue, wanted[i % 4].queue);
  }
}

TEST(FlowSteering, DoesWithTheFamilyOfMostMedia) {
  FlowDevice device;
  device.unknown = RTE_FLOW_ITEM_TYPE_IPV6;
  DeviceSteering steering = steering_of(2, 2);
  steering.finish(kPort, device.calls());
  EXPECT_EQ(steering.description(), "rte_flow rules by UDP destination port (IPv4; IPv6 is handed over)");
  EXPECT_EQ(device.rules.size(), 2U);
}

TEST(FlowSteering, WithoutThatFamilyThereIsNone) {
  FlowDevice device;
  device.unknown = RTE_FLOW_ITEM_TYPE_IPV6;
  DeviceSteering steering = steering_of(2, 2, SteeredFamily::kIpv6);
  steering.finish(kPort, device.calls());
  EXPECT_FALSE(steering.steers());
  EXPECT_EQ(steering.description(),
            "hand-over (the device does not report RSS by UDP destination port; it takes no rte_flow rules for it: "
            "not that family)");
  EXPECT_TRUE(device.rules.empty());
}

TEST(FlowSteering, ADeviceThatRunsFullKeepsNone) {
  FlowDevice device;
  device.room = 40;
  DeviceSteering steering = steering_of(3, 3);
  steering.finish(kPort, device.calls());
  EXPECT_FALSE(steering.steers());
  EXPECT_TRUE(device.rules.empty());
  EXPECT_EQ(steering.description(),
            "hand-over (the device does not report RSS by UDP destination port; it takes no rte_flow rules for it: No "
            "space left on device)");
}

TEST(FlowSteering, IsNotTriedWhereNothingIsToBeSteered) {
  FlowDevice device;
  for (const unsigned workers : {1U, 4U}) {
    DeviceSteering steering = steering_of(workers, 1);
    steering.finish(kPort, device.calls());
    EXPECT_FALSE(steering.steers());
  }
  EXPECT_TRUE(device.rules.empty());
}

}  // namespace
}  // namespace sallyport::drivers
