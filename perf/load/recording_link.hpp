// A link that also writes what goes out and what comes in to a capture file, as it is on the wire: SRTP stays SRTP.
// Stands before another link; one thread.
#pragma once

#include <array>
#include <vector>

#include "perf/load/link.hpp"
#include "perf/load/pcap_writer.hpp"

namespace sallyport::load {

class RecordingLink : public Link {
 public:
  /// `writer` outlives the link.
  RecordingLink(std::unique_ptr<Link> link, const std::vector<Flow>& flows, PcapWriter& writer);

  void await_peer() const override { link_->await_peer(); }
  std::size_t allocate(std::span<Packet> packets) noexcept override { return link_->allocate(packets); }
  std::size_t send(std::span<const Packet> packets) override;
  std::size_t receive(std::span<Packet> packets) override;
  void release(std::span<const Packet> packets) noexcept override { link_->release(packets); }
  void wait(std::chrono::nanoseconds at_most) noexcept override { link_->wait(at_most); }
  LinkStats stats() const noexcept override { return link_->stats(); }
  std::string description() const override { return link_->description() + ", recorded"; }

 private:
  struct Ends {
    controlplane::Endpoint local;
    controlplane::Endpoint remote;  ///< all zero where it is not known
  };
  /// Those of the packet's flow, RTP or RTCP.
  Ends ends_of(const Packet& packet) const noexcept;

  std::unique_ptr<Link> link_;
  PcapWriter& writer_;
  std::vector<std::array<Ends, 2>> ends_;     ///< of RTP, by stream and side
  std::vector<const std::uint8_t*> waiting_;  ///< written, but the link had no room: they come again
};

}  // namespace sallyport::load
