// What a gateway that was killed could not undo itself. TAP interfaces are not among it: the kernel removes them with
// the process.
#include "drivers/device_args.hpp"
#include "drivers/kernel_path.hpp"
#include "drivers/linux_interface.hpp"
#include "drivers/memif_socket_file.hpp"
#include "drivers/nft.hpp"
#include "drivers/reserved_ports.hpp"
#include "drivers/resource_lock.hpp"
#include "drivers/tap_path.hpp"
#include "drivers/xdp_program.hpp"

namespace sallyport::drivers {
namespace {

using Lines = std::vector<std::string>;

/// The same names serve a shared interface and a TAP.
void remove_rules(const std::string& interface, Lines& removed) {
  const auto lock = ResourceLock::interface(interface);  // what a living gateway uses is not a leftover
  if (const unsigned index = interface_index(interface); index != 0 && detach_xdp(index))
    removed.push_back("removed a left-over XDP program from " + interface);
  const std::string table = nft_table_name(interface);
  for (const char* family : {"netdev", "inet"}) {
    if (remove_nft_table(family, table)) removed.push_back("removed a left-over nft table " + (family + (" " + table)));
  }
  if (release_reserved_ports(interface)) removed.push_back("gave back the media ports reserved for " + interface);
}

}  // namespace

Lines remove_leftovers(const PortOptions& options) {
  Lines removed;
  switch (options.kind) {
    case DeviceKind::kLinux:
      remove_rules(options.device, removed);
      break;
    case DeviceKind::kMemif: {
      const std::string path = memif_socket(options).path;
      if (options.memif_server && remove_stale_memif_socket(path))
        removed.push_back("removed the left-over memif socket " + path);
      remove_rules(tap_name(options), removed);
      break;
    }
    case DeviceKind::kPci:
      remove_rules(tap_name(options), removed);
      break;
    case DeviceKind::kRing:
    case DeviceKind::kPcap:
      break;
  }
  return removed;
}

}  // namespace sallyport::drivers
