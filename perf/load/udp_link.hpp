// The link of a host without any driver: a kernel UDP socket per flow (and one for its RTCP), in the network namespace
// that the process runs in.
#pragma once

#include <array>

#include "perf/load/udp_socket.hpp"

namespace sallyport::load {

class UdpLink : public Link {
 public:
  /// Throws UsageError where an endpoint is not ours or is taken.
  explicit UdpLink(const std::vector<Flow>& flows);

  std::size_t allocate(std::span<Packet> packets) noexcept override;
  std::size_t send(std::span<const Packet> packets) override;
  std::size_t receive(std::span<Packet> packets) override;
  void release(std::span<const Packet>) noexcept override {}
  void wait(std::chrono::nanoseconds at_most) noexcept override;
  LinkStats stats() const noexcept override;
  std::string description() const override;

 private:
  static constexpr std::size_t kBufferSize = 2048;
  using Buffer = std::array<std::uint8_t, kBufferSize>;

  void add(const controlplane::Endpoint& local, const std::optional<controlplane::Endpoint>& remote, FlowId flow,
           bool rtcp);
  std::uint32_t socket_of(const Packet& packet) const noexcept;
  /// Sends packets of one socket; how many went.
  std::size_t send_run(UdpSocket& socket, std::span<const Packet> packets);
  std::size_t receive_from(UdpSocket& socket, std::span<Packet> packets, std::size_t first_buffer);
  void poll_sockets();

  std::vector<UdpSocket> sockets_;
  /// Socket of [stream][side][rtcp]; kNone where there is none.
  std::vector<std::array<std::uint32_t, 4>> index_;
  drivers::FileDescriptor epoll_;
  std::vector<std::uint32_t> ready_;  ///< sockets that may have more
  std::vector<Buffer> received_;      ///< of one receive()
  std::vector<Buffer> outgoing_;
  std::vector<Buffer*> free_;  ///< of outgoing_
};

}  // namespace sallyport::load
