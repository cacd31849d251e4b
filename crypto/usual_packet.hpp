// The packet that nearly all others are: RTP of the only SSRC of its stream, a little ahead of the newest one, no MKI,
// no special session parameter, no re-key going on. Its steps are a handful of comparisons; whatever does not fit is
// left, untouched, to the complete steps (protect_steps.hpp, unprotect_steps.hpp), which would do the same for it.
#pragma once

#include "crypto/job_fill.hpp"
#include "crypto/workspace.hpp"

namespace sallyport::crypto {

/// Whether that is so, as far as one look at packet and context tells: then `state` is the SSRC's, and `index` is ahead
/// of everything it has met.
[[gnu::always_inline]] inline bool is_usual(const SrtpPacket& packet, Context& context, SsrcState*& state,
                                            std::uint64_t& index) noexcept {
  constexpr std::uint16_t kNear = 64;  // far less than 2^15: RFC 3711 3.3.1 leaves no doubt about the ROC
  if (packet.kind != PacketKind::kRtp || context.special()) return false;
  const std::uint8_t* const data = packet.data;
  if (packet.header_len < kRtpFixedHeader || packet.length < packet.header_len || data[0] >> 6 != 2) return false;
  state = &context.first_ssrc();
  if (state->flags != SsrcState::kOccupied || state->ssrc != rtp_ssrc(data)) return false;
  if (state->allowance == 0) return false;
  const std::uint64_t highest = state->rtp.highest();
  const auto ahead = static_cast<std::uint16_t>(rtp_sequence(data) - static_cast<std::uint16_t>(highest));
  if (static_cast<std::uint16_t>(ahead - 1) >= kNear) return false;
  index = highest + ahead;
  return index <= kMaxRtpIndex;
}

[[gnu::always_inline]] inline bool begin_usual_protect(Workspace& workspace, std::size_t slot,
                                                       SrtpPacket& packet) noexcept {
  Context& context = *packet.context;
  SsrcState* state = nullptr;
  std::uint64_t index = 0;
  if (!is_usual(packet, context, state, index)) return false;
  const JobForm row = context.job_form();
  const std::size_t length = packet.length;
  const std::size_t header_len = packet.header_len;
  if (packet.room < length + row.rtp_tag_len) return false;
  state->rtp.commit(index);
  --state->allowance;
  packet.index = index;
  packet.attention = false;
  packet.key_slot = 0;
  fill_usual_job<RtpPolicy>(workspace.jobs[slot], packet.data, row,
                            {context.rtp(), {row.rtp_tag_len, 0, true}, index, header_len, length - header_len});
  workspace.origins[slot] = {state, 0, 0, 0, false, true};
  if (!row.aead) store_be32(packet.data + length, roc_of(index));
  return true;
}

[[gnu::always_inline]] inline bool finish_usual_protect(const Job& job, const JobOrigin& origin,
                                                        SrtpPacket& packet) noexcept {
  if (!origin.usual || !job.ok) return false;
  packet.length = static_cast<std::uint16_t>(packet.length + job.tag_len);
  return true;
}

[[gnu::always_inline]] inline bool begin_usual_unprotect(Workspace& workspace, std::size_t slot,
                                                         SrtpPacket& packet) noexcept {
  Context& context = *packet.context;
  SsrcState* state = nullptr;
  std::uint64_t index = 0;
  if (packet.fallback != nullptr || !is_usual(packet, context, state, index)) return false;
  const JobForm row = context.job_form();
  const std::size_t header_len = packet.header_len;
  if (packet.length < header_len + row.rtp_tag_len) return false;
  const std::size_t text_len = packet.length - header_len - row.rtp_tag_len;
  packet.index = index;
  packet.attention = false;
  packet.key_slot = 0;
  fill_usual_job<RtpPolicy>(workspace.jobs[slot], packet.data, row,
                            {context.rtp(), {row.rtp_tag_len, 0, true}, index, header_len, text_len});
  workspace.origins[slot] = {state, static_cast<std::uint16_t>(text_len), 0, 0, false, true};
  if (!row.aead) lay_trailer(workspace.space(slot), packet.data + header_len + text_len, roc_of(index));
  return true;
}

/// Commits the index of an authentic packet that is still ahead of all others.
[[gnu::always_inline]] inline bool finish_usual_unprotect(const Job& job, const JobOrigin& origin,
                                                          SrtpPacket& packet) noexcept {
  if (!origin.usual || !job.ok) return false;
  SsrcState& state = *origin.state;
  if (packet.index <= state.rtp.highest() || state.flags != SsrcState::kOccupied || state.allowance == 0) return false;
  state.rtp.commit(packet.index);
  --state.allowance;
  packet.length = static_cast<std::uint16_t>(packet.header_len + origin.text_len);
  return true;
}

}  // namespace sallyport::crypto
