// One UDP socket of the generator and the peer it speaks to.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "controlplane/config.hpp"
#include "drivers/file_descriptor.hpp"
#include "perf/load/link.hpp"

namespace sallyport::load {

/// An endpoint as the kernel wants it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  SocketAddress() = default;
  explicit SocketAddress(const controlplane::Endpoint& endpoint);
  /// Address and port; not an IPv6 scope.
  bool same_endpoint(const sockaddr_storage& other) const noexcept;
};

struct UdpSocket {
  /// Bound, non-blocking, with a large receive buffer whose overflow is counted. Throws UsageError.
  UdpSocket(const controlplane::Endpoint& local, const std::optional<controlplane::Endpoint>& remote, FlowId id,
            bool is_rtcp);

  drivers::FileDescriptor fd;
  FlowId flow;
  bool rtcp;
  std::optional<SocketAddress> peer;
  std::uint32_t overflowed = 0;  ///< SO_RXQ_OVFL: what the kernel dropped since the socket was made
};

/// Lets this process open `count` files more. Throws UsageError where it may not.
void allow_open_files(std::size_t count);

}  // namespace sallyport::load
