// RTP -> SRTP, RTCP -> SRTCP. See transform.hpp.
#include "crypto/workspace.hpp"

namespace sallyport::crypto {
namespace {

/// 1. Check the bounds. 2. Choose the index and take it out of use for ever, before a single byte is encrypted under
/// it.
/// 3. Describe the job. The verdict is kOk if the job in `slot` is ready.
template <class Policy>
[[gnu::always_inline]] inline Verdict prepare(Workspace& workspace, std::size_t slot, SrtpPacket& packet) noexcept {
  Context& context = *packet.context;
  const Suite& suite = context.suite();
  if (!well_formed<Policy>(packet, 0)) return Verdict::kMalformed;
  if (packet.room < packet.length + srtp_overhead(suite, Policy::kKind)) return Verdict::kNoRoom;

  SsrcState* state = context.ssrcs().find_or_add(ssrc_of<Policy>(packet));
  if (state == nullptr) return Verdict::kSsrcLimit;
  ReplayWindow& used = Policy::window(*state);
  // An SSRC that is new has highest() = 0, which makes its first packet one of ROC 0 (RFC 3711 3.3.1).
  const std::uint64_t index = Policy::next_index(used, packet.data);
  if (index > Policy::kMaxIndex) return Verdict::kKeyExhausted;  // RFC 3711 9.2
  switch (used.check(index)) {
    case WindowVerdict::kSeen:
      return Verdict::kIndexUsed;
    case WindowVerdict::kTooOld:
      return Verdict::kTooOld;
    case WindowVerdict::kNew:
      break;
  }
  used.commit(index);
  packet.index = index;

  fill_job<Policy>(workspace, slot, packet, context, index, packet.length - Policy::header_len(packet));
  if (!suite.aead()) store_be32(packet.data + packet.length, Policy::trailer(index));
  return Verdict::kOk;
}

/// The engine put the tag into its place; with AEAD the SRTCP index follows it (RFC 7714 9.1).
template <class Policy>
void finish(SrtpPacket& packet) noexcept {
  const Suite& suite = packet.context->suite();
  if constexpr (Policy::kKind == PacketKind::kRtcp) {
    if (suite.aead()) store_be32(packet.data + packet.length + suite.rtcp_tag_len, Policy::trailer(packet.index));
  }
  packet.length = static_cast<std::uint16_t>(packet.length + srtp_overhead(suite, Policy::kKind));
}

}  // namespace

void protect(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets) noexcept {
  prefetch_contexts<&SrtpPacket::context>(packets);
  std::size_t count = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    SrtpPacket& packet = packets[i];
    packet.verdict = packet.kind == PacketKind::kRtp ? prepare<RtpPolicy>(workspace, count, packet)
                                                     : prepare<RtcpPolicy>(workspace, count, packet);
    if (packet.verdict != Verdict::kOk) continue;
    workspace.origins[count++].packet = static_cast<std::uint8_t>(i);
  }
  engine.seal({workspace.jobs.data(), count});
  for (std::size_t slot = 0; slot < count; ++slot) {
    SrtpPacket& packet = packets[workspace.origins[slot].packet];
    if (!workspace.jobs[slot].ok) {
      packet.verdict = Verdict::kAuthFailed;
    } else if (packet.kind == PacketKind::kRtp) {
      finish<RtpPolicy>(packet);
    } else {
      finish<RtcpPolicy>(packet);
    }
  }
}

}  // namespace sallyport::crypto
