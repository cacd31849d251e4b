#include "drivers/device_steering.hpp"

#include <rte_errno.h>

namespace sallyport::drivers {
namespace {

constexpr std::size_t kGroup = RTE_ETH_RETA_GROUP_SIZE;

/// Asks for, or speaks of, all entries of a table of that size.
std::vector<rte_eth_rss_reta_entry64> whole_table(std::size_t size) {
  std::vector<rte_eth_rss_reta_entry64> groups((size + kGroup - 1) / kGroup);
  for (std::size_t index = 0; index < size; ++index)
    groups[index / kGroup].mask |= std::uint64_t{1} << (index % kGroup);
  return groups;
}

}  // namespace

DeviceSteering::DeviceSteering(const rte_eth_dev_info& device, unsigned workers, unsigned queues, SteeredFamily family)
    : queues_(workers > 1 && queues == workers ? queues : 0),
      family_(family),
      fields_(device.flow_type_rss_offloads & (RTE_ETH_RSS_UDP | RTE_ETH_RSS_L4_DST_ONLY)),
      description_("RSS by UDP destination port") {
  if (workers == 1) {
    description_ = "one worker";
  } else if (queues < workers) {
    give_up("the device has fewer queues than there are workers");
  } else if ((fields_ & RTE_ETH_RSS_L4_DST_ONLY) == 0 || (fields_ & RTE_ETH_RSS_UDP) == 0) {
    give_up("the device does not report RSS by UDP destination port");
  } else if (device.hash_key_size < kShortestRssKey) {
    give_up("an RSS key of " + std::to_string(device.hash_key_size) + " bytes is too short");
  } else if (!can_steer(queues, device.reta_size)) {
    give_up("a redirection table of " + std::to_string(device.reta_size) + " entries does not fit " +
            std::to_string(queues) + " queues");
  } else {
    key_ = steering_key(family, device.hash_key_size, device.reta_size);
    table_ = steering_table(queues, device.reta_size);
  }
}

void DeviceSteering::ask(rte_eth_conf& conf) {
  rte_eth_rss_conf& rss = conf.rx_adv_conf.rss_conf;
  rss.rss_hf = fields_;
  rss.rss_key = key_.data();
  rss.rss_key_len = static_cast<std::uint8_t>(key_.size());
}

void DeviceSteering::refused(const std::string& what, int error) {
  give_up("the device refused " + what + ": " + rte_strerror(error < 0 ? -error : error));
}

void DeviceSteering::finish(std::uint16_t port, const FlowCalls& calls, const RssCalls& rss_calls) {
  if (wanted()) finish_rss(port, rss_calls);
  if (!wanted() && queues_ != 0) use_rules(port, calls);
}

void DeviceSteering::finish_rss(std::uint16_t port, const RssCalls& calls) {
  // A device that fails here keeps the key: with whatever table it has, pairs are spread and handed over.
  if (const int error = write_table(port); error != 0) {
    refused("the redirection table", error);
  } else if (!kept_key(port, calls)) {
    give_up("the device hashes otherwise than it was told");
  } else if (!kept_table(port, calls)) {
    give_up("the device keeps another redirection table than it was given");
  }
}

/// The family of most media first: without it there is no use in the other.
void DeviceSteering::use_rules(std::uint16_t port, const FlowCalls& calls) {
  if (const auto refused = install_port_rules(port, queues_, family_, calls)) {
    return give_up(why_not_ + "; it takes no rte_flow rules for it: " + *refused);
  }
  by_rules_ = true;
  description_ = "rte_flow rules by UDP destination port";
  const bool ipv4 = family_ == SteeredFamily::kIpv4;
  if (!install_port_rules(port, queues_, ipv4 ? SteeredFamily::kIpv6 : SteeredFamily::kIpv4, calls)) return;
  description_ += ipv4 ? " (IPv4; IPv6 is handed over)" : " (IPv6; IPv4 is handed over)";
}

void DeviceSteering::give_up(const std::string& why) {
  table_.clear();
  why_not_ = why;
  description_ = "hand-over (" + why + ")";
}

int DeviceSteering::write_table(std::uint16_t port) const {
  std::vector<rte_eth_rss_reta_entry64> groups = whole_table(table_.size());
  for (std::size_t index = 0; index < table_.size(); ++index)
    groups[index / kGroup].reta[index % kGroup] = table_[index];
  return rte_eth_dev_rss_reta_update(port, groups.data(), static_cast<std::uint16_t>(table_.size()));
}

bool DeviceSteering::kept_table(std::uint16_t port, const RssCalls& calls) const {
  std::vector<rte_eth_rss_reta_entry64> groups = whole_table(table_.size());
  if (calls.table(port, groups.data(), static_cast<std::uint16_t>(table_.size())) != 0) {
    return true;  // a device that cannot tell is believed
  }
  for (std::size_t index = 0; index < table_.size(); ++index) {
    if (groups[index / kGroup].reta[index % kGroup] != table_[index]) return false;
  }
  return true;
}

bool DeviceSteering::kept_key(std::uint16_t port, const RssCalls& calls) const {
  std::vector<std::uint8_t> key(key_.size());
  rte_eth_rss_conf rss{};
  rss.rss_key = key.data();
  rss.rss_key_len = static_cast<std::uint8_t>(key.size());
  if (calls.key(port, &rss) != 0) return true;  // a device that cannot tell is believed
  return key == key_ && (rss.rss_hf & RTE_ETH_RSS_L4_DST_ONLY) != 0;
}

}  // namespace sallyport::drivers
