// RTP -> SRTP, RTCP -> SRTCP in bursts. See transform.hpp.
#include "crypto/protect_steps.hpp"
#include "crypto/workspace.hpp"

namespace sallyport::crypto {

void protect(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets) noexcept {
  prefetch_contexts<&SrtpPacket::context>(packets);
  std::size_t count = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    SrtpPacket& packet = packets[i];
    const JobSpace space = workspace.space(count);
    packet.verdict = packet.kind == PacketKind::kRtp ? begin_protect<RtpPolicy>(space, packet)
                                                     : begin_protect<RtcpPolicy>(space, packet);
    if (packet.verdict != Verdict::kOk) continue;
    workspace.origins[count++].packet = static_cast<std::uint8_t>(i);
  }
  engine.seal({workspace.jobs.data(), count});
  for (std::size_t slot = 0; slot < count; ++slot) {
    const JobOrigin& origin = workspace.origins[slot];
    const Job& job = workspace.jobs[slot];
    SrtpPacket& packet = packets[origin.packet];
    packet.verdict = packet.kind == PacketKind::kRtp ? finish_protect<RtpPolicy>(job, origin, packet)
                                                     : finish_protect<RtcpPolicy>(job, origin, packet);
  }
}

}  // namespace sallyport::crypto
