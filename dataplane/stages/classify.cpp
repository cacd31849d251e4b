#include <cstring>

#include "crypto/rtp_wire.hpp"
#include "dataplane/stages/stages.hpp"
#include "dataplane/watch.hpp"

namespace sallyport::dataplane {
namespace {

constexpr std::uint64_t kIpChecksumBad = RTE_MBUF_F_RX_IP_CKSUM_BAD;
constexpr std::uint64_t kUdpChecksumBad = RTE_MBUF_F_RX_L4_CKSUM_BAD;

/// What is not media: to Linux through the twin, if there is one.
bool leave_to_linux(WorkerState& worker, WorkerPort& port, rte_mbuf* packet) noexcept {
  if (port.twin == nullptr) return drop(worker, packet, nullptr, DropReason::kNotForUs);
  if (!port.punt_limit.pass(worker.now)) return drop(worker, packet, nullptr, DropReason::kPuntLimit);
  port.punts.push(packet);
  return false;
}

/// Our slot for a datagram to `view.destination` if the port number is media there, else StreamTable::kNoSlot.
std::uint16_t media_slot(const WorkerState& worker, const FrameView& view, std::uint16_t port) noexcept {
  const std::uint16_t slot = worker.table.slot_of(view.destination, view.v6);
  if (slot == StreamTable::kNoSlot) return slot;
  const LocalAddress& address = worker.table.address(slot);
  return address.port == port && address.media_ports.contains(view.destination_port) ? slot : StreamTable::kNoSlot;
}

/// Remembers what later stages need of the headers and strips them, together with any padding behind the datagram.
void keep_payload(WorkerState& worker, rte_mbuf* packet, const FrameView& view, std::uint16_t slot) noexcept {
  PacketMeta& meta = meta_of(packet);
  meta.arrival = worker.now;
  meta.leg = nullptr;
  if (view.v6) {
    std::memcpy(meta.source.data(), view.source, 16);
  } else {
    // All sixteen bytes as two words, as they are compared: a processor waits where it reads what was written in parts.
    std::uint32_t address;
    std::memcpy(&address, view.source, 4);
    const std::array<std::uint64_t, 2> words{address, 0};
    std::memcpy(meta.source.data(), words.data(), 16);
  }
  meta.source_port = view.source_port;
  meta.local_port = view.destination_port;
  meta.address_slot = slot;
  meta.dscp = view.dscp;
  meta.frame_offset = static_cast<std::uint8_t>(view.payload_offset);
  packet->data_off = static_cast<std::uint16_t>(packet->data_off + view.payload_offset);
  packet->data_len = view.payload_length;
  packet->pkt_len = view.payload_length;
}

/// Whether a plain leg takes packets from there.
bool source_is_right(const Stream& leg, const PacketMeta& meta) noexcept {
  if (leg.source_check == SourceCheck::kOff) return true;
  if (meta.source != leg.remote.address.bytes) return false;
  if (leg.source_check == SourceCheck::kAddress) return true;
  const bool rtcp_port = meta.local_port != leg.local_port;
  return meta.source_port == leg.remote.port + (rtcp_port ? 1 : 0);
}

/// RTP or RTCP by port, or by the second byte where both share one (RFC 5761 4); notes the header's length.
bool note_kind(const Stream& leg, PacketMeta& meta, const rte_mbuf* packet) noexcept {
  const auto* data = rte_pktmbuf_mtod(packet, const std::uint8_t*);
  const std::size_t length = rte_pktmbuf_data_len(packet);
  const bool rtcp_port = meta.local_port != leg.local_port;
  const bool muxed = leg.rtcp == RtcpMode::kMux && length >= 2 && crypto::looks_like_rtcp(data);
  if (rtcp_port || muxed) {
    meta.kind = crypto::PacketKind::kRtcp;
    meta.header_len = crypto::kRtcpFixedHeader;
    return length >= crypto::kRtcpFixedHeader && (data[0] >> 6) == 2 && crypto::looks_like_rtcp(data);
  }
  meta.kind = crypto::PacketKind::kRtp;
  meta.header_len = crypto::kRtpFixedHeader;
  if (crypto::has_fixed_rtp_header({data, length})) return true;
  const auto header = crypto::rtp_header_length({data, length});
  if (!header) return false;
  meta.header_len = *header;
  return true;
}

/// Headers: what it is and whose. True for media of a stream of this worker, stripped to its payload.
bool read_headers(WorkerState& worker, WorkerPort& port, std::uint16_t port_index, rte_mbuf* packet) noexcept {
  if (packet->nb_segs != 1) [[unlikely]]
    return drop(worker, packet, nullptr, DropReason::kNotLinear);
  const std::span<const std::uint8_t> frame{data_of(packet), rte_pktmbuf_data_len(packet)};
  FrameView view;
  if (!parse_usual_frame(frame, view)) view = parse_frame(frame);
  if (view.kind == FrameView::Kind::kBad) [[unlikely]]
    return drop(worker, packet, nullptr, view.reason);
  if (std::memcmp(data_of(packet) + 6, port.port->mac().bytes.data(), 6) == 0) [[unlikely]] {
    return drop(worker, packet, nullptr, DropReason::kOwnFrame);
  }
  if (view.kind == FrameView::Kind::kOther) {
    if (view.first_fragment && media_slot(worker, view, port_index) != StreamTable::kNoSlot) {
      return drop(worker, packet, nullptr, DropReason::kFragment);
    }
    return leave_to_linux(worker, port, packet);
  }
  const std::uint16_t slot = media_slot(worker, view, port_index);
  if (slot == StreamTable::kNoSlot) return leave_to_linux(worker, port, packet);
  if ((packet->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == kIpChecksumBad) [[unlikely]] {
    return drop(worker, packet, nullptr, DropReason::kBadIpChecksum);
  }
  if ((packet->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == kUdpChecksumBad) [[unlikely]] {
    return drop(worker, packet, nullptr, DropReason::kBadUdpChecksum);
  }
  keep_payload(worker, packet, view, slot);
  const WorkerId owner = worker_of(view.destination_port, worker.workers);
  if (owner != worker.id) {
    worker.stats.ports[port_index].astray.add();
    return hand_over(worker, packet, owner, HandOver::kReceived);
  }
  worker.table.prefetch(slot, view.destination_port);
  return true;
}

/// The lines of a packet of speech.
void prefetch_packet(rte_mbuf* packet) noexcept {
  constexpr int kLines = 4;
  for (int line = 0; line < kLines; ++line) __builtin_prefetch(data_of(packet) + 64 * line, 1);
}

}  // namespace

void classify(WorkerState& worker, Burst& burst, std::uint16_t port) noexcept {
  WorkerPort& worker_port = worker.ports[port];
  for (std::uint16_t i = 0; i < burst.size(); ++i) {
    __builtin_prefetch(burst[i], 1);
    __builtin_prefetch(&meta_of(burst[i]), 1);
  }
  for (std::uint16_t i = 0; i < burst.size(); ++i) prefetch_packet(burst[i]);
  burst.sift([&](rte_mbuf* packet) noexcept { return read_headers(worker, worker_port, port, packet); });
  for (std::uint16_t i = 0; i < burst.size(); ++i) {
    const PacketMeta& meta = meta_of(burst[i]);
    const Stream* leg = worker.table.at(meta.address_slot, meta.local_port);
    if (leg != nullptr) leg->prefetch_receiving();
  }
  for (std::uint16_t i = 0; i < burst.size(); ++i) {
    const PacketMeta& meta = meta_of(burst[i]);
    const Stream* leg = worker.table.at(meta.address_slot, meta.local_port);
    if (leg == nullptr) continue;
    leg->prefetch_opening();
    worker.table.prefetch_slot(leg->sink.stream.index);
  }
  watch_received(worker, burst);
  burst.sift([&](rte_mbuf* packet) noexcept { return find_leg(worker, packet); });
}

bool find_leg(WorkerState& worker, rte_mbuf* packet) noexcept {
  PacketMeta& meta = meta_of(packet);
  Stream* leg = worker.table.at(meta.address_slot, meta.local_port);
  if (leg == nullptr) return drop(worker, packet, nullptr, DropReason::kNoStream);
  if (leg->rx == nullptr && !source_is_right(*leg, meta)) return drop(worker, packet, leg, DropReason::kWrongSource);
  if (!note_kind(*leg, meta, packet)) return drop(worker, packet, leg, DropReason::kNotRtp);
  meta.leg = leg;
  return true;
}

}  // namespace sallyport::dataplane
