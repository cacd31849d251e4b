#include "crypto/rtp_wire.hpp"
#include "dataplane/stages/stages.hpp"
#include "dataplane/watch.hpp"

namespace sallyport::dataplane {
namespace {

void flush_port(WorkerState& worker, std::size_t index) noexcept {
  WorkerPort& port = worker.ports[index];
  Burst& egress = port.egress;
  if (egress.empty()) return;
  if (worker.trace != nullptr) [[unlikely]]
    worker.trace->before_tx(egress);
  const std::uint16_t sent = port.port->tx(port.queue, egress.data(), egress.size());
  if (worker.trace != nullptr) [[unlikely]]
    worker.trace->after_tx(egress, static_cast<std::uint16_t>(index), port.queue, sent);
  worker.stats.tx.add(sent);
  PortStats& stats = worker.stats.ports[index];
  stats.tx.add(sent);
  stats.refused.add(static_cast<std::uint64_t>(egress.size() - sent));
  for (std::uint16_t i = sent; i < egress.size(); ++i) {
    drop(worker, egress[i], meta_of(egress[i]).leg, DropReason::kTxFull);
  }
  egress.clear();
}

void count_sent(Stream& leg, const PacketMeta& meta, std::uint16_t length, std::uint32_t ssrc) noexcept {
  if (meta.kind == crypto::PacketKind::kRtp) {
    leg.sent.add();
    leg.sent_bytes.add(length);
    leg.out_ssrc.set(ssrc);
  } else {
    leg.rtcp_sent.add();
  }
}

void transmit_one(WorkerState& worker, rte_mbuf* packet) noexcept {
  PacketMeta& meta = meta_of(packet);
  Stream& leg = *meta.leg;
  const bool rtcp = meta.kind == crypto::PacketKind::kRtcp;
  const std::uint16_t length = rte_pktmbuf_data_len(packet);
  const std::uint32_t ssrc = rtcp ? 0 : crypto::rtp_ssrc(data_of(packet));
  const std::uint16_t port_offset = rtcp && leg.rtcp == RtcpMode::kPair ? 1 : 0;
  const std::uint8_t dscp = leg.dscp == kKeepDscp ? meta.dscp : static_cast<std::uint8_t>(leg.dscp);
  const WorkerPort& port = worker.ports[leg.egress_port];
  if (!leg.header.push(packet, port_offset, dscp, port.offload)) [[unlikely]] {
    drop(worker, packet, &leg, DropReason::kNoRoom);
    return;
  }
  if (rte_pktmbuf_data_len(packet) > port.max_frame) [[unlikely]] {
    drop(worker, packet, &leg, DropReason::kTooLong);
    return;
  }
  count_sent(leg, meta, length, ssrc);
  watch_frame(worker, packet, leg);
  queue_frame(worker, leg.egress_port, packet);
}

}  // namespace

void transmit(WorkerState& worker, Burst& burst) noexcept {
  for (std::uint16_t i = 0; i < burst.size(); ++i) transmit_one(worker, burst[i]);
  burst.clear();
  flush_egress(worker);
}

void queue_frame(WorkerState& worker, std::uint16_t port, rte_mbuf* packet) noexcept {
  WorkerPort& worker_port = worker.ports[port];
  if (!worker_port.has_queue) {
    meta_of(packet).egress_port = port;
    hand_over(worker, packet, worker_port.tx_owner, HandOver::kTransmit);
    return;
  }
  if (worker_port.egress.full()) flush_port(worker, port);
  worker_port.egress.push(packet);
}

void flush_egress(WorkerState& worker) noexcept {
  for (std::size_t port = 0; port < worker.ports.size(); ++port) flush_port(worker, port);
}

}  // namespace sallyport::dataplane
