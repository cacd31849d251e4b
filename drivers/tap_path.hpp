// The kernel path of a port that belongs to DPDK: a TAP interface with its MAC and addresses, through which Linux lives
// on that port. The punt stage moves the frames.
#pragma once

#include "drivers/kernel_path.hpp"
#include "drivers/nft.hpp"
#include "drivers/reserved_ports.hpp"

namespace sallyport::drivers {

/// options.tap_name, or "sp-" and the port's name. Throws SetupError where it is too long for an interface.
std::string tap_name(const PortOptions& options);

class TapPath final : public KernelPath {
 public:
  /// Throws SetupError where the TAP cannot be made (its name is taken, no rights) or Linux refuses an address.
  TapPath(const EthPort& port, unsigned queues, MbufPool& pool);
  KernelPathKind kind() const noexcept override { return KernelPathKind::kTap; }
  const std::string& description() const noexcept override { return description_; }
  const std::string& interface() const noexcept override { return interface_; }
  const EthPort* twin() const noexcept override { return twin_.get(); }

 private:
  std::string interface_;
  std::string description_;
  NftTable input_;  ///< fragments of media come this way too, since they have no port to be told by
  ReservedPorts reserved_;
  std::unique_ptr<EthPort> twin_;
};

}  // namespace sallyport::drivers
