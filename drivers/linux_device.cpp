#include "drivers/linux_device.hpp"

#include "crypto/error.hpp"
#include "drivers/linux_interface.hpp"
#include "drivers/xdp_program.hpp"

namespace sallyport::drivers {
namespace {

std::string whose(const PortOptions& options) { return "port '" + options.name + "'"; }

std::string count_of_queues(unsigned queues) { return std::to_string(queues) + (queues == 1 ? " queue" : " queues"); }

/// What keeps AF_XDP from serving the interface, found out before anything is touched; empty: nothing.
std::string obstacle_to_af_xdp(const PortOptions& options, unsigned workers) {
  const auto attached = attached_xdp(interface_index(options.device));
  if (attached) return "another XDP program ('" + attached->name + "') is on it";
  // Every receive queue needs a socket that a worker polls: what arrives on another would go to Linux and be lost.
  // Our own program on queues that are not combined ones (a veth's) serves one of them only.
  const InterfaceQueues queues = interface_queues(options.device);
  const bool pairs = queues.combined >= queues.receive;
  const unsigned most = pairs ? workers : 1;
  if (queues.receive > most) {
    return "it spreads over " + count_of_queues(queues.receive) + ", expected at most " + std::to_string(most) +
           " (ethtool -L " + options.device + (pairs ? " combined " : " rx ") + std::to_string(most) + ")";
  }
  return "";
}

LinuxDevice open_af_xdp(const PortOptions& options, DeviceSetup setup, MbufPool& pool) {
  if (const std::string obstacle = obstacle_to_af_xdp(options, setup.queues); !obstacle.empty()) {
    throw SetupError(whose(options) + ": AF_XDP cannot have interface '" + options.device + "': " + obstacle);
  }
  setup.queues = interface_queues(options.device).receive;
  const XdpProgramFile program;  // read by the driver while it sets up the queues
  LinuxDevice linux_device;
  try {
    linux_device.device = std::make_unique<EthernetDevice>(
        EthernetDevice::make_virtual(whose(options), af_xdp_device(options, setup.queues, program.path())));
    linux_device.device->start(setup, pool);
  } catch (const SetupError&) {
    linux_device.device.reset();
    detach_xdp(interface_index(options.device));  // the driver may have failed after it attached the program
    throw;
  }
  linux_device.mode = LinuxMode::kAfXdp;
  linux_device.description =
      "af_xdp on " + options.device + " with own program, " + count_of_queues(linux_device.device->queues());
  return linux_device;
}

LinuxDevice open_af_packet(const PortOptions& options, const DeviceSetup& setup, MbufPool& pool) {
  LinuxDevice linux_device;
  linux_device.device =
      std::make_unique<EthernetDevice>(EthernetDevice::make_virtual(whose(options), af_packet_device(options)));
  linux_device.device->start(setup, pool);
  linux_device.mode = LinuxMode::kAfPacket;
  linux_device.description = "af_packet on " + options.device + ", 1 queue";
  return linux_device;
}

}  // namespace

LinuxDevice open_linux_device(const PortOptions& options, const DeviceSetup& setup, MbufPool& pool) {
  if (options.linux_mode == LinuxMode::kAfPacket) return open_af_packet(options, setup, pool);
  if (options.linux_mode == LinuxMode::kAfXdp) return open_af_xdp(options, setup, pool);
  std::string reason;
  try {
    return open_af_xdp(options, setup, pool);
  } catch (const SetupError& error) {
    reason = error.what();
  }
  LinuxDevice linux_device = open_af_packet(options, setup, pool);
  linux_device.description += ", because AF_XDP failed: " + reason;
  return linux_device;
}

}  // namespace sallyport::drivers
