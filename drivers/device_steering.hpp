// Has a device deliver media to the queue of the worker that owns its UDP port, and says what came of it: by RSS
// (rss_steering.hpp) where the device reports that it can hash destination ports, else by rules (flow_steering.hpp)
// where it takes them. What the device delivers elsewhere all the same is handed over by the worker that receives it.
// Used by EthernetDevice while it starts a device, on the control thread.
#pragma once

#include <rte_ethdev.h>

#include <cstdint>
#include <string>
#include <vector>

#include "drivers/flow_steering.hpp"
#include "drivers/rss_steering.hpp"

namespace sallyport::drivers {

/// How a device is asked what it made of what it was told. Tests put a device of their own behind it.
struct RssCalls {
  decltype(&rte_eth_dev_rss_hash_conf_get) key = rte_eth_dev_rss_hash_conf_get;
  decltype(&rte_eth_dev_rss_reta_query) table = rte_eth_dev_rss_reta_query;
};

class DeviceSteering {
 public:
  /// `workers`: how many share the media; `queues`: how many of them have a queue of this device.
  DeviceSteering(const rte_eth_dev_info& device, unsigned workers, unsigned queues, SteeredFamily family);

  /// Whether the device is to steer by RSS, as far as is known by now.
  bool wanted() const noexcept { return !table_.empty(); }
  /// Whether it steers, by RSS or by rules. After finish().
  bool steers() const noexcept { return wanted() || by_rules_; }
  /// Asks for RSS. `conf`, and with it the device, keeps a pointer to the key, which is ours.
  void ask(rte_eth_conf& conf);
  /// The device did not take what was asked for: no steering by RSS.
  void refused(const std::string& what, int error);
  /// For the started device: writes the table and reads back what the device made of it and of the key; without RSS it
  /// is given rules.
  void finish(std::uint16_t port, const FlowCalls& calls = {}, const RssCalls& rss_calls = {});
  /// "RSS by UDP destination port", "rte_flow rules by UDP destination port", or "hand-over" and why.
  const std::string& description() const noexcept { return description_; }

 private:
  void give_up(const std::string& why);
  void finish_rss(std::uint16_t port, const RssCalls& calls);
  void use_rules(std::uint16_t port, const FlowCalls& calls);
  int write_table(std::uint16_t port) const;
  /// False if the device tells of another key, or of other fields to hash, than it was asked for.
  bool kept_key(std::uint16_t port, const RssCalls& calls) const;
  /// False if the device tells of another table than it was given.
  bool kept_table(std::uint16_t port, const RssCalls& calls) const;

  unsigned queues_;  ///< one for each worker, or 0: there is nothing to steer
  SteeredFamily family_;
  std::uint64_t fields_ = 0;  ///< RTE_ETH_RSS_*
  std::vector<std::uint8_t> key_;
  std::vector<std::uint16_t> table_;  ///< empty: no steering by RSS
  bool by_rules_ = false;
  std::string why_not_;
  std::string description_;
};

}  // namespace sallyport::drivers
