// RTP -> SRTP, RTCP -> SRTCP in bursts. See transform.hpp.
#include "crypto/protect_steps.hpp"
#include "crypto/usual_packet.hpp"
#include "crypto/workspace.hpp"

namespace sallyport::crypto {

Verdict begin_protect(const JobSpace& space, SrtpPacket& packet) noexcept {
  return packet.kind == PacketKind::kRtp ? begin_protect_as<RtpPolicy>(space, packet)
                                         : begin_protect_as<RtcpPolicy>(space, packet);
}

Verdict finish_protect(const Job& job, const JobOrigin& origin, SrtpPacket& packet) noexcept {
  return packet.kind == PacketKind::kRtp ? finish_protect_as<RtpPolicy>(job, origin, packet)
                                         : finish_protect_as<RtcpPolicy>(job, origin, packet);
}

void protect(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets) noexcept {
  prefetch_contexts<&SrtpPacket::context>(packets);
  std::size_t count = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    SrtpPacket& packet = packets[i];
    packet.verdict = Verdict::kOk;
    if (!begin_usual_protect(workspace, count, packet)) {
      packet.verdict = begin_protect(workspace.space(count), packet);
      if (packet.verdict != Verdict::kOk) continue;
    }
    workspace.origins[count++].packet = static_cast<std::uint8_t>(i);
  }
  engine.seal({workspace.jobs.data(), count});
  for (std::size_t slot = 0; slot < count; ++slot) {
    const JobOrigin& origin = workspace.origins[slot];
    SrtpPacket& packet = packets[origin.packet];
    if (!finish_usual_protect(workspace.jobs[slot], origin, packet)) {
      packet.verdict = finish_protect(workspace.jobs[slot], origin, packet);
    }
  }
}

}  // namespace sallyport::crypto
