#include "drivers/flow_steering.hpp"

#include <rte_byteorder.h>
#include <rte_errno.h>

#include <array>

#include "drivers/port_owner.hpp"

namespace sallyport::drivers {
namespace {

/// A rule as rte_flow wants it. Must stay where it is: its parts point to each other.
class FlowRule {
 public:
  FlowRule(const PortRule& rule, SteeredFamily family) {
    attributes_.ingress = 1;
    spec_.hdr.dst_port = rte_cpu_to_be_16(rule.value);
    mask_.hdr.dst_port = rte_cpu_to_be_16(rule.mask);
    queue_.index = rule.queue;
    pattern_[0].type = RTE_FLOW_ITEM_TYPE_ETH;
    pattern_[1].type = family == SteeredFamily::kIpv4 ? RTE_FLOW_ITEM_TYPE_IPV4 : RTE_FLOW_ITEM_TYPE_IPV6;
    pattern_[2] = {.type = RTE_FLOW_ITEM_TYPE_UDP, .spec = &spec_, .last = nullptr, .mask = &mask_};
    pattern_[3].type = RTE_FLOW_ITEM_TYPE_END;
    actions_[0] = {.type = RTE_FLOW_ACTION_TYPE_QUEUE, .conf = &queue_};
    actions_[1].type = RTE_FLOW_ACTION_TYPE_END;
  }
  FlowRule(const FlowRule&) = delete;
  FlowRule& operator=(const FlowRule&) = delete;

  const rte_flow_attr* attributes() const noexcept { return &attributes_; }
  const rte_flow_item* pattern() const noexcept { return pattern_.data(); }
  const rte_flow_action* actions() const noexcept { return actions_.data(); }

 private:
  rte_flow_attr attributes_{};
  rte_flow_item_udp spec_{};
  rte_flow_item_udp mask_{};
  rte_flow_action_queue queue_{};
  std::array<rte_flow_item, 4> pattern_{};
  std::array<rte_flow_action, 2> actions_{};
};

std::string reason(const rte_flow_error& error, int code) {
  return error.message != nullptr ? error.message : rte_strerror(code < 0 ? -code : code);
}

}  // namespace

std::vector<PortRule> port_rules(unsigned queues) {
  const std::uint32_t values = deciding_values(queues);
  std::vector<PortRule> rules;
  for (std::uint32_t deciding = 0; deciding < values; ++deciding) {
    const auto value = static_cast<std::uint16_t>(deciding << 1);
    rules.push_back({.value = value,
                     .mask = static_cast<std::uint16_t>((values - 1) << 1),
                     .queue = static_cast<std::uint16_t>(owner_of_port(value, queues))});
  }
  return rules;
}

std::optional<std::string> install_port_rules(std::uint16_t port, unsigned queues, SteeredFamily family,
                                              const FlowCalls& calls) {
  const std::vector<PortRule> rules = port_rules(queues);
  rte_flow_error error{};
  for (const PortRule& wanted : rules) {
    const FlowRule rule(wanted, family);
    const int refused = calls.validate(port, rule.attributes(), rule.pattern(), rule.actions(), &error);
    if (refused != 0) return reason(error, refused);
  }
  std::vector<rte_flow*> made;
  for (const PortRule& wanted : rules) {
    const FlowRule rule(wanted, family);
    rte_flow* flow = calls.create(port, rule.attributes(), rule.pattern(), rule.actions(), &error);
    if (flow != nullptr) {
      made.push_back(flow);
      continue;
    }
    const std::string why = reason(error, rte_errno);
    // Some rules without the others would send every other port to where it does not belong.
    for (rte_flow* one : made) calls.destroy(port, one, &error);
    return why;
  }
  return std::nullopt;
}

}  // namespace sallyport::drivers
