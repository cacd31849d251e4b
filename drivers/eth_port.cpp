#include "drivers/eth_port.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>

#include "crypto/error.hpp"
#include "drivers/device_args.hpp"
#include "drivers/ethernet_device.hpp"
#include "drivers/linux_device.hpp"
#include "drivers/linux_interface.hpp"
#include "drivers/memif_socket_file.hpp"
#include "drivers/resource_lock.hpp"
#include "drivers/xdp_program.hpp"

namespace sallyport::drivers {
namespace {

std::string whose(const PortOptions& options) { return "port '" + options.name + "'"; }

/// The configured address, or a random one that is locally administered and unicast (IEEE 802 8.2).
MacAddress own_mac(const PortOptions& options) {
  if (options.mac != MacAddress{}) return options.mac;
  MacAddress mac;
  if (getrandom(mac.bytes.data(), mac.bytes.size(), 0) != static_cast<ssize_t>(mac.bytes.size()))
    throw SetupError(whose(options) + ": the kernel gives no random bytes for a MAC address");
  mac.bytes[0] = static_cast<std::uint8_t>((mac.bytes[0] & 0xFCU) | 0x02U);
  return mac;
}

std::string with_queues(const std::string& text, unsigned queues) {
  return text + ", " + std::to_string(queues) + (queues == 1 ? " queue" : " queues");
}

/// No key finds the ports behind addresses of both families: IPv4 first, where both are in use.
SteeredFamily steered_family(const PortOptions& options) {
  const bool any_ipv4 = std::any_of(options.addresses.begin(), options.addresses.end(),
                                    [](const IpPrefix& prefix) { return !prefix.address.v6; });
  return any_ipv4 ? SteeredFamily::kIpv4 : SteeredFamily::kIpv6;
}

DeviceSetup setup_for(const PortOptions& options, unsigned queues) {
  DeviceSetup setup;
  setup.queues = queues;
  setup.descriptors = options.descriptors;
  return setup;
}

}  // namespace

EthPort::EthPort(const PortOptions& options, unsigned queues, MbufPool& pool) : options_(options), pool_(&pool) {
  if (queues == 0 || options.descriptors == 0) {
    throw SetupError(whose(options) + ": expected at least one queue and one descriptor");
  }
  steering_ = queues == 1 ? "one worker" : "hand-over";
  switch (options.kind) {
    case DeviceKind::kLinux:
      open_linux(queues, pool);
      break;
    case DeviceKind::kMemif:
      open_memif(queues, pool);
      break;
    case DeviceKind::kPci:
    case DeviceKind::kRing:
    case DeviceKind::kPcap:
      open_other(queues, pool);
      break;
  }
}

EthPort::EthPort(TwinTag, const EthPort& port, const std::string& interface, unsigned queues, MbufPool& pool)
    : options_(port.options()), pool_(&pool) {
  // The device keeps as many buffers per queue as it has descriptors and reads one frame at a time.
  constexpr std::uint16_t kTapDescriptors = 64;
  options_.name = interface;
  options_.device = interface;
  lock_ = std::make_unique<ResourceLock>(ResourceLock::interface(interface));
  auto device = std::make_unique<EthernetDevice>(
      EthernetDevice::make_virtual(whose(port.options()), tap_device(interface, port.mac())));
  DeviceSetup setup = setup_for(options_, queues);
  setup.descriptors = kTapDescriptors;
  setup.checksum_offload = false;  // the kernel has finished the checksums of what it sends
  device->start(setup, pool);
  adopt(std::move(device));
  description_ = with_queues("tap " + interface, queues_);
}

std::unique_ptr<EthPort> EthPort::make_tap_twin(const EthPort& port, const std::string& interface, unsigned queues,
                                                MbufPool& pool) {
  return std::unique_ptr<EthPort>(new EthPort(TwinTag{}, port, interface, queues, pool));
}

EthPort::~EthPort() {
  if (memif_socket_) memif_socket_->close();  // nobody may connect to a device that is being taken down
  device_.reset();
  if (linux_mode_ == LinuxMode::kAfXdp) detach_xdp(interface_index(options_.device));  // in case the driver could not
}

void EthPort::open_linux(unsigned queues, MbufPool& pool) {
  const unsigned index = interface_index(options_.device);
  if (index == 0) {
    throw SetupError(whose(options_) + ": there is no interface '" + options_.device +
                     "' here, expected the name of a Linux interface");
  }
  lock_ = std::make_unique<ResourceLock>(ResourceLock::interface(options_.device));
  detach_xdp(index);  // under the lock it can only be what a killed predecessor left
  LinuxDevice opened = open_linux_device(options_, setup_for(options_, queues), pool);
  if (options_.mac != MacAddress{} && options_.mac != opened.device->mac()) {
    throw SetupError(whose(options_) + ": interface '" + options_.device + "' has the MAC address " +
                     opened.device->mac().to_string() + ", not " + options_.mac.to_string() +
                     ": expected none here (a Linux interface keeps its own)");
  }
  adopt(std::move(opened.device));
  linux_mode_ = opened.mode;
  interface_index_ = index;
  description_ = opened.description;
  partial_checksums_ = true;
}

void EthPort::open_memif(unsigned queues, MbufPool& pool) {
  const MemifSocket socket = memif_socket(options_);
  if (socket.queues > queues) {
    throw SetupError(whose(options_) + ": " + std::to_string(socket.queues) + " queues, expected at most " +
                     std::to_string(queues) + ", one per worker: nobody would read the others");
  }
  if (options_.memif_server) memif_socket_ = std::make_unique<MemifSocketFile>(socket.path);
  auto device = std::make_unique<EthernetDevice>(
      EthernetDevice::make_virtual(whose(options_), memif_device(options_, own_mac(options_))));
  device->start(setup_for(options_, socket.queues), pool);
  adopt(std::move(device));
  description_ = with_queues(
      std::string("memif ") + (options_.memif_server ? "server" : "client") + " on " + socket.path, queues_);
  partial_checksums_ = true;  // its peer may forward what a Linux interface gave it
}

void EthPort::open_other(unsigned queues, MbufPool& pool) {
  DeviceSetup setup = setup_for(options_, queues);
  std::unique_ptr<EthernetDevice> device;
  switch (options_.kind) {
    case DeviceKind::kRing: {
      const std::string& name = options_.device.empty() ? options_.name : options_.device;
      device = std::make_unique<EthernetDevice>(EthernetDevice::make_ring(whose(options_), name));
      break;
    }
    case DeviceKind::kPcap:
      device = std::make_unique<EthernetDevice>(EthernetDevice::make_virtual(whose(options_), pcap_device(options_)));
      break;
    default:
      device = std::make_unique<EthernetDevice>(EthernetDevice::find_pci(whose(options_), options_.device));
      setup.all_multicast = true;
      setup.spread_udp = true;
      setup.family = steered_family(options_);
      break;
  }
  const bool has_own_mac = options_.kind == DeviceKind::kPci;
  if (has_own_mac && options_.mac != MacAddress{}) device->set_mac(options_.mac);
  device->start(setup, pool);
  adopt(std::move(device));
  if (setup.spread_udp) {
    steering_ = device_->steering();
    steers_ = device_->steers();
  }
  if (!has_own_mac) mac_ = own_mac(options_);  // rings and files filter nothing: the address is ours to choose
  description_ = with_queues(device_->driver() + " on " + options_.device, queues_);
}

void EthPort::adopt(std::unique_ptr<EthernetDevice> device) {
  device_ = std::move(device);
  id_ = device_->id();
  queues_ = device_->queues();
  mac_ = device_->mac();
  ipv4_checksum_ = (device_->tx_offloads() & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0;
  udp_checksum_ = (device_->tx_offloads() & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) != 0;
}

LinkState EthPort::link() const noexcept {
  if (interface_index_ != 0) {
    if (interface_index(options_.device) != interface_index_) return LinkState::kGone;
    return interface_running(options_.device) ? LinkState::kUp : LinkState::kDown;
  }
  rte_eth_link link{};
  const bool up = rte_eth_link_get_nowait(id_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
  return up ? LinkState::kUp : LinkState::kDown;
}

int EthPort::socket() const noexcept { return rte_eth_dev_socket_id(id_); }

std::uint16_t EthPort::mtu() const noexcept { return device_->mtu(); }

std::uint64_t EthPort::missed() const noexcept {
  rte_eth_stats stats{};
  return rte_eth_stats_get(id_, &stats) == 0 ? stats.imissed + stats.rx_nombuf : 0;
}

}  // namespace sallyport::drivers
