// One port and its kernel path, and an echo for media: the smallest program in which both can be tried out end to end,
// with nothing of the gateway in the way. Test only.
//   port_echo NAME=VALUE...   kind (linux, memif), device, mode (auto, af_xdp, af_packet), role (server, client),
//                             address (repeatable), gateway (repeatable), ports (media), tap
// The lower half of the media ports echoes, the upper half swallows.
// Prints "leftover LINE" and "port LINE", "path LINE", then "READY"; ends on SIGTERM or SIGINT, with its counters.
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <iostream>
#include <thread>

#include "crypto/error.hpp"
#include "drivers/eal.hpp"
#include "drivers/kernel_path.hpp"
#include "drivers/offload.hpp"
#include "drivers/topology.hpp"

namespace {

using namespace sallyport;
using namespace sallyport::drivers;

constexpr std::uint16_t kBurst = 32;
using Burst = std::array<rte_mbuf*, kBurst>;

struct Counters {
  std::uint64_t echoed = 0;
  std::uint64_t swallowed = 0;
  std::uint64_t punted = 0;
  std::uint64_t from_kernel = 0;
  std::uint64_t dropped = 0;
};

template <class T>
T required(std::optional<T> value, const std::string& text) {
  if (!value) throw SetupError("cannot read '" + text + "'");
  return *value;
}

void set(PortOptions& options, const std::string& name, const std::string& value) {
  if (name == "kind")
    options.kind = value == "memif" ? DeviceKind::kMemif : DeviceKind::kLinux;
  else if (name == "device")
    options.device = value;
  else if (name == "mode")
    options.linux_mode = value == "af_xdp"      ? LinuxMode::kAfXdp
                         : value == "af_packet" ? LinuxMode::kAfPacket
                                                : LinuxMode::kAuto;
  else if (name == "role")
    options.memif_server = value == "server";
  else if (name == "address")
    options.addresses.push_back(required(IpPrefix::parse(value), value));
  else if (name == "gateway")
    options.gateways.push_back(required(IpAddress::parse(value), value));
  else if (name == "ports")
    options.media_ports = required(PortRange::parse(value), value);
  else if (name == "tap")
    options.tap_name = value;
  else
    throw SetupError("unknown option '" + name + "'");
}

PortOptions parse(int argc, char** argv) {
  PortOptions options;
  options.name = "echo";
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const std::size_t equals = argument.find('=');
    if (equals == std::string::npos) throw SetupError("expected NAME=VALUE, not '" + argument + "'");
    set(options, argument.substr(0, equals), argument.substr(equals + 1));
  }
  return options;
}

bool is_ours(const PortOptions& options, const std::uint8_t* address, std::size_t length) {
  for (const IpPrefix& prefix : options.addresses) {
    if (prefix.address.length() == length && std::memcmp(prefix.address.bytes.data(), address, length) == 0)
      return true;
  }
  return false;
}

/// The UDP header of media for us, null for everything else.
rte_udp_hdr* media(const PortOptions& options, rte_mbuf* packet) {
  auto* ethernet = rte_pktmbuf_mtod(packet, rte_ether_hdr*);
  rte_udp_hdr* udp = nullptr;
  if (ethernet->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4) && packet->data_len >= 42) {
    auto* ip = reinterpret_cast<rte_ipv4_hdr*>(ethernet + 1);
    const bool plain = ip->version_ihl == 0x45 && (ip->fragment_offset & RTE_BE16(0x3FFF)) == 0;
    if (plain && ip->next_proto_id == IPPROTO_UDP &&
        is_ours(options, reinterpret_cast<std::uint8_t*>(&ip->dst_addr), 4))
      udp = reinterpret_cast<rte_udp_hdr*>(ip + 1);
  } else if (ethernet->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV6) && packet->data_len >= 62) {
    auto* ip = reinterpret_cast<rte_ipv6_hdr*>(ethernet + 1);
    if (ip->proto == IPPROTO_UDP && is_ours(options, ip->dst_addr, 16)) udp = reinterpret_cast<rte_udp_hdr*>(ip + 1);
  }
  return udp != nullptr && options.media_ports.contains(rte_be_to_cpu_16(udp->dst_port)) ? udp : nullptr;
}

/// Exchanges two neighbouring fields of `length` bytes each (the headers are packed, so no references to them).
void swap_fields(void* first, std::size_t length) {
  auto* bytes = static_cast<std::uint8_t*>(first);
  std::swap_ranges(bytes, bytes + length, bytes + length);
}

bool echoes(const PortRange& media_ports, const rte_udp_hdr* udp) {
  const unsigned middle = (media_ports.first + media_ports.last) / 2U;
  return rte_be_to_cpu_16(udp->dst_port) <= middle;
}

/// Sends it back where it came from.
void turn_round(rte_mbuf* packet, rte_udp_hdr* udp) {
  auto* ethernet = rte_pktmbuf_mtod(packet, rte_ether_hdr*);
  swap_fields(ethernet, RTE_ETHER_ADDR_LEN);
  swap_fields(udp, sizeof udp->src_port);
  udp->dgram_cksum = 0;
  if (ethernet->ether_type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) {
    auto* ip = reinterpret_cast<rte_ipv4_hdr*>(ethernet + 1);
    swap_fields(reinterpret_cast<std::uint8_t*>(ip) + offsetof(rte_ipv4_hdr, src_addr), sizeof ip->src_addr);
    udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
  } else {
    auto* ip = reinterpret_cast<rte_ipv6_hdr*>(ethernet + 1);
    swap_fields(ip->src_addr, sizeof ip->src_addr);
    udp->dgram_cksum = rte_ipv6_udptcp_cksum(ip, udp);
  }
  packet->ol_flags = 0;
}

void send(const EthPort& port, rte_mbuf* packet, std::uint64_t& sent, Counters& counters) {
  const bool taken = port.tx(0, &packet, 1) == 1;
  ++(taken ? sent : counters.dropped);
  if (!taken) rte_pktmbuf_free(packet);
}

void handle(const EthPort& port, const KernelPath& path, rte_mbuf* packet, Counters& counters) {
  if (rte_udp_hdr* udp = media(port.options(), packet)) {
    if (echoes(port.options().media_ports, udp)) {
      turn_round(packet, udp);
      return send(port, packet, counters.echoed, counters);
    }
    ++counters.swallowed;
    return rte_pktmbuf_free(packet);
  }
  if (path.twin() == nullptr) {
    rte_pktmbuf_free(packet);  // Linux has seen it itself
    return;
  }
  if (port.partial_checksums()) complete_checksums(packet);
  send(*path.twin(), packet, counters.punted, counters);
}

/// One look at every queue; returns how many packets there were.
unsigned poll(const EthPort& port, const KernelPath& path, Counters& counters) {
  Burst burst;
  const unsigned received = port.rx(0, burst.data(), kBurst);
  for (unsigned i = 0; i < received; ++i) handle(port, path, burst[i], counters);
  if (path.twin() == nullptr) return received;
  const unsigned from_kernel = path.twin()->rx(0, burst.data(), kBurst);
  for (unsigned i = 0; i < from_kernel; ++i) send(port, burst[i], counters.from_kernel, counters);
  return received + from_kernel;
}

/// SIGTERM and SIGINT, blocked before any thread starts and asked for between polls.
sigset_t stop_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

bool stop_wanted(const sigset_t& signals) {
  const timespec at_once{};
  return sigtimedwait(&signals, nullptr, &at_once) > 0;
}

void run(const PortOptions& options, const sigset_t& signals) {
  for (const std::string& line : remove_leftovers(options)) std::cout << "leftover " << line << "\n";
  EalOptions eal_options;
  eal_options.memory_mb = 128;
  const Eal eal(eal_options);
  MbufPool pool(16383, -1);
  const EthPort port(options, 1, pool);
  std::cout << "port " << port.description() << "\n";
  const auto path = make_kernel_path(port, 1, pool);
  std::cout << "path " << path->description() << "\nREADY" << std::endl;
  Counters counters;
  while (!stop_wanted(signals)) {
    if (poll(port, *path, counters) == 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
  std::cout << "echoed " << counters.echoed << " swallowed " << counters.swallowed << " punted " << counters.punted
            << " from_kernel " << counters.from_kernel << " dropped " << counters.dropped << " missed " << port.missed()
            << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  try {
    run(parse(argc, argv), signals);
  } catch (const SetupError& error) {
    std::cerr << "port_echo: " << error.what() << "\n";
    return 2;
  }
  return 0;
}
