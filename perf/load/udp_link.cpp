#include "perf/load/udp_link.hpp"

#include <poll.h>
#include <sys/epoll.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "perf/load/options.hpp"

namespace sallyport::load {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

std::size_t place_of(FlowId flow, bool rtcp) noexcept {
  return static_cast<std::size_t>(flow.side) * 2 + static_cast<std::size_t>(rtcp);
}

controlplane::Endpoint next_port(controlplane::Endpoint endpoint) {
  ++endpoint.port;
  return endpoint;
}

std::optional<controlplane::Endpoint> next_port(const std::optional<controlplane::Endpoint>& endpoint) {
  if (!endpoint) return std::nullopt;
  return next_port(*endpoint);
}

/// The count of lost datagrams that the kernel attaches once there are any.
void read_overflow(msghdr& message, std::uint32_t& overflowed) noexcept {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_RXQ_OVFL) {
      std::memcpy(&overflowed, CMSG_DATA(part), sizeof overflowed);
    }
  }
}

/// The kernel has no room just now; anything else is for the user.
bool is_temporary(int error) noexcept { return error == EAGAIN || error == ENOBUFS || error == EINTR; }

}  // namespace

UdpLink::UdpLink(const std::vector<Flow>& flows)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)), received_(kBurst), outgoing_(kBurst) {
  allow_open_files(flows.size() * 2);
  for (const Flow& flow : flows) {
    add(flow.local, flow.remote, flow.id, false);
    if (flow.rtcp == dataplane::RtcpMode::kPair) add(next_port(flow.local), next_port(flow.remote), flow.id, true);
  }
  for (Buffer& buffer : outgoing_) free_.push_back(&buffer);
}

void UdpLink::add(const controlplane::Endpoint& local, const std::optional<controlplane::Endpoint>& remote, FlowId flow,
                  bool rtcp) {
  const auto number = static_cast<std::uint32_t>(sockets_.size());
  const UdpSocket& socket = sockets_.emplace_back(local, remote, flow, rtcp);
  if (index_.size() <= flow.stream) index_.resize(flow.stream + 1, {kNone, kNone, kNone, kNone});
  index_[flow.stream][place_of(flow, rtcp)] = number;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = number;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, socket.fd.get(), &event) != 0) {
    throw UsageError("cannot watch " + local.to_string() + ": " + std::strerror(errno));
  }
}

std::size_t UdpLink::allocate(std::span<Packet> packets) noexcept {
  std::size_t count = 0;
  for (; count < packets.size() && !free_.empty(); ++count) {
    Buffer* buffer = free_.back();
    free_.pop_back();
    packets[count] = Packet{.data = buffer->data(), .length = 0, .room = kBufferSize, .buffer = buffer};
  }
  return count;
}

std::uint32_t UdpLink::socket_of(const Packet& packet) const noexcept {
  return index_[packet.flow.stream][place_of(packet.flow, packet.rtcp)];
}

std::size_t UdpLink::send(std::span<const Packet> packets) {
  std::size_t sent = 0;
  while (sent < packets.size()) {
    const std::uint32_t socket = socket_of(packets[sent]);
    std::size_t end = sent + 1;
    while (end < packets.size() && socket_of(packets[end]) == socket) ++end;
    const std::size_t went = send_run(sockets_[socket], packets.subspan(sent, end - sent));
    for (std::size_t i = sent; i < sent + went; ++i) free_.push_back(static_cast<Buffer*>(packets[i].buffer));
    sent += went;
    if (sent < end) break;
  }
  return sent;
}

std::size_t UdpLink::send_run(UdpSocket& socket, std::span<const Packet> packets) {
  std::array<mmsghdr, kBurst> messages{};
  std::array<iovec, kBurst> parts;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    parts[i] = {packets[i].data, packets[i].length};
    messages[i].msg_hdr.msg_name = &socket.peer->storage;
    messages[i].msg_hdr.msg_namelen = socket.peer->length;
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int sent = ::sendmmsg(socket.fd.get(), messages.data(), static_cast<unsigned>(packets.size()), 0);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (is_temporary(errno)) return 0;
  throw UsageError("cannot send on stream " + std::to_string(socket.flow.stream) + ": " + std::strerror(errno));
}

std::size_t UdpLink::receive(std::span<Packet> packets) {
  if (ready_.empty()) poll_sockets();
  std::size_t count = 0;
  const std::size_t most = std::min(packets.size(), kBurst);
  while (count < most && !ready_.empty()) {
    const std::size_t wanted = most - count;
    const std::size_t got = receive_from(sockets_[ready_.back()], packets.subspan(count, wanted), count);
    count += got;
    if (got < wanted) ready_.pop_back();
  }
  return count;
}

void UdpLink::poll_sockets() {
  std::array<epoll_event, kBurst> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
  for (int i = 0; i < count; ++i) ready_.push_back(events[static_cast<std::size_t>(i)].data.u32);
}

std::size_t UdpLink::receive_from(UdpSocket& socket, std::span<Packet> packets, std::size_t first_buffer) {
  std::array<mmsghdr, kBurst> messages{};
  std::array<iovec, kBurst> parts;
  std::array<sockaddr_storage, kBurst> sources;
  alignas(cmsghdr) std::array<std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint32_t))>, kBurst> control;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    parts[i] = {received_[first_buffer + i].data(), kBufferSize};
    msghdr& header = messages[i].msg_hdr;
    header.msg_name = &sources[i];
    header.msg_namelen = sizeof sources[i];
    header.msg_iov = &parts[i];
    header.msg_iovlen = 1;
    header.msg_control = control[i].data();
    header.msg_controllen = control[i].size();
  }
  const int count = ::recvmmsg(socket.fd.get(), messages.data(), static_cast<unsigned>(packets.size()), 0, nullptr);
  if (count < 0) {
    if (is_temporary(errno)) return 0;
    throw UsageError("cannot receive on stream " + std::to_string(socket.flow.stream) + ": " + std::strerror(errno));
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    read_overflow(messages[i].msg_hdr, socket.overflowed);
    packets[i] = Packet{.data = received_[first_buffer + i].data(),
                        .length = static_cast<std::uint16_t>(messages[i].msg_len),
                        .room = kBufferSize,
                        .flow = socket.flow,
                        .rtcp = socket.rtcp,
                        .right_source = !socket.peer || socket.peer->same_endpoint(sources[i])};
  }
  return static_cast<std::size_t>(count);
}

void UdpLink::wait(std::chrono::nanoseconds at_most) noexcept {
  if (!ready_.empty() || at_most.count() <= 0) return;
  pollfd sockets{epoll_.get(), POLLIN, 0};
  const timespec time{at_most.count() / 1'000'000'000, at_most.count() % 1'000'000'000};
  ::ppoll(&sockets, 1, &time, nullptr);
}

LinkStats UdpLink::stats() const noexcept {
  LinkStats stats;
  for (const UdpSocket& socket : sockets_) stats.missed += socket.overflowed;
  return stats;
}

std::string UdpLink::description() const { return "udp, " + std::to_string(sockets_.size()) + " sockets"; }

}  // namespace sallyport::load
