// The kernel path of a port that is a Linux interface: Linux has it all and is kept away from media.
#pragma once

#include <optional>

#include "drivers/kernel_path.hpp"
#include "drivers/nft.hpp"
#include "drivers/reserved_ports.hpp"

namespace sallyport::drivers {

class SharedPath final : public KernelPath {
 public:
  /// Throws SetupError where the port is no Linux interface or the kernel refuses a rule.
  explicit SharedPath(const EthPort& port);
  KernelPathKind kind() const noexcept override { return KernelPathKind::kShared; }
  const std::string& description() const noexcept override { return description_; }
  const std::string& interface() const noexcept override { return interface_; }

 private:
  std::string interface_;
  std::string description_;
  NftTable input_;
  std::optional<NftTable> ingress_;  ///< AF_PACKET only: it merely listens, so Linux would take media too
  ReservedPorts reserved_;
};

}  // namespace sallyport::drivers
