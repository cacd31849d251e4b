// A packet's way into one of crypto's transforms and back: what protect and unprotect have in common, within the call
// or through a crypto device.
#pragma once

#include <span>

#include "dataplane/key_watch.hpp"
#include "dataplane/watch.hpp"
#include "dataplane/worker_state.hpp"

namespace sallyport::dataplane {

/// Whose keys a packet of that leg is opened or sealed with; context null: it passes untouched.
inline void choose_keys(const WorkerState& worker, const Stream& leg, crypto::Direction direction,
                        crypto::SrtpPacket& srtp) noexcept {
  if (direction == crypto::Direction::kSeal) {
    srtp.context = leg.tx.get();
    srtp.fallback = nullptr;
    return;
  }
  srtp.context = leg.rx.get();
  srtp.fallback = leg.re_keyed && worker.now < leg.rx_previous_until ? leg.rx_previous.get() : nullptr;
}

inline void describe(rte_mbuf* packet, crypto::SrtpPacket& srtp) noexcept {
  const PacketMeta& meta = meta_of(packet);
  srtp.data = data_of(packet);
  srtp.length = rte_pktmbuf_data_len(packet);
  srtp.header_len = meta.header_len;
  srtp.room = static_cast<std::uint16_t>(srtp.length + rte_pktmbuf_tailroom(packet));
  srtp.kind = meta.kind;
}

/// What the transform made of the packet; where it refused, the packet is dropped with its reason. False: it is gone.
inline bool take_result(WorkerState& worker, rte_mbuf* packet, const crypto::SrtpPacket& srtp) noexcept {
  attend(worker, *meta_of(packet).leg, srtp);
  if (srtp.verdict != crypto::Verdict::kOk) [[unlikely]] {
    return drop(worker, packet, meta_of(packet).leg, reason_of(srtp.verdict));
  }
  packet->data_len = srtp.length;
  packet->pkt_len = srtp.length;
  return true;
}

/// Packets with keys go through `transform` in one call.
template <typename Transform>
void transform_burst(WorkerState& worker, Burst& burst, crypto::Direction direction, Transform&& transform) noexcept {
  std::size_t count = 0;
  for (std::uint16_t i = 0; i < burst.size(); ++i) {
    rte_mbuf* packet = burst[i];
    crypto::SrtpPacket& srtp = worker.srtp[count];
    choose_keys(worker, *meta_of(packet).leg, direction, srtp);
    if (srtp.context == nullptr) continue;
    describe(packet, srtp);
    ++count;
  }
  if (count == 0) return;
  transform(*worker.engine, *worker.workspace, std::span(worker.srtp.data(), count));
  watch_results(worker, burst, direction, count);

  std::size_t next = 0;
  burst.sift([&](rte_mbuf* packet) noexcept {
    if (next == count || worker.srtp[next].data != data_of(packet)) return true;
    return take_result(worker, packet, worker.srtp[next++]);
  });
}

}  // namespace sallyport::dataplane
