#include "perf/load/udp_socket.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "perf/load/options.hpp"

namespace sallyport::load {
namespace {

constexpr int kReceiveBuffer = 4 << 20;  // a second of 1,000 packets and more, while this thread is off its core
constexpr int kSendBuffer = 1 << 20;

void set_buffers(int fd) {
  // FORCE goes beyond net.core.rmem_max, but only for root; the other one takes what it gets.
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &kReceiveBuffer, sizeof kReceiveBuffer) != 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  }
  if (::setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &kSendBuffer, sizeof kSendBuffer) != 0) {
    ::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  }
}

}  // namespace

SocketAddress::SocketAddress(const controlplane::Endpoint& endpoint) {
  if (endpoint.address.v6) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(endpoint.port);
    std::memcpy(&address.sin6_addr, endpoint.address.bytes.data(), sizeof address.sin6_addr);
    std::memcpy(&storage, &address, length = sizeof address);
  } else {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    std::memcpy(&address.sin_addr, endpoint.address.bytes.data(), sizeof address.sin_addr);
    std::memcpy(&storage, &address, length = sizeof address);
  }
}

bool SocketAddress::same_endpoint(const sockaddr_storage& other) const noexcept {
  if (storage.ss_family != other.ss_family) return false;
  if (storage.ss_family == AF_INET) {
    sockaddr_in ours, theirs;
    std::memcpy(&ours, &storage, sizeof ours);
    std::memcpy(&theirs, &other, sizeof theirs);
    return ours.sin_port == theirs.sin_port && ours.sin_addr.s_addr == theirs.sin_addr.s_addr;
  }
  sockaddr_in6 ours, theirs;
  std::memcpy(&ours, &storage, sizeof ours);
  std::memcpy(&theirs, &other, sizeof theirs);
  return ours.sin6_port == theirs.sin6_port && std::memcmp(&ours.sin6_addr, &theirs.sin6_addr, 16) == 0;
}

UdpSocket::UdpSocket(const controlplane::Endpoint& local, const std::optional<controlplane::Endpoint>& remote,
                     FlowId id, bool is_rtcp)
    : fd(::socket(local.address.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)),
      flow(id),
      rtcp(is_rtcp) {
  if (remote) peer.emplace(*remote);
  const SocketAddress address(local);
  const int on = 1;
  if (fd.get() < 0 || ::setsockopt(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0) {
    throw UsageError("cannot receive at " + local.to_string() + ": " + std::strerror(errno) +
                     ", expected an address of this host (in this network namespace) and a free port");
  }
  set_buffers(fd.get());
}

void allow_open_files(std::size_t count) {
  constexpr std::size_t kOthers = 64;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t wanted = count + kOthers;
  if (limit.rlim_cur >= wanted) return;
  const rlimit raised{wanted, std::max(limit.rlim_max, wanted)};
  if (::setrlimit(RLIMIT_NOFILE, &raised) != 0) {
    throw UsageError("these streams need " + std::to_string(count) + " sockets, and this process may open " +
                     std::to_string(limit.rlim_max) + " files: expected root, or a higher limit (ulimit -n)");
  }
}

}  // namespace sallyport::load
