#include "perf/load/recording_link.hpp"

#include <algorithm>

namespace sallyport::load {

RecordingLink::RecordingLink(std::unique_ptr<Link> link, const std::vector<Flow>& flows, PcapWriter& writer)
    : link_(std::move(link)), writer_(writer) {
  for (const Flow& flow : flows) {
    if (ends_.size() <= flow.id.stream) ends_.resize(flow.id.stream + 1);
    Ends& ends = ends_[flow.id.stream][static_cast<std::size_t>(flow.id.side)];
    ends.local = ends.remote = flow.local;
    if (flow.remote) {
      ends.remote = *flow.remote;
    } else {
      ends.remote.address.bytes.fill(0);
      ends.remote.port = 0;
    }
  }
}

RecordingLink::Ends RecordingLink::ends_of(const Packet& packet) const noexcept {
  Ends ends = ends_[packet.flow.stream][static_cast<std::size_t>(packet.flow.side)];
  if (!packet.rtcp) return ends;
  ++ends.local.port;
  if (ends.remote.port != 0) ++ends.remote.port;
  return ends;
}

std::size_t RecordingLink::send(std::span<const Packet> packets) {
  // Before they are sent: afterwards the buffers are no longer ours.
  for (const Packet& packet : packets) {
    if (std::erase(waiting_, packet.data) != 0) continue;
    const Ends ends = ends_of(packet);
    writer_.write(ends.local, ends.remote, {packet.data, packet.length});
  }
  const std::size_t sent = link_->send(packets);
  for (const Packet& packet : packets.subspan(sent)) waiting_.push_back(packet.data);
  return sent;
}

std::size_t RecordingLink::receive(std::span<Packet> packets) {
  const std::size_t count = link_->receive(packets);
  for (const Packet& packet : packets.first(count)) {
    const Ends ends = ends_of(packet);
    writer_.write(ends.remote, ends.local, {packet.data, packet.length});
  }
  return count;
}

}  // namespace sallyport::load
