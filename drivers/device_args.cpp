#include "drivers/device_args.hpp"

#include <algorithm>
#include <bit>
#include <charconv>

#include "crypto/error.hpp"

namespace sallyport::drivers {
namespace {

constexpr unsigned kMemifMostQueues = 256;
constexpr unsigned kMemifMostLog2Ring = 14;
/// AF_PACKET locks its rings in memory, 2 KB a frame and twice (rx, tx); 2048 are the 8 MB that any process may lock.
constexpr unsigned kAfPacketMostFrames = 2048;

[[noreturn]] void refuse(const PortOptions& options, const std::string& expected) {
  throw SetupError("port '" + options.name + "': device '" + options.device + "': expected " + expected);
}

/// A value inside DPDK's argument syntax.
const std::string& plain(const PortOptions& options, const std::string& value, const char* what) {
  const bool bad =
      value.empty() || std::any_of(value.begin(), value.end(), [](char c) {
        return c == ',' || c == '=' || c == '[' || c == ']' || c == '"' || static_cast<unsigned char>(c) <= ' ';
      });
  if (bad) refuse(options, std::string(what) + " without blanks, commas, quotes, brackets and '='");
  return value;
}

std::string device_name(const char* driver, const PortOptions& options) {
  constexpr std::size_t kLongest = 40;  // RTE_DEV_NAME_MAX_LEN is 64, the driver's part included
  if (options.name.empty() || options.name.size() > kLongest) {
    throw SetupError("port name '" + options.name + "': expected 1 to 40 characters");
  }
  return std::string(driver) + "_" + options.name;
}

}  // namespace

VirtualDevice af_xdp_device(const PortOptions& options, unsigned queues, const std::string& program_path) {
  return {device_name("net_af_xdp", options), "iface=" + plain(options, options.device, "an interface name") +
                                                  ",start_queue=0,queue_count=" + std::to_string(queues) +
                                                  ",xdp_prog=" + program_path};
}

VirtualDevice af_packet_device(const PortOptions& options) {
  const unsigned frames = std::min<unsigned>(options.descriptors, kAfPacketMostFrames);
  return {device_name("net_af_packet", options),
          "iface=" + plain(options, options.device, "an interface name") +
              ",qpairs=1,blocksz=4096,framesz=2048,framecnt=" + std::to_string(frames)};
}

MemifSocket memif_socket(const PortOptions& options) {
  constexpr std::string_view kQueues = ",queues=";
  const std::size_t comma = options.device.find(',');
  MemifSocket socket{options.device.substr(0, comma), 1};
  if (comma != std::string::npos) {
    const std::string_view rest = std::string_view(options.device).substr(comma);
    const std::string_view number = rest.starts_with(kQueues) ? rest.substr(kQueues.size()) : std::string_view{};
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), socket.queues);
    if (error != std::errc{} || end != number.data() + number.size() || socket.queues == 0 ||
        socket.queues > kMemifMostQueues) {
      refuse(options, "a socket path, or PATH,queues=N with N from 1 to 256");
    }
  }
  plain(options, socket.path, "an absolute socket path");
  if (socket.path.front() != '/') refuse(options, "an absolute socket path");
  return socket;
}

VirtualDevice memif_device(const PortOptions& options, const MacAddress& mac) {
  // The device wants the ring's size as a power of two, by its exponent.
  const unsigned log2_ring =
      std::min<unsigned>(static_cast<unsigned>(std::bit_width(options.descriptors)) - 1U, kMemifMostLog2Ring);
  return {device_name("net_memif", options), std::string("role=") + (options.memif_server ? "server" : "client") +
                                                 ",id=0,socket=" + memif_socket(options).path +
                                                 ",socket-abstract=no,zero-copy=no,rsize=" + std::to_string(log2_ring) +
                                                 ",mac=" + mac.to_string()};
}

VirtualDevice pcap_device(const PortOptions& options) {
  const std::size_t comma = options.device.find(',');
  if (comma == std::string::npos) refuse(options, "two files, \"in.pcap,out.pcap\"");
  const std::string in = options.device.substr(0, comma);
  const std::string out = options.device.substr(comma + 1);
  return {device_name("net_pcap", options), "rx_pcap=" + plain(options, in, "an input file name") +
                                                ",tx_pcap=" + plain(options, out, "an output file name")};
}

VirtualDevice tap_device(const std::string& interface, const MacAddress& mac) {
  return {"net_tap_" + interface, "iface=" + interface + ",mac=" + mac.to_string()};
}

}  // namespace sallyport::drivers
