#include "drivers/tap_path.hpp"

#include <net/if.h>

#include <csignal>

#include "crypto/error.hpp"
#include "drivers/linux_interface.hpp"
#include "drivers/rtnetlink.hpp"

namespace sallyport::drivers {
namespace {

std::unique_ptr<EthPort> make_twin(const EthPort& port, const std::string& interface, unsigned queues, MbufPool& pool) {
  if (interface_index(interface) != 0) {
    throw SetupError("port '" + port.options().name + "': there is an interface '" + interface +
                     "' already, expected a name for the TAP that is free");
  }
  // The TAP driver has the kernel send a signal per frame, and the kernel falls back to SIGIO where signals pile up:
  // that would end the process.
  std::signal(SIGIO, SIG_IGN);
  auto twin = EthPort::make_tap_twin(port, interface, queues, pool);
  if (twin->queues() < queues) {
    throw SetupError("port '" + port.options().name + "': its TAP interface has " + std::to_string(twin->queues()) +
                     " queues, expected " + std::to_string(queues) + ", one per worker; use fewer workers");
  }
  return twin;
}

/// Behind what the host's administrator has set: a route with a lower metric wins.
void add_gateway(Rtnetlink& netlink, const std::string& interface, const IpAddress& gateway) {
  constexpr unsigned kFirstMetric = 500;
  constexpr unsigned kTries = 32;  // one per port with a gateway
  for (unsigned metric = kFirstMetric; metric < kFirstMetric + kTries; ++metric) {
    if (netlink.add_default_route(interface, gateway, metric)) return;
  }
  throw SetupError("cannot route through gateway " + gateway.to_string() + " on '" + interface +
                   "': there are too many default routes");
}

}  // namespace

std::string tap_name(const PortOptions& options) {
  std::string name = options.tap_name.empty() ? "sp-" + options.name : options.tap_name;
  if (name.size() >= IFNAMSIZ) {
    throw SetupError("port '" + options.name + "': '" + name +
                     "' is too long for an interface, expected a tap name of at most 15 characters");
  }
  return name;
}

TapPath::TapPath(const EthPort& port, unsigned queues, MbufPool& pool)
    : interface_(tap_name(port.options())),
      input_("inet", nft_table_name(interface_),
             media_input_chain(interface_, port.options().addresses, port.options().media_ports)),
      reserved_(interface_, port.options().media_ports),
      twin_(make_twin(port, interface_, queues, pool)) {
  const PortOptions& options = port.options();
  Rtnetlink netlink;
  netlink.set_up(interface_, port.mtu());
  description_ = twin_->description() + " is the port's twin, with";
  for (const IpPrefix& address : options.addresses) {
    netlink.add_address(interface_, address);
    description_ += " " + address.to_string();
  }
  for (const IpAddress& gateway : options.gateways) {
    add_gateway(netlink, interface_, gateway);
    description_ += ", default route via " + gateway.to_string();
  }
}

}  // namespace sallyport::drivers
