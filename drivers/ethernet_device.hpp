// A DPDK Ethernet device that this process has opened: made (or found on the PCI bus), configured, started; stopped and
// closed when it dies. Knows nothing of addresses or media. Control thread.
#pragma once

#include <rte_ethdev.h>

#include <optional>
#include <string>

#include "drivers/device_args.hpp"
#include "drivers/device_steering.hpp"
#include "drivers/mbuf_pool.hpp"

namespace sallyport::drivers {

class DpdkLogCapture;

/// How a device is to be started.
struct DeviceSetup {
  unsigned queues = 1;  ///< pairs wanted; the device may have fewer
  std::uint16_t descriptors = 1024;
  bool checksum_offload = true;  ///< take what the device offers
  bool spread_udp = false;       ///< have the device steer media to its queues, or else spread flows, where it can
  SteeredFamily family = SteeredFamily::kIpv4;  ///< of most media, for steering
  bool all_multicast = false;                   ///< for IPv6 neighbour discovery behind a filtering NIC
};

class EthernetDevice {
 public:
  /// Makes a virtual device. `whose` begins every error: "port 'wan'". Throws SetupError.
  static EthernetDevice make_virtual(std::string whose, const VirtualDevice& device);
  /// Finds a PCI device that the EAL has probed.
  static EthernetDevice find_pci(std::string whose, const std::string& address);
  /// Makes a device over the rings of the RingPort of that name.
  static EthernetDevice make_ring(std::string whose, const std::string& ring_port);

  EthernetDevice(EthernetDevice&& other) noexcept;
  EthernetDevice& operator=(EthernetDevice&&) = delete;
  ~EthernetDevice();

  /// Configures the queues and starts. Throws SetupError.
  void start(const DeviceSetup& setup, MbufPool& pool);
  /// Gives the device another MAC address. Throws SetupError where it cannot.
  void set_mac(const MacAddress& mac);

  std::uint16_t id() const noexcept { return id_; }
  unsigned queues() const noexcept { return queues_; }
  std::uint64_t tx_offloads() const noexcept { return tx_offloads_; }
  std::string driver() const;
  /// For a device started with DeviceSetup::spread_udp: see DeviceSteering::description().
  const std::string& steering() const noexcept { return steering_->description(); }
  bool steers() const noexcept { return steering_->steers(); }
  MacAddress mac() const;
  std::uint16_t mtu() const noexcept;

 private:
  EthernetDevice(std::string whose, std::string virtual_name, const std::string& lookup_name);
  [[noreturn]] void fail(const std::string& what, int error, const std::string& words) const;
  rte_eth_dev_info info() const;
  /// Configures queues and offloads, with steering if it is wanted and the device takes it.
  void configure(const DeviceSetup& setup, const rte_eth_dev_info& device, DpdkLogCapture& log);
  void set_up_queues(std::uint16_t descriptors, MbufPool& pool, DpdkLogCapture& log);

  std::string whose_;
  std::string virtual_name_;  ///< to be removed again; empty for PCI
  std::optional<std::uint16_t> open_;
  std::uint16_t id_ = 0;
  unsigned queues_ = 0;
  std::uint64_t tx_offloads_ = 0;
  std::optional<DeviceSteering> steering_;  ///< while the device is open: DPDK keeps a pointer to the key
};

}  // namespace sallyport::drivers
