// Steering by rules (rte_flow), for NICs that cannot hash the UDP destination port alone but can match bits of it: each
// bucket of ports (port_owner.hpp) has a rule that names the queue of its owner. Whether a device can is for the device
// to say, rule by rule; nothing has to be known about how it hashes. Used by DeviceSteering, on the control thread.
#pragma once

#include <rte_flow.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "drivers/rss_steering.hpp"

namespace sallyport::drivers {

/// UDP packets whose destination port has `value` in the bits of `mask` go to `queue`.
struct PortRule {
  std::uint16_t value = 0;
  std::uint16_t mask = 0;
  std::uint16_t queue = 0;
};

/// As few rules as it takes for that exactly one matches each port and names its owner's queue. At least one queue.
std::vector<PortRule> port_rules(unsigned queues);

/// What is called of rte_flow. Tests put a device of their own behind it.
struct FlowCalls {
  decltype(&rte_flow_validate) validate = rte_flow_validate;
  decltype(&rte_flow_create) create = rte_flow_create;
  decltype(&rte_flow_destroy) destroy = rte_flow_destroy;
};

/// Gives the started device all rules of a family, which stay as long as the device does; or none, and says why.
std::optional<std::string> install_port_rules(std::uint16_t port, unsigned queues, SteeredFamily family,
                                              const FlowCalls& calls = {});

}  // namespace sallyport::drivers
