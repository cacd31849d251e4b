#include "drivers/shared_path.hpp"

#include "crypto/error.hpp"
#include "drivers/linux_interface.hpp"
#include "drivers/xdp_program.hpp"

namespace sallyport::drivers {
namespace {

/// The interface of a port that may be shared.
const std::string& shared_interface(const PortOptions& options) {
  if (options.kind != DeviceKind::kLinux) {
    throw SetupError("port '" + options.name + "': only a Linux interface can be shared with Linux, expected " +
                     "kernel path tap or none");
  }
  return options.device;
}

}  // namespace

SharedPath::SharedPath(const EthPort& port)
    : interface_(shared_interface(port.options())),
      input_("inet", nft_table_name(interface_),
             media_input_chain(interface_, port.options().addresses, port.options().media_ports)),
      reserved_(interface_, port.options().media_ports) {
  const PortOptions& options = port.options();
  const std::string table = nft_table_name(interface_);
  description_ = "shared with Linux on " + interface_ + ": media ";
  if (port.linux_mode() == LinuxMode::kAfXdp) {
    fill_media_addresses(interface_index(interface_), interface_, options.addresses, options.media_ports);
    description_ += "redirected by XDP";
  } else {
    ingress_.emplace("netdev", table, media_ingress_chain(interface_, options.addresses, options.media_ports));
    description_ += "dropped for Linux by nft table netdev " + table;
  }
  const std::string ports = std::to_string(options.media_ports.first) + "-" + std::to_string(options.media_ports.last);
  description_ += ", media fragments by nft table inet " + table + ", ports " + ports +
                  (reserved_.in_force() ? " reserved" : " NOT reserved (ip_local_reserved_ports cannot be written)");
  for (const IpAddress& address : missing_addresses(interface_, options.addresses)) {
    description_ += "; " + interface_ + " does not have " + address.to_string() + ", nobody answers for it";
  }
}

}  // namespace sallyport::drivers
