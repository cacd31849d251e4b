#include "drivers/kernel_path.hpp"

#include "drivers/linux_interface.hpp"
#include "drivers/shared_path.hpp"
#include "drivers/tap_path.hpp"
#include "drivers/xdp_program.hpp"

namespace sallyport::drivers {
namespace {

class NoPath final : public KernelPath {
 public:
  explicit NoPath(const EthPort& port) {
    if (port.linux_mode() != LinuxMode::kAfXdp) return;
    const PortOptions& options = port.options();
    fill_media_addresses(interface_index(options.device), options.device, options.addresses, options.media_ports);
  }
  KernelPathKind kind() const noexcept override { return KernelPathKind::kNone; }
  const std::string& description() const noexcept override { return description_; }
  const std::string& interface() const noexcept override { return interface_; }

 private:
  std::string description_ = "none: nobody answers ARP or ping";
  std::string interface_;
};

}  // namespace

KernelPathKind effective_kernel_path(const PortOptions& options) {
  if (options.kernel_path != KernelPathKind::kAuto) return options.kernel_path;
  switch (options.kind) {
    case DeviceKind::kLinux:
      return KernelPathKind::kShared;
    case DeviceKind::kPci:
    case DeviceKind::kMemif:
      return KernelPathKind::kTap;
    case DeviceKind::kRing:
    case DeviceKind::kPcap:
      break;
  }
  return KernelPathKind::kNone;
}

std::unique_ptr<KernelPath> make_kernel_path(const EthPort& port, unsigned queues, MbufPool& pool) {
  switch (effective_kernel_path(port.options())) {
    case KernelPathKind::kShared:
      return std::make_unique<SharedPath>(port);
    case KernelPathKind::kTap:
      return std::make_unique<TapPath>(port, queues, pool);
    default:
      return std::make_unique<NoPath>(port);
  }
}

}  // namespace sallyport::drivers
