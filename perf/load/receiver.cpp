#include "perf/load/receiver.hpp"

#include <array>

#include "crypto/rtp_wire.hpp"

namespace sallyport::load {

bool Receiver::is_rtcp(const Packet& packet) const noexcept {
  if (rtcp_ != RtcpMode::kMux) return packet.rtcp;
  return packet.length >= crypto::kRtcpFixedHeader && crypto::looks_like_rtcp(packet.data);
}

void Receiver::take(std::span<Packet> packets, dataplane::Tsc now) {
  for (const Packet& packet : packets) {
    if (!packet.right_source) judge_.wrong_source(packet.flow.stream);
  }
  if (srtp_.active()) return decrypt(packets, now);
  for (const Packet& packet : packets) {
    if (packet.right_source) accept(packet, is_rtcp(packet), now);
  }
}

void Receiver::decrypt(std::span<Packet> packets, dataplane::Tsc now) {
  std::array<crypto::SrtpPacket, kBurst> jobs;
  std::array<Packet*, kBurst> owners;
  std::array<std::uint32_t, kBurst> lanes;
  std::size_t count = 0;
  for (Packet& packet : packets) {
    if (!packet.right_source) continue;
    const bool rtcp = is_rtcp(packet);
    const auto header = crypto::rtp_header_length({packet.data, packet.length});
    if (!rtcp && !header) {
      judge_.unexpected(packet.flow.stream);
      continue;
    }
    owners[count] = &packet;
    lanes[count] = packet.flow.stream;
    jobs[count++] = {.context = srtp_.context(packet.flow.stream),
                     .fallback = nullptr,
                     .data = packet.data,
                     .length = packet.length,
                     .header_len = rtcp ? std::uint16_t{crypto::kRtcpFixedHeader} : *header,
                     .room = packet.room,
                     .kind = rtcp ? crypto::PacketKind::kRtcp : crypto::PacketKind::kRtp,
                     .verdict = crypto::Verdict::kMalformed,
                     .used_fallback = false,
                     .authentic = false,
                     .attention = false,
                     .key_slot = 0,
                     .index = 0};
  }
  srtp_.unprotect(std::span(jobs).first(count), std::span(lanes).first(count));
  for (std::size_t i = 0; i < count; ++i) {
    const bool rtcp = jobs[i].kind == crypto::PacketKind::kRtcp;
    owners[i]->length = jobs[i].length;
    if (jobs[i].verdict == crypto::Verdict::kOk) {
      accept(*owners[i], rtcp, now);
    } else {
      refuse(*owners[i], rtcp, jobs[i].verdict);
    }
  }
}

void Receiver::accept(const Packet& packet, bool rtcp, dataplane::Tsc now) {
  const std::span<const std::uint8_t> bytes(packet.data, packet.length);
  if (rtcp) {
    judge_.received_report(packet.flow.stream, bytes);
  } else {
    judge_.received(packet.flow.stream, bytes, now);
  }
}

void Receiver::refuse(const Packet& packet, bool rtcp, crypto::Verdict verdict) {
  const std::uint32_t lane = packet.flow.stream;
  if (rtcp) return judge_.report_refused(lane);
  switch (verdict) {
    case crypto::Verdict::kAuthFailed:
      return judge_.auth_failed(lane);
    case crypto::Verdict::kReplayed:
    case crypto::Verdict::kTooOld:
      return judge_.replayed(lane);
    default:
      return judge_.unexpected(lane);
  }
}

}  // namespace sallyport::load
