#include "controlplane/netlink_socket.hpp"

#include <linux/neighbour.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

/// The kernel fills at most 32 KiB per datagram of a dump.
constexpr std::size_t kBuffer = 32768;

[[noreturn]] void fail(const char* what) {
  throw SetupError(std::string("netlink: ") + what + ": " + std::generic_category().message(errno) +
                   "; expected a Linux kernel that answers rtnetlink");
}

drivers::FileDescriptor open_socket(std::uint32_t groups, int flags) {
  drivers::FileDescriptor fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE));
  if (!fd) fail("socket");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = groups;
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
  return fd;
}

/// One datagram from the kernel; what anybody else sends is left out.
ssize_t receive(int socket, std::array<std::uint8_t, kBuffer>& buffer) {
  for (;;) {
    sockaddr_nl sender{};
    socklen_t length = sizeof sender;
    const ssize_t count =
        ::recvfrom(socket, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&sender), &length);
    if (count < 0 && errno == EINTR) continue;
    if (count >= 0 && sender.nl_pid != 0) continue;
    return count;
  }
}

std::uint8_t family(const drivers::IpAddress& address) { return address.v6 ? AF_INET6 : AF_INET; }

ndmsg neighbour_header(unsigned interface, const drivers::IpAddress& address) {
  ndmsg header{};
  header.ndm_family = family(address);
  header.ndm_ifindex = static_cast<int>(interface);
  return header;
}

}  // namespace

NetlinkQueries::NetlinkQueries() : socket_(open_socket(0, 0)) {
  // Answers come from within the request's own system call; this only bounds the unexpected.
  const timeval limit{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

bool NetlinkQueries::ask(NetlinkRequest request, const std::function<void(const nlmsghdr&, Bytes)>& each) {
  const std::uint32_t sequence = ++sequence_;
  const Bytes bytes = request.finish(sequence);
  nlmsghdr asked;
  std::memcpy(&asked, bytes.data(), sizeof asked);
  const bool dump = (asked.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  if (::send(socket_.get(), bytes.data(), bytes.size(), 0) < 0) return false;
  std::array<std::uint8_t, kBuffer> buffer;
  for (bool done = false, good = true;;) {
    const ssize_t count = receive(socket_.get(), buffer);
    if (count <= 0) return false;
    for_each_message(Bytes(buffer).first(static_cast<std::size_t>(count)), [&](const nlmsghdr& header, Bytes payload) {
      if (header.nlmsg_seq != sequence || done) return;
      if (header.nlmsg_type == NLMSG_ERROR) {
        done = true;
        good = read_fixed<std::int32_t>(payload).value_or(-1) == 0;
      } else if (header.nlmsg_type == NLMSG_DONE) {
        done = true;
      } else {
        each(header, payload);
        done = !dump;
      }
    });
    if (done) return good;
  }
}

std::optional<Route> NetlinkQueries::route_to(const drivers::IpAddress& destination, unsigned interface) {
  rtmsg header{};
  header.rtm_family = family(destination);
  header.rtm_dst_len = static_cast<std::uint8_t>(8 * destination.length());
  NetlinkRequest request(RTM_GETROUTE, 0, header);
  request.add(RTA_DST, destination);
  if (interface != 0) request.add(RTA_OIF, interface);
  std::optional<Route> route;
  ask(std::move(request), [&](const nlmsghdr& answer, Bytes payload) {
    const auto fixed = read_fixed<rtmsg>(payload);
    if (answer.nlmsg_type == RTM_NEWROUTE && fixed && fixed->rtm_type == RTN_UNICAST) route = read_route(payload);
  });
  return route;
}

std::optional<NeighbourEntry> NetlinkQueries::neighbour(unsigned interface, const drivers::IpAddress& address) {
  NetlinkRequest request(RTM_GETNEIGH, 0, neighbour_header(interface, address));
  request.add(NDA_DST, address);
  std::optional<NeighbourEntry> entry;
  ask(std::move(request), [&](const nlmsghdr& answer, Bytes payload) {
    if (answer.nlmsg_type == RTM_NEWNEIGH) entry = read_neighbour(payload);
  });
  return entry;
}

void NetlinkQueries::each_neighbour(const std::function<void(const NeighbourEntry&)>& each) {
  ask(NetlinkRequest(RTM_GETNEIGH, NLM_F_DUMP, ndmsg{}), [&](const nlmsghdr& answer, Bytes payload) {
    const auto entry = read_neighbour(payload);
    if (answer.nlmsg_type == RTM_NEWNEIGH && entry) each(*entry);
  });
}

void NetlinkQueries::use_neighbour(unsigned interface, const drivers::IpAddress& address) {
  ndmsg header = neighbour_header(interface, address);
  header.ndm_state = NUD_NONE;
  header.ndm_flags = NTF_USE;
  NetlinkRequest request(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_ACK, header);
  request.add(NDA_DST, address);
  ask(std::move(request), [](const nlmsghdr&, Bytes) {});
}

drivers::FileDescriptor open_netlink_events(int receive_buffer) {
  drivers::FileDescriptor fd =
      open_socket(RTMGRP_NEIGH | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_LINK, SOCK_NONBLOCK);
  // Beyond net.core.rmem_max where we may, else as much as we may.
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) != 0) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  return fd;
}

bool read_netlink_events(int socket, bool& overrun, const std::function<void(const nlmsghdr&, Bytes)>& each) {
  std::array<std::uint8_t, kBuffer> buffer;
  const ssize_t count = receive(socket, buffer);
  if (count < 0 && errno == ENOBUFS) {
    overrun = true;
    return true;
  }
  if (count <= 0) return false;
  for_each_message(Bytes(buffer).first(static_cast<std::size_t>(count)), each);
  return true;
}

}  // namespace sallyport::controlplane
