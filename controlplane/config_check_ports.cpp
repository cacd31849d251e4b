#include <algorithm>
#include <filesystem>
#include <map>

#include "controlplane/config_check.hpp"
#include "controlplane/config_values.hpp"

namespace sallyport::controlplane {
namespace {

using drivers::DeviceKind;
using drivers::KernelPathKind;
using drivers::PortOptions;

/// "FILE:LINE" of the first thing of that name, or nothing when this is the first.
class FirstUse {
 public:
  explicit FirstUse(const Faults& faults) : faults_(faults) {}
  std::optional<std::string> earlier(const std::string& thing, const Section& section, unsigned line) {
    const auto [use, fresh] = uses_.emplace(thing, "[" + section.name() + "] at " + faults_.place(line));
    return fresh ? std::nullopt : std::optional(use->second);
  }

 private:
  const Faults& faults_;
  std::map<std::string, std::string> uses_;
};

void only_for(const PortDraft& port, const std::string& key, bool allowed, std::string_view expected, Faults& faults) {
  if (port.section.first(key) != nullptr && !allowed) port.section.fault(faults, key, expected);
}

void check_combination(const PortDraft& port, Faults& faults) {
  const PortOptions& options = port.config.options;
  const bool linux_interface = options.kind == DeviceKind::kLinux;
  const KernelPathKind path = effective_kernel_path(options);
  only_for(port, "mode", linux_interface, "no such key, since the device is not linux:IFACE", faults);
  only_for(port, "role", options.kind == DeviceKind::kMemif, "no such key, since the device is not memif:PATH", faults);
  only_for(port, "mac", !linux_interface, "no such key, since a Linux interface keeps its own MAC address", faults);
  only_for(port, "tap", path == KernelPathKind::kTap, "no such key, since the kernel path is not tap", faults);
  only_for(port, "punt_limit", path == KernelPathKind::kTap, "no such key, since the kernel path is not tap", faults);
  only_for(port, "neighbour", path == KernelPathKind::kNone,
           "no such key, since Linux resolves neighbours on a port with a kernel path", faults);
  const bool dpdk_owned = options.kind == DeviceKind::kPci || options.kind == DeviceKind::kMemif;
  only_for(port, "kernel_path",
           path == KernelPathKind::kNone || (path == KernelPathKind::kShared ? linux_interface : dpdk_owned),
           linux_interface ? "auto, shared or none for a Linux interface"
           : dpdk_owned    ? "auto, tap or none for this device"
                           : "auto or none for this device",
           faults);
}

void check_tap_name(const PortDraft& port, FirstUse& interfaces, Faults& faults) {
  const PortOptions& options = port.config.options;
  if (options.kind == DeviceKind::kLinux) {
    interfaces.earlier(options.device, port.section, port.section.line_of("device"));
    return;
  }
  if (effective_kernel_path(options) != KernelPathKind::kTap) return;
  const std::string name = options.tap_name.empty() ? "sp-" + options.name : options.tap_name;
  if (!is_interface_name(name)) {
    port.section.fault(faults, "tap", "a name, since '" + name + "' is too long for an interface (15 characters)");
  } else if (const auto other = interfaces.earlier(name, port.section, port.section.line_of("tap"))) {
    port.section.fault(faults, "tap", "an interface of its own, '" + name + "' is that of " + *other);
  }
}

void check_gateways(const PortDraft& port, Faults& faults) {
  const PortOptions& options = port.config.options;
  const std::vector<const Entry*> entries = port.section.all("gateway");
  bool seen[2] = {false, false};
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const drivers::IpAddress& gateway = options.gateways[i];
    const auto on_link = [&](const auto& prefix) { return prefix.contains(gateway); };
    const auto own = [&](const auto& prefix) { return prefix.address == gateway; };
    const std::string_view expected = std::exchange(seen[gateway.v6 ? 1 : 0], true) ? "one gateway per address family"
                                      : std::none_of(options.addresses.begin(), options.addresses.end(), on_link)
                                          ? "an address on the link of one of the port's addresses"
                                      : std::any_of(options.addresses.begin(), options.addresses.end(), own)
                                          ? "an address of another host, not our own"
                                          : "";
    if (!expected.empty())
      faults.add_value(entries[i]->line, port.section.name() + ".gateway", entries[i]->value, expected);
  }
}

void check_addresses(const PortDraft& port, FirstUse& addresses, Faults& faults) {
  const std::vector<const Entry*> entries = port.section.all("address");
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto other =
        addresses.earlier(port.config.options.addresses[i].address.to_string(), port.section, entries[i]->line);
    if (!other) continue;
    faults.add_value(entries[i]->line, port.section.name() + ".address", entries[i]->value,
                     "an address used once, it is also in " + *other);
  }
}

/// What tells devices apart: two memif ports with different numbers of queues are still the same socket.
std::string device_identity(const PortOptions& options) {
  std::string device = options.device;
  if (options.kind == DeviceKind::kMemif)
    device = std::filesystem::path(device.substr(0, device.find(','))).lexically_normal();
  std::transform(device.begin(), device.end(), device.begin(), [&](char c) {
    return options.kind == DeviceKind::kPci && c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::to_string(static_cast<int>(options.kind)) + ':' + device;
}

}  // namespace

void check_ports(const Draft& draft, Faults& faults) {
  FirstUse devices(faults);
  FirstUse interfaces(faults);
  FirstUse addresses(faults);
  for (const PortDraft& port : draft.ports) {
    if (!port.sound) continue;
    check_combination(port, faults);
    check_tap_name(port, interfaces, faults);
    check_gateways(port, faults);
    check_addresses(port, addresses, faults);
    const unsigned line = port.section.line_of("device");
    if (const auto other = devices.earlier(device_identity(port.config.options), port.section, line)) {
      port.section.fault(faults, "device", "a device used once, it is also that of " + *other);
    }
  }
}

}  // namespace sallyport::controlplane
