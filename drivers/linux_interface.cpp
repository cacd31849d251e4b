#include "drivers/linux_interface.hpp"

#include <ifaddrs.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "drivers/file_descriptor.hpp"

namespace sallyport::drivers {
namespace {

std::optional<IpAddress> to_address(const sockaddr* socket_address) {
  IpAddress address;
  if (socket_address == nullptr) return std::nullopt;
  if (socket_address->sa_family == AF_INET) {
    std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in*>(socket_address)->sin_addr, 4);
    return address;
  }
  if (socket_address->sa_family == AF_INET6) {
    address.v6 = true;
    std::memcpy(address.bytes.data(), &reinterpret_cast<const sockaddr_in6*>(socket_address)->sin6_addr, 16);
    return address;
  }
  return std::nullopt;
}

}  // namespace

unsigned interface_index(const std::string& interface) noexcept { return if_nametoindex(interface.c_str()); }

bool interface_running(const std::string& interface) noexcept {
  ifreq request{};
  std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
  const FileDescriptor socket_fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (ioctl(socket_fd.get(), SIOCGIFFLAGS, &request) != 0) return false;
  constexpr int kRunning = IFF_UP | IFF_RUNNING;
  return (request.ifr_flags & kRunning) == kRunning;
}

InterfaceQueues interface_queues(const std::string& interface) noexcept {
  ethtool_channels channels{};
  channels.cmd = ETHTOOL_GCHANNELS;
  ifreq request{};
  std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(&channels);
  const FileDescriptor socket_fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  InterfaceQueues queues;
  if (ioctl(socket_fd.get(), SIOCETHTOOL, &request) != 0) return queues;  // a driver without channels has one
  queues.receive = std::max(1U, channels.rx_count + channels.combined_count);
  queues.combined = std::max(1U, channels.combined_count);
  return queues;
}

std::vector<IpAddress> missing_addresses(const std::string& interface, const std::vector<IpPrefix>& wanted) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
  std::vector<IpAddress> missing;
  for (const IpPrefix& prefix : wanted) {
    bool found = false;
    for (const ifaddrs* entry = list; entry != nullptr && !found; entry = entry->ifa_next) {
      found = interface == entry->ifa_name && to_address(entry->ifa_addr) == prefix.address;
    }
    if (!found) missing.push_back(prefix.address);
  }
  return missing;
}

std::string network_namespace_id() {
  std::uint64_t cookie = 0;
  socklen_t length = sizeof cookie;
  const FileDescriptor any(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  getsockopt(any.get(), SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length);
  return std::to_string(cookie);
}

}  // namespace sallyport::drivers
