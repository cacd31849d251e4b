// Takes a Linux interface for a port: AF_XDP with our own program where that can be had, else AF_PACKET with the reason
// why. Used by EthPort only, on the control thread.
#pragma once

#include <memory>
#include <string>

#include "drivers/ethernet_device.hpp"

namespace sallyport::drivers {

struct LinuxDevice {
  std::unique_ptr<EthernetDevice> device;  ///< started
  LinuxMode mode = LinuxMode::kAfXdp;      ///< never kAuto
  std::string description;                 ///< "af_xdp on veth0 with own program, 1 queue"
};

/// Throws SetupError where options.linux_mode leaves no choice and fails, or AF_PACKET fails too.
LinuxDevice open_linux_device(const PortOptions& options, const DeviceSetup& setup, MbufPool& pool);

}  // namespace sallyport::drivers
