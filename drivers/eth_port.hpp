// One Ethernet port of the dataplane, whatever is behind it: a PCI NIC, a Linux interface (AF_XDP or AF_PACKET), memif,
// rings or pcap files. Built, started and stopped on the control thread; rx() and tx() are called by workers, each on
// its own queue.
// On an AF_PACKET port rx() also delivers the frames that this host itself sends: the receiver drops those whose source
// MAC is mac(). Frames longer than 1500 bytes may be cut short there; they are never media.
#pragma once

#include <rte_ethdev.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "drivers/ip_address.hpp"
#include "drivers/mbuf_pool.hpp"

namespace sallyport::drivers {

class EthernetDevice;
class MemifSocketFile;
class ResourceLock;

enum class DeviceKind : std::uint8_t { kPci, kLinux, kMemif, kRing, kPcap };
/// How a Linux interface is taken: kAuto tries AF_XDP first and says why where it falls back.
enum class LinuxMode : std::uint8_t { kAuto, kAfXdp, kAfPacket };
enum class KernelPathKind : std::uint8_t { kAuto, kShared, kTap, kNone };

/// kGone: the Linux interface that the port was made of exists no more; one of the same name is another.
enum class LinkState : std::uint8_t { kUp, kDown, kGone };

/// [port.NAME] of the configuration.
struct PortOptions {
  std::string name;
  DeviceKind kind = DeviceKind::kLinux;
  /// PCI address | interface name | memif socket path, or "PATH,queues=N" | name of a RingPort (empty: the port's own)
  /// | "in.pcap,out.pcap"
  std::string device;
  LinuxMode linux_mode = LinuxMode::kAuto;
  bool memif_server = true;
  KernelPathKind kernel_path =
      KernelPathKind::kAuto;  ///< auto: shared for Linux interfaces, TAP for PCI and memif, none for rings and pcap
  std::string tap_name;       ///< empty: "sp-" and the port's name
  std::vector<IpPrefix> addresses;  ///< ours; media is taken for these only
  std::vector<IpAddress> gateways;  ///< at most one per family
  PortRange media_ports{20000, 39999};
  MacAddress mac;  ///< all zero: the device's own (memif: a random local one)
  std::uint16_t descriptors = 4096;
  unsigned punt_limit_pps = 100000;  ///< to Linux through the TAP twin, per worker
};

class EthPort {
 public:
  /// Makes, configures and starts the device with up to `queues` queue pairs (fewer where it has fewer).
  /// Throws SetupError that names port, device and what was expected.
  EthPort(const PortOptions& options, unsigned queues, MbufPool& pool);
  ~EthPort();
  /// A TAP interface as the twin of `port`: same MAC address, no offloads. `interface` is made, and gone with the twin.
  static std::unique_ptr<EthPort> make_tap_twin(const EthPort& port, const std::string& interface, unsigned queues,
                                                MbufPool& pool);
  EthPort(const EthPort&) = delete;
  EthPort& operator=(const EthPort&) = delete;

  const PortOptions& options() const noexcept { return options_; }
  std::uint16_t id() const noexcept { return id_; }
  unsigned queues() const noexcept { return queues_; }
  const MacAddress& mac() const noexcept { return mac_; }
  bool offloads_ipv4_checksum() const noexcept { return ipv4_checksum_; }
  bool offloads_udp_checksum() const noexcept { return udp_checksum_; }
  /// Received frames may carry unfinished checksums (veth and other Linux interfaces, memif peers): do not verify them.
  bool partial_checksums() const noexcept { return partial_checksums_; }
  /// How a Linux interface was taken, kAfXdp or kAfPacket; kAuto for every other kind.
  LinuxMode linux_mode() const noexcept { return linux_mode_; }
  std::uint16_t mtu() const noexcept;
  /// Whose buffers it receives into, and sends from at least cost.
  MbufPool& pool() const noexcept { return *pool_; }
  /// For the user: "af_xdp on veth0 with own program, 1 queue".
  const std::string& description() const noexcept { return description_; }
  /// For the user: how media finds the worker that owns its UDP port. "RSS by UDP destination port"; "hand-over": the
  /// receiving worker hands over what is not its own, and why the device does not do better; "one worker".
  const std::string& steering() const noexcept { return steering_; }
  /// Whether the device itself steers media to the worker that owns it, as far as its driver says.
  bool steers() const noexcept { return steers_; }
  /// Of a Linux interface it is Linux's word: DPDK's drivers for them do not look.
  LinkState link() const noexcept;
  bool link_up() const noexcept { return link() == LinkState::kUp; }
  /// NUMA node, -1 where the device has none.
  int socket() const noexcept;
  /// Packets that the device lost for want of descriptors or buffers (imissed + rx_nombuf), any thread.
  std::uint64_t missed() const noexcept;

  std::uint16_t rx(std::uint16_t queue, rte_mbuf** packets, std::uint16_t count) const noexcept {
    return rte_eth_rx_burst(id_, queue, packets, count);
  }
  std::uint16_t tx(std::uint16_t queue, rte_mbuf** packets, std::uint16_t count) const noexcept {
    return rte_eth_tx_burst(id_, queue, packets, count);
  }

 private:
  struct TwinTag {};
  EthPort(TwinTag, const EthPort& port, const std::string& interface, unsigned queues, MbufPool& pool);
  void open_linux(unsigned queues, MbufPool& pool);
  void open_memif(unsigned queues, MbufPool& pool);
  void open_other(unsigned queues, MbufPool& pool);
  void adopt(std::unique_ptr<EthernetDevice> device);

  PortOptions options_;
  MbufPool* pool_;
  std::unique_ptr<ResourceLock> lock_;  ///< outlives the device: nobody else may take the interface before
  std::unique_ptr<MemifSocketFile> memif_socket_;
  std::unique_ptr<EthernetDevice> device_;
  std::uint16_t id_ = 0;
  unsigned queues_ = 0;
  MacAddress mac_;
  bool ipv4_checksum_ = false;
  bool udp_checksum_ = false;
  bool partial_checksums_ = false;
  LinuxMode linux_mode_ = LinuxMode::kAuto;
  unsigned interface_index_ = 0;  ///< of a Linux interface, when the port was made
  bool steers_ = false;
  std::string description_;
  std::string steering_;
};

}  // namespace sallyport::drivers
