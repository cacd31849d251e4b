// A burst through one of crypto's transforms: what protect and unprotect have in common.
#pragma once

#include <span>

#include "dataplane/worker_state.hpp"

namespace sallyport::dataplane {

/// `choose(leg, srtp)` sets context and fallback; packets whose context is null pass untouched. The others go through
/// `transform` in one call; those that it refuses are dropped with its reason.
template <typename Choose, typename Transform>
void transform_burst(WorkerState& worker, Burst& burst, Choose&& choose, Transform&& transform) noexcept {
  std::size_t count = 0;
  for (std::uint16_t i = 0; i < burst.size(); ++i) {
    rte_mbuf* packet = burst[i];
    const PacketMeta& meta = meta_of(packet);
    crypto::SrtpPacket& srtp = worker.srtp[count];
    choose(*meta.leg, srtp);
    if (srtp.context == nullptr) continue;
    srtp.data = data_of(packet);
    srtp.length = rte_pktmbuf_data_len(packet);
    srtp.header_len = meta.header_len;
    srtp.room = static_cast<std::uint16_t>(srtp.length + rte_pktmbuf_tailroom(packet));
    srtp.kind = meta.kind;
    ++count;
  }
  if (count == 0) return;
  transform(*worker.engine, *worker.workspace, std::span(worker.srtp.data(), count));

  std::size_t next = 0;
  burst.sift([&](rte_mbuf* packet) noexcept {
    if (next == count || worker.srtp[next].data != data_of(packet)) return true;
    const crypto::SrtpPacket& srtp = worker.srtp[next++];
    if (srtp.verdict != crypto::Verdict::kOk) [[unlikely]] {
      return drop(worker, packet, meta_of(packet).leg, reason_of(srtp.verdict));
    }
    packet->data_len = srtp.length;
    packet->pkt_len = srtp.length;
    return true;
  });
}

}  // namespace sallyport::dataplane
