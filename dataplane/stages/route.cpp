#include "crypto/rtp_wire.hpp"
#include "dataplane/media/rtcp.hpp"
#include "dataplane/stages/stages.hpp"

namespace sallyport::dataplane {
namespace {

std::span<std::uint8_t> bytes_of(rte_mbuf* packet) noexcept { return {data_of(packet), rte_pktmbuf_data_len(packet)}; }

void count_rtp(Stream& leg, rte_mbuf* packet, Tsc arrival) noexcept {
  const std::uint8_t* rtp = data_of(packet);
  leg.received_bytes.add(rte_pktmbuf_data_len(packet));
  leg.last_media.set(arrival);
  leg.quality.count(crypto::rtp_ssrc(rtp), crypto::rtp_sequence(rtp), crypto::rtp_timestamp(rtp), arrival);
}

bool route_one(WorkerState& worker, rte_mbuf* packet) noexcept {
  PacketMeta& meta = meta_of(packet);
  Stream& leg = *meta.leg;
  if (meta.kind == crypto::PacketKind::kRtp) {
    count_rtp(leg, packet, meta.arrival);
    // Before the other leg's SRTP, which authenticates the type (RFC 3711 3.1).
    if (leg.renumbers && !leg.more->payloads.apply(data_of(packet))) [[unlikely]] {
      return drop(worker, packet, &leg, DropReason::kPayloadUnknown);
    }
  } else {
    leg.rtcp_received.add();
    if (!rtcp_is_well_formed(bytes_of(packet))) return drop(worker, packet, &leg, DropReason::kRtcpMalformed);
    rtcp_to_source_numbers(bytes_of(packet), leg.clock);
  }
  if (!leg.sink.stream.valid()) return consume(worker, packet);
  if (leg.sink.worker == worker.id) return deliver(worker, packet, leg.sink.stream);
  meta.sink = leg.sink.stream;
  return hand_over(worker, packet, leg.sink.worker, HandOver::kMedia);
}

}  // namespace

void prefetch_sinks(const WorkerState& worker, const Burst& burst) noexcept {
  for (std::uint16_t i = 0; i < burst.size(); ++i) {
    const Sink& sink = meta_of(burst[i]).leg->sink;
    if (sink.worker != worker.id || sink.stream.index >= worker.table.capacity()) continue;
    const Stream* leg = worker.table.in_slot(sink.stream.index);
    if (leg != nullptr) leg->prefetch_sending();
  }
}

void route(WorkerState& worker, Burst& burst) noexcept {
  burst.sift([&worker](rte_mbuf* packet) noexcept { return route_one(worker, packet); });
}

bool deliver(WorkerState& worker, rte_mbuf* packet, StreamId sink) noexcept {
  PacketMeta& meta = meta_of(packet);
  Stream* leg = worker.table.find(sink);
  if (leg == nullptr) return drop(worker, packet, meta.leg, DropReason::kSinkGone);
  meta.leg = leg;
  if (!leg->header.resolved()) return drop(worker, packet, leg, DropReason::kNoNextHop);
  if (meta.kind == crypto::PacketKind::kRtp) {
    if (!leg->clock.take_rtp(data_of(packet))) return drop(worker, packet, leg, DropReason::kIndexUsed);
  } else {
    if (leg->rtcp == RtcpMode::kOff) return drop(worker, packet, leg, DropReason::kRtcpOff);
    rtcp_to_sent_numbers(bytes_of(packet), leg->clock);
  }
  leg->prefetch_sealing();
  return true;
}

}  // namespace sallyport::dataplane
