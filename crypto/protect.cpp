// RTP -> SRTP, RTCP -> SRTCP. See transform.hpp.
#include "crypto/workspace.hpp"

namespace sallyport::crypto {
namespace {

/// 1. Check the bounds. 2. Choose the index and take it out of use for ever, before a single byte is encrypted under
/// it.
/// 3. Describe the job. The verdict is kOk if the job in `slot` is ready.
template <class Policy>
Verdict prepare(Workspace& workspace, std::size_t slot, SrtpPacket& packet) noexcept {
  Context& context = *packet.context;
  const Suite& suite = context.suite();
  if (!well_formed<Policy>(packet)) return Verdict::kMalformed;
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
  workspace.contexts[slot].context = &context;
  return Verdict::kOk;
}

/// Puts tag and SRTCP index behind the ciphertext.
template <class Policy>
void finish(const Job& job, SrtpPacket& packet) noexcept {
  const Suite& suite = packet.context->suite();
  std::uint8_t* end = packet.data + packet.length;
  const std::size_t tag_len = Policy::tag_len(suite);
  if (!suite.aead()) {
    copy_tag(end + Policy::kIndexOnWire, job.tag.data(), tag_len);  // RFC 3711 3.4: the index stands before the tag
  } else {
    copy_tag(end, job.tag.data(), tag_len);  // RFC 7714 9.1: the tag is part of the ciphertext, the index follows
    if constexpr (Policy::kKind == PacketKind::kRtcp) store_be32(end + tag_len, Policy::trailer(packet.index));
  }
  packet.length = static_cast<std::uint16_t>(packet.length + tag_len + Policy::kIndexOnWire);
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
    workspace.contexts[count++].packet = static_cast<std::uint8_t>(i);
  }
  engine.seal({workspace.jobs.data(), count});
  for (std::size_t slot = 0; slot < count; ++slot) {
    SrtpPacket& packet = packets[workspace.contexts[slot].packet];
    const Job& job = workspace.jobs[slot];
    if (!job.ok) {
      packet.verdict = Verdict::kAuthFailed;
    } else if (packet.kind == PacketKind::kRtp) {
      finish<RtpPolicy>(job, packet);
    } else {
      finish<RtcpPolicy>(job, packet);
    }
  }
}

}  // namespace sallyport::crypto
