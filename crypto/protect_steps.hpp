// RTP -> SRTP, RTCP -> SRTCP for one packet, in the two steps between which the engine works. Used by protect() for
// bursts and by the pending packets of asynchronous engines.
#pragma once

#include "crypto/job_fill.hpp"

namespace sallyport::crypto {

/// 1. Check the bounds. 2. Choose the index and take it out of use for ever, before a single byte is encrypted under
/// it. 3. Describe the job. kOk: the job is ready.
template <class Policy>
Verdict begin_protect_as(const JobSpace& space, SrtpPacket& packet) noexcept {
  Context& context = *packet.context;
  const bool special = context.special();
  const WireForm form = special ? context.special_form(Policy::kKind) : Policy::usual_form(context);
  packet.attention = false;
  packet.key_slot = context.send_slot();
  if (!well_formed<Policy>(packet, 0)) return Verdict::kMalformed;
  if (packet.room < packet.length + Policy::kIndexOnWire + form.tag_len + form.mki_len) return Verdict::kNoRoom;

  SsrcState* state = context.find_or_add_ssrc(ssrc_of<Policy>(packet));
  if (state == nullptr) return Verdict::kSsrcLimit;
  // An SSRC that is new has highest() = 0, which makes its first packet one of ROC 0 (RFC 3711 3.3.1).
  const std::uint64_t index = Policy::next_index(*state, packet.data);
  if (index > Policy::kMaxIndex) return Verdict::kKeyExhausted;  // RFC 3711 9.2
  switch (Policy::check(*state, index)) {
    case WindowVerdict::kSeen:
      return Verdict::kIndexUsed;
    case WindowVerdict::kTooOld:
      return Verdict::kTooOld;
    case WindowVerdict::kNew:
      break;
  }
  const SessionKey* key = &Policy::key(context);
  std::uint8_t key_slot = 0;
  if (special) {
    key_slot = context.send_slot();
    key = context.special_key(Policy::kKind, key_slot, index);
    context.note_epoch(Policy::kKind, index, true);
    packet.attention = context.wants_attention();
    if (key == nullptr) return Verdict::kNoSessionKey;
  }
  if (!Policy::take(context, *state, key_slot, packet.attention)) return Verdict::kKeyExhausted;
  Policy::commit(*state, index);
  packet.index = index;
  space.origin.key_slot = key_slot;
  space.origin.usual = false;

  const std::size_t header_len = Policy::header_len(packet);
  fill_job<Policy>(space, packet.data, context, {*key, form, index, header_len, packet.length - header_len});
  if (trailer_behind_text<Policy>(context.job_form(), form)) {
    store_be32(packet.data + packet.length, Policy::trailer(index, form.encrypted));
  }
  return Verdict::kOk;
}

/// The engine put the tag into its place; the MKI follows the text or the SRTCP index, with AEAD both follow the tag.
template <class Policy>
Verdict finish_protect_as(const Job& job, const JobOrigin& origin, SrtpPacket& packet) noexcept {
  if (!job.ok) return Verdict::kEngineFailed;
  const Context& context = *packet.context;
  const bool aead = context.job_form().aead;
  if (Policy::kKind == PacketKind::kRtcp && aead) {
    const bool encrypted = !context.parameters().unencrypted_srtcp;
    store_be32(packet.data + packet.length + job.tag_len, Policy::trailer(packet.index, encrypted));
  }
  const std::span<const std::uint8_t> mki = context.mki(origin.key_slot);
  const std::size_t at = Policy::kIndexOnWire + (aead ? job.tag_len : 0);
  if (!mki.empty()) std::memcpy(packet.data + packet.length + at, mki.data(), mki.size());
  packet.length = static_cast<std::uint16_t>(packet.length + Policy::kIndexOnWire + job.tag_len + mki.size());
  return Verdict::kOk;
}

Verdict begin_protect(const JobSpace& space, SrtpPacket& packet) noexcept;
Verdict finish_protect(const Job& job, const JobOrigin& origin, SrtpPacket& packet) noexcept;

}  // namespace sallyport::crypto
