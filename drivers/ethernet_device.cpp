#include "drivers/ethernet_device.hpp"

#include <rte_bus_vdev.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "crypto/error.hpp"
#include "drivers/dpdk_log.hpp"
#include "drivers/ring_port.hpp"

namespace sallyport::drivers {

EthernetDevice::EthernetDevice(std::string whose, std::string virtual_name, const std::string& lookup_name)
    : whose_(std::move(whose)), virtual_name_(std::move(virtual_name)) {
  if (rte_eth_dev_get_port_by_name(lookup_name.c_str(), &id_) != 0) {
    throw SetupError(whose_ + ": DPDK has no device '" + lookup_name +
                     "', expected a NIC bound to vfio-pci (or a driver of DPDK's own) and known to DPDK");
  }
  open_ = id_;
}

EthernetDevice::EthernetDevice(EthernetDevice&& other) noexcept
    : whose_(std::move(other.whose_)),
      virtual_name_(std::move(other.virtual_name_)),
      open_(std::exchange(other.open_, std::nullopt)),
      id_(other.id_),
      queues_(other.queues_),
      tx_offloads_(other.tx_offloads_),
      steering_(std::move(other.steering_)) {}

EthernetDevice::~EthernetDevice() {
  if (!open_) return;
  const DpdkLogCapture farewell_words;  // of no interest any more
  rte_eth_dev_stop(id_);
  // net_memif frees what DPDK's interrupt thread may still work on: let that finish with the peer's farewell.
  constexpr std::chrono::milliseconds kFarewell{20};
  if (virtual_name_.starts_with("net_memif")) std::this_thread::sleep_for(kFarewell);
  rte_eth_dev_close(id_);
  if (!virtual_name_.empty()) rte_vdev_uninit(virtual_name_.c_str());
}

EthernetDevice EthernetDevice::make_virtual(std::string whose, const VirtualDevice& device) {
  DpdkLogCapture log;
  if (const int error = rte_vdev_init(device.name.c_str(), device.args.c_str()); error != 0) {
    throw SetupError(whose + ": cannot make device " + device.name + " (" + device.args + "): " + rte_strerror(-error) +
                     log.last_words());
  }
  return {std::move(whose), device.name, device.name};
}

EthernetDevice EthernetDevice::find_pci(std::string whose, const std::string& address) {
  return {std::move(whose), "", address};
}

EthernetDevice EthernetDevice::make_ring(std::string whose, const std::string& ring_port) {
  const RingPortRings rings = find_ring_port(ring_port);
  if (rings.to_port.empty()) throw SetupError(whose + ": there is no ring port '" + ring_port + "' in this process");
  DpdkLogCapture log;
  const auto count = static_cast<unsigned>(rings.to_port.size());
  if (rte_eth_from_rings(ring_port.c_str(), rings.to_port.data(), count, rings.from_port.data(), count, 0) < 0) {
    throw SetupError(whose + ": cannot make a device over rings: " + rte_strerror(rte_errno) + log.last_words());
  }
  const std::string name = "net_ring_" + ring_port;
  return {std::move(whose), name, name};
}

void EthernetDevice::fail(const std::string& what, int error, const std::string& words) const {
  throw SetupError(whose_ + ": cannot " + what + ": " + rte_strerror(error < 0 ? -error : error) + words);
}

rte_eth_dev_info EthernetDevice::info() const {
  rte_eth_dev_info info{};
  if (const int error = rte_eth_dev_info_get(id_, &info); error != 0) fail("ask the device what it can do", error, "");
  return info;
}

void EthernetDevice::start(const DeviceSetup& setup, MbufPool& pool) {
  DpdkLogCapture log;
  const rte_eth_dev_info device = info();
  queues_ = std::min({setup.queues, unsigned{device.max_rx_queues}, unsigned{device.max_tx_queues}});
  steering_.emplace(device, setup.queues, queues_, setup.family);
  configure(setup, device, log);
  set_up_queues(setup.descriptors, pool, log);
  if (const int error = rte_eth_dev_start(id_); error != 0) fail("start the device", error, log.last_words());
  // A NIC that cannot take all multicast takes everything: without it IPv6 neighbours could not find us.
  if (setup.all_multicast && rte_eth_allmulticast_enable(id_) != 0) rte_eth_promiscuous_enable(id_);
  if (setup.spread_udp) steering_->finish(id_);
}

void EthernetDevice::configure(const DeviceSetup& setup, const rte_eth_dev_info& device, DpdkLogCapture& log) {
  rte_eth_conf conf{};
  if (setup.checksum_offload) {
    conf.rxmode.offloads = device.rx_offload_capa & (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM);
    tx_offloads_ = device.tx_offload_capa & (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM);
    conf.txmode.offloads = tx_offloads_;
  }
  const auto pairs = static_cast<std::uint16_t>(queues_);
  if (setup.spread_udp && queues_ > 1) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    if (steering_->wanted()) {
      rte_eth_conf steered = conf;
      steering_->ask(steered);
      const int error = rte_eth_dev_configure(id_, pairs, pairs, &steered);
      if (error == 0) return;
      steering_->refused("the RSS key and fields", error);
    }
    conf.rx_adv_conf.rss_conf.rss_hf = device.flow_type_rss_offloads & (RTE_ETH_RSS_UDP | RTE_ETH_RSS_IP);
  }
  if (const int error = rte_eth_dev_configure(id_, pairs, pairs, &conf); error != 0)
    fail("configure " + std::to_string(queues_) + " queues", error, log.last_words());
}

void EthernetDevice::set_up_queues(std::uint16_t descriptors, MbufPool& pool, DpdkLogCapture& log) {
  std::uint16_t rx_descriptors = std::bit_floor(descriptors);  // AF_XDP takes powers of two only
  std::uint16_t tx_descriptors = rx_descriptors;
  rte_eth_dev_adjust_nb_rx_tx_desc(id_, &rx_descriptors, &tx_descriptors);
  const auto socket = static_cast<unsigned>(rte_eth_dev_socket_id(id_));
  for (std::uint16_t queue = 0; queue < queues_; ++queue) {
    if (const int error = rte_eth_rx_queue_setup(id_, queue, rx_descriptors, socket, nullptr, pool.get()); error != 0)
      fail("set up receive queue " + std::to_string(queue), error, log.last_words());
    if (const int error = rte_eth_tx_queue_setup(id_, queue, tx_descriptors, socket, nullptr); error != 0)
      fail("set up transmit queue " + std::to_string(queue), error, log.last_words());
  }
}

void EthernetDevice::set_mac(const MacAddress& mac) {
  rte_ether_addr address;
  std::memcpy(address.addr_bytes, mac.bytes.data(), mac.bytes.size());
  if (const int error = rte_eth_dev_default_mac_addr_set(id_, &address); error != 0)
    fail("set the MAC address " + mac.to_string(), error, "");
}

std::string EthernetDevice::driver() const { return info().driver_name; }

MacAddress EthernetDevice::mac() const {
  rte_ether_addr address{};
  rte_eth_macaddr_get(id_, &address);
  MacAddress mac;
  std::memcpy(mac.bytes.data(), address.addr_bytes, mac.bytes.size());
  return mac;
}

std::uint16_t EthernetDevice::mtu() const noexcept {
  std::uint16_t mtu = RTE_ETHER_MTU;
  rte_eth_dev_get_mtu(id_, &mtu);
  return mtu;
}

}  // namespace sallyport::drivers
