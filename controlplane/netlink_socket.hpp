// Questions to the kernel about routes and neighbours of this network namespace, answered at once; and the socket on
// which it tells of changes. Control thread.
#pragma once

#include <functional>
#include <optional>

#include "controlplane/netlink_message.hpp"
#include "drivers/file_descriptor.hpp"

namespace sallyport::controlplane {

class NetlinkQueries {
 public:
  /// Throws SetupError.
  NetlinkQueries();

  /// Where a packet to `destination` would go; nothing where there is no route. `interface`: needed for link-local
  /// destinations only, else 0.
  std::optional<Route> route_to(const drivers::IpAddress& destination, unsigned interface = 0);
  /// What the kernel knows of one neighbour.
  std::optional<NeighbourEntry> neighbour(unsigned interface, const drivers::IpAddress& address);
  /// Everything that it knows.
  void each_neighbour(const std::function<void(const NeighbourEntry&)>& each);
  /// Tells the kernel that the neighbour is in use: it resolves or probes it by itself (NTF_USE).
  void use_neighbour(unsigned interface, const drivers::IpAddress& address);

 private:
  /// Sends a request and hands every message of the answer to `each`. False where the kernel answered with an error.
  bool ask(NetlinkRequest request, const std::function<void(const nlmsghdr&, Bytes)>& each);
  drivers::FileDescriptor socket_;
  std::uint32_t sequence_ = 0;
};

/// Non-blocking socket that hears of changes to neighbours, routes and links. Throws SetupError.
/// `receive_buffer`: bytes that the kernel may queue; more changes than fit are lost and reported as ENOBUFS.
drivers::FileDescriptor open_netlink_events(int receive_buffer);

/// Reads what is queued, at most one datagram. False where there is nothing left; `overrun` is set where some were
/// lost.
bool read_netlink_events(int socket, bool& overrun, const std::function<void(const nlmsghdr&, Bytes)>& each);

}  // namespace sallyport::controlplane
