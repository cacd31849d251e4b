#include "dataplane/watch.hpp"

#include "crypto/bytes.hpp"
#include "crypto/rtp_wire.hpp"

namespace sallyport::dataplane {
namespace {

using crypto::Direction;
using crypto::PacketKind;

std::span<const std::uint8_t> bytes_of(rte_mbuf* packet) noexcept {
  return {data_of(packet), rte_pktmbuf_data_len(packet)};
}

/// The header's fields; classify has seen that they are there.
RtpNumbers numbers_of(rte_mbuf* packet) noexcept {
  const std::uint8_t* data = data_of(packet);
  RtpNumbers numbers;
  numbers.kind = meta_of(packet).kind;
  if (numbers.kind == PacketKind::kRtcp) {
    numbers.type = data[1];
    numbers.ssrc = crypto::load_be32(data + 4);
  } else {
    numbers.type = data[1] & 0x7f;
    numbers.sequence = crypto::rtp_sequence(data);
    numbers.timestamp = crypto::rtp_timestamp(data);
    numbers.ssrc = crypto::rtp_ssrc(data);
  }
  return numbers;
}

void copy_clear(WorkerState& worker, const Burst& burst, bool sent) noexcept {
  if (worker.capture == nullptr || worker.capture->side() != CaptureSide::kClear) return;
  for (std::uint16_t i = 0; i < burst.size(); ++i) {
    const PacketMeta& meta = meta_of(burst[i]);
    worker.capture->add(meta.leg->id, sent, meta.kind == PacketKind::kRtcp, bytes_of(burst[i]));
  }
}

/// The stage that takes up what was handed over for `why`.
Stage stage_for(HandOver why) noexcept {
  switch (why) {
    case HandOver::kReceived:
      return Stage::kClassify;
    case HandOver::kMedia:
      return Stage::kRoute;
    case HandOver::kTransmit:
      break;
  }
  return Stage::kTransmit;
}

}  // namespace

void note_arrival(WorkerState& worker, const Burst& burst, std::uint16_t port) noexcept {
  Trace& trace = *worker.trace;
  trace.enter(Stage::kClassify);
  for (std::uint16_t i = 0; i < burst.size(); ++i) {
    PacketMeta& meta = meta_of(burst[i]);
    trace.skip(meta);
    const FrameView view = parse_frame(bytes_of(burst[i]));
    if (view.kind != FrameView::Kind::kUdp) continue;
    const std::uint16_t slot = worker.table.slot_of(view.destination, view.v6);
    if (slot == StreamTable::kNoSlot || worker.table.address(slot).port != port) continue;
    if (!trace.choose(meta, slot, view.destination_port)) continue;
    trace.note(meta, step::Arrived{port, worker.ports[port].queue, rte_pktmbuf_data_len(burst[i])});
  }
}

void note_taken(WorkerState& worker, rte_mbuf* packet, WorkerId from) noexcept {
  const PacketMeta& meta = meta_of(packet);
  worker.trace->enter(stage_for(meta.hand_over));
  worker.trace->note(meta, step::Taken{from, meta.hand_over});
}

void copy_received(WorkerState& worker, rte_mbuf* packet) noexcept {
  if (worker.capture->side() != CaptureSide::kWire) return;
  const PacketMeta& meta = meta_of(packet);
  const Stream* leg = worker.table.at(meta.address_slot, meta.local_port);
  if (leg == nullptr) return;
  const std::span<const std::uint8_t> payload = bytes_of(packet);
  worker.capture->add(leg->id, false, false, {payload.data() - meta.frame_offset, payload.size() + meta.frame_offset});
}

void note_found(WorkerState& worker, const Burst& burst) noexcept {
  worker.trace->enter(Stage::kUnprotect);
  for (std::uint16_t i = 0; i < burst.size(); ++i) {
    const PacketMeta& meta = meta_of(burst[i]);
    if (!worker.trace->follows(meta)) continue;
    worker.trace->note(meta, step::Found{meta.leg->id, numbers_of(burst[i]), rte_pktmbuf_data_len(burst[i])});
  }
}

void note_parked(WorkerState& worker, rte_mbuf* packet, Direction direction) noexcept {
  worker.trace->note(meta_of(packet), step::Parked{direction});
}

void note_result(WorkerState& worker, rte_mbuf* packet, Direction direction, const crypto::SrtpPacket& srtp) noexcept {
  worker.trace->enter(direction == Direction::kOpen ? Stage::kUnprotect : Stage::kProtect);
  const bool fallback = direction == Direction::kOpen && srtp.used_fallback;
  worker.trace->note(meta_of(packet),
                     step::Transformed{direction, &(fallback ? srtp.fallback : srtp.context)->suite(), srtp.verdict,
                                       srtp.kind, fallback, srtp.key_slot, srtp.index, srtp.length});
}

void note_results(WorkerState& worker, const Burst& burst, Direction direction, std::size_t count) noexcept {
  std::size_t next = 0;
  for (std::uint16_t i = 0; i < burst.size() && next < count; ++i) {
    if (worker.srtp[next].data == data_of(burst[i])) note_result(worker, burst[i], direction, worker.srtp[next++]);
  }
}

void note_opened(WorkerState& worker, const Burst& burst) noexcept {
  if (worker.trace != nullptr) worker.trace->enter(Stage::kRoute);
  copy_clear(worker, burst, false);
}

void note_routed(WorkerState& worker, const Burst& burst) noexcept {
  copy_clear(worker, burst, true);
  if (worker.trace == nullptr) return;
  worker.trace->enter(Stage::kProtect);
  for (std::uint16_t i = 0; i < burst.size(); ++i) {
    const PacketMeta& meta = meta_of(burst[i]);
    if (worker.trace->follows(meta)) worker.trace->note(meta, step::Routed{meta.leg->id, numbers_of(burst[i])});
  }
}

void copy_sent(WorkerState& worker, rte_mbuf* frame, const Stream& leg) noexcept {
  if (worker.capture->side() == CaptureSide::kWire) worker.capture->add(leg.id, true, false, bytes_of(frame));
}

}  // namespace sallyport::dataplane
