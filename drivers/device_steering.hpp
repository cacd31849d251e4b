// Has a device deliver media to the queue of the worker that owns its UDP port (rss_steering.hpp), where the device
// reports that it can hash destination ports, and says what came of it. What the device delivers elsewhere all the same
// is handed over by the worker that receives it. Used by EthernetDevice while it starts a device, on the control
// thread.
#pragma once

#include <rte_ethdev.h>

#include <cstdint>
#include <string>
#include <vector>

#include "drivers/rss_steering.hpp"

namespace sallyport::drivers {

class DeviceSteering {
 public:
  /// `workers`: how many share the media; `queues`: how many of them have a queue of this device.
  DeviceSteering(const rte_eth_dev_info& device, unsigned workers, unsigned queues, SteeredFamily family);

  /// Whether the device is to steer, as far as is known by now.
  bool wanted() const noexcept { return !table_.empty(); }
  /// Asks for it. `conf`, and with it the device, keeps a pointer to the key, which is ours.
  void ask(rte_eth_conf& conf);
  /// The device did not take what was asked for: no steering.
  void refused(const std::string& what, int error);
  /// For the started device: writes the table and reads back what the device made of the key. Nothing if not wanted().
  void finish(std::uint16_t port);
  /// "RSS by UDP destination port", or "hand-over" and why.
  const std::string& description() const noexcept { return description_; }

 private:
  void give_up(const std::string& why);
  int write_table(std::uint16_t port) const;
  /// False if the device tells of another key, or of other fields to hash, than it was asked for.
  bool kept(std::uint16_t port) const;

  std::uint64_t fields_ = 0;  ///< RTE_ETH_RSS_*
  std::vector<std::uint8_t> key_;
  std::vector<std::uint16_t> table_;  ///< empty: no steering
  std::string description_;
};

}  // namespace sallyport::drivers
