// SRTP -> RTP, SRTCP -> RTCP for one packet, in the two steps between which the engine works. The order is that of RFC
// 3711 3.3: estimate the index, check for replay, authenticate, decrypt, and only then move ROC and window. Used by
// unprotect() for bursts and by the pending packets of asynchronous engines.
//
// Several packets of an SSRC may be with the engine at once, all estimated before any is committed. That is right for
// every packet less than 2^15 ahead of the highest index that was authentic before them, sequence wrap or not, so a
// known SSRC would have to lose 2^15 packets within one burst to be misjudged. Where that is in doubt there are further
// guesses (roc_search.hpp).
//
// A packet without a tag (UNAUTHENTICATED_SRTP) has one guess, which nothing will prove wrong: it is made from what all
// packets before it have shown, so that its index is committed before its job is done.
#pragma once

#include "crypto/job_fill.hpp"

namespace sallyport::crypto {

inline Verdict verdict_of(WindowVerdict seen) noexcept {
  switch (seen) {
    case WindowVerdict::kSeen:
      return Verdict::kReplayed;
    case WindowVerdict::kTooOld:
      return Verdict::kTooOld;
    case WindowVerdict::kNew:
      break;
  }
  return Verdict::kOk;
}

/// The index of SRTP is guessed, that of SRTCP is read (RFC 3711 3.4); `index_wire` is where SRTCP has it.
template <class Policy, Guess kGuess>
std::uint64_t index_of(const SrtpPacket& packet, const SsrcState* state, const std::uint8_t* index_wire) noexcept {
  if constexpr (Policy::kKind == PacketKind::kRtcp) {
    return load_be32(index_wire) & ~kEncryptedBit;
  } else {
    const std::uint16_t sequence = rtp_sequence(packet.data);
    if constexpr (kGuess == Guess::kFirst) return first_guess(state, sequence);
    if constexpr (kGuess == Guess::kSecond) return second_guess(state, sequence);
    return third_guess(state, sequence);
  }
}

/// Whether the packet's SSRC has shown its ROC, so that only the first guess counts.
inline bool roc_is_known(const Context& context, const SsrcState* state) noexcept {
  if (state == nullptr || state->rtp.empty()) return false;
  return !state->failing() || context.failures() < kFailuresBeforeSearch;
}

/// Whether a tag will tell a wrong key or index from the right one.
template <class Policy>
bool is_authenticated(const Context& context) noexcept {
  return Policy::kKind == PacketKind::kRtcp || !context.special() || !context.parameters().unauthenticated_srtp;
}

/// The packet is taken: its index counts as received from now on. kOk, or why it is not.
template <class Policy>
Verdict accept(Context& context, SsrcState* state, SrtpPacket& packet, std::uint8_t key_slot) noexcept {
  if (state == nullptr) {
    // Asked first: a packet that is refused leaves nothing behind, not even its SSRC.
    if (Policy::left(context, key_slot) == 0) return Verdict::kKeyExhausted;
    state = context.find_or_add_ssrc(ssrc_of<Policy>(packet));
    if (state == nullptr) return Verdict::kSsrcLimit;
  }
  // Asked again: its twin may have been faster.
  const Verdict verdict = verdict_of(Policy::check(*state, packet.index));
  if (verdict != Verdict::kOk) return verdict;
  if (!Policy::take(context, *state, key_slot, packet.attention)) return Verdict::kKeyExhausted;
  Policy::commit(*state, packet.index);
  if (state->failing()) [[unlikely]] {
    state->flags &= static_cast<std::uint8_t>(~SsrcState::kFailing);
    context.note_success();
  }
  return Verdict::kOk;
}

/// Where MKI and tag lie in a packet, from its end.
struct Tail {
  std::size_t overhead;
  const std::uint8_t* index;  ///< SRTCP
  const std::uint8_t* mki;
};
template <class Policy>
Tail tail_of(const SrtpPacket& packet, const JobForm& row, const WireForm& form) noexcept {
  const std::uint8_t* const end = packet.data + packet.length;
  const std::uint8_t* const mki = end - form.mki_len - (row.aead ? 0 : form.tag_len);
  return {Policy::kIndexOnWire + form.tag_len + form.mki_len, mki - Policy::kIndexOnWire, mki};
}

/// 1. Check the bounds. 2. Find the key, estimate the index and look for a replay. 3. Accept a packet without a tag at
/// once. 4. Describe the job. kOk: the job is ready.
template <class Policy, Guess kGuess>
Verdict begin_unprotect_as(const JobSpace& space, SrtpPacket& packet, Context& context) noexcept {
  const JobForm& row = context.job_form();
  const bool special = context.special();
  WireForm form = special ? context.special_form(Policy::kKind) : Policy::usual_form(context);
  packet.attention = false;
  packet.authentic = false;
  packet.key_slot = 0;
  if (!well_formed<Policy>(packet, Policy::kIndexOnWire + form.tag_len + form.mki_len)) return Verdict::kMalformed;
  const Tail tail = tail_of<Policy>(packet, row, form);
  const std::size_t header_len = Policy::header_len(packet);
  const std::size_t text_len = packet.length - header_len - tail.overhead;
  std::uint8_t key_slot = 0;
  if (form.mki_len != 0) {
    const std::optional<std::uint8_t> slot = context.slot_of(tail.mki);
    if (!slot) return Verdict::kUnknownMki;
    key_slot = *slot;
    packet.key_slot = key_slot;
  }
  if constexpr (Policy::kKind == PacketKind::kRtcp) {
    const bool encrypted = (load_be32(tail.index) & kEncryptedBit) != 0;
    const SessionParameters& agreed = context.parameters();
    if (!encrypted && form.encrypted && !agreed.accept_unencrypted_srtcp) return Verdict::kNotEncrypted;
    form.encrypted = encrypted && row.cipher != Cipher::kNull;
  }

  SsrcState* state = context.find_ssrc(ssrc_of<Policy>(packet));
  const std::uint64_t index = index_of<Policy, kGuess>(packet, state, tail.index);
  packet.index = index;
  if (index > Policy::kMaxIndex) return Verdict::kKeyExhausted;
  if (state != nullptr) {
    const Verdict seen = verdict_of(Policy::check(*state, index));
    if (seen != Verdict::kOk) return seen;
  }
  const SessionKey* key = &Policy::key(context);
  if (special) {
    key = context.special_key(Policy::kKind, key_slot, index);
    if (key == nullptr) {
      context.note_epoch(Policy::kKind, index, false);
      packet.attention = context.wants_attention();
      return Verdict::kNoSessionKey;
    }
  }
  if (!is_authenticated<Policy>(context)) {
    const Verdict accepted = accept<Policy>(context, state, packet, key_slot);
    if (accepted != Verdict::kOk) return accepted;
  }

  fill_job<Policy>(space, packet.data, context, {*key, form, index, header_len, text_len});
  space.origin.state = state;
  space.origin.text_len = static_cast<std::uint16_t>(text_len);
  space.origin.key_slot = key_slot;
  space.origin.trailer_is_over_packet = false;
  space.origin.usual = false;
  Job& job = space.job;
  if (trailer_behind_text<Policy>(row, form) && (Policy::kKind == PacketKind::kRtp || row.aead)) {
    lay_trailer(space, packet.data + header_len + text_len, Policy::trailer(index, form.encrypted));
  }
  // A wrong guess of key or ROC must leave the ciphertext for the next one: HMAC suites decrypt nothing before the tag
  // was right, AEAD needs another place. A text too long for that gets one try.
  if (row.aead) {
    const bool again = packet.fallback != nullptr || !roc_is_known(context, state);
    if (again && text_len <= kScratch) job.dst = space.extra.scratch.data();
  }
  return Verdict::kOk;
}

/// After the engine: puts a refused packet back as it was, or commits the index of an authentic one.
template <class Policy>
Verdict finish_unprotect_as(const JobSpace& space, SrtpPacket& packet, Context& context) noexcept {
  const Job& job = space.job;
  const JobOrigin& origin = space.origin;
  const std::size_t header_len = Policy::header_len(packet);
  SsrcState* state = origin.state;
  const std::uint32_t ssrc = ssrc_of<Policy>(packet);
  const bool authenticated = is_authenticated<Policy>(context);
  packet.authentic = authenticated && job.ok;
  // The place may have been given to another SSRC since.
  if (state != nullptr && state->ssrc != ssrc) [[unlikely]]
    state = context.find_ssrc(ssrc);
  if (!job.ok) [[unlikely]] {
    if (!authenticated) return Verdict::kEngineFailed;
    restore_tail(space, packet.data + header_len + origin.text_len);
    if (state != nullptr) {
      state->flags |= SsrcState::kFailing;
      context.note_failure();
    }
    return Verdict::kAuthFailed;
  }
  if (authenticated) {
    const Verdict accepted = accept<Policy>(context, state, packet, origin.key_slot);
    if (accepted != Verdict::kOk) [[unlikely]] {
      restore_tail(space, packet.data + header_len + origin.text_len);
      return accepted;
    }
  }
  if (context.special()) {
    context.note_epoch(Policy::kKind, packet.index, true);
    packet.attention = context.wants_attention();
  }
  if (job.dst != job.src) std::memcpy(packet.data + header_len, job.dst, job.text_len);
  packet.length = static_cast<std::uint16_t>(header_len + origin.text_len);
  return Verdict::kOk;
}

template <Guess kGuess>
Verdict begin_unprotect(const JobSpace& space, SrtpPacket& packet, Context& context) noexcept {
  return packet.kind == PacketKind::kRtp ? begin_unprotect_as<RtpPolicy, kGuess>(space, packet, context)
                                         : begin_unprotect_as<RtcpPolicy, kGuess>(space, packet, context);
}
Verdict finish_unprotect(const JobSpace& space, SrtpPacket& packet, Context& context) noexcept;

/// Whether a packet with that verdict has another guess after `tried`, of which it had the index.
template <Guess kNext>
bool has_guess(const SrtpPacket& packet, Context& context) noexcept {
  // "Too old" was a guess as well, if others of this burst have shown since that the SSRC is far ahead. Of an authentic
  // packet it is the truth, and its text may be decrypted by now.
  if (packet.authentic) return false;
  const bool may_guess =
      packet.verdict == Verdict::kAuthFailed || (kNext == Guess::kSecond && packet.verdict == Verdict::kTooOld);
  if (!may_guess || packet.kind != PacketKind::kRtp || !is_authenticated<RtpPolicy>(context)) return false;
  const SsrcState* state = context.find_ssrc(rtp_ssrc(packet.data));
  if constexpr (kNext == Guess::kSecond) return second_guess(state, rtp_sequence(packet.data)) != packet.index;
  if (roc_is_known(context, state)) return false;
  if (state != nullptr && !state->rtp.empty()) return true;
  const std::uint32_t strangers = context.note_stranger();
  return strangers < kStrangersBeforeThrift || strangers % kStrangersPerTry == 0;
}

/// What the index of a further guess would say of the packet does not count: it was not authentic under the others.
template <Guess kGuess>
Verdict begin_guess(const JobSpace& space, SrtpPacket& packet, Context& context) noexcept {
  const Verdict verdict = begin_unprotect<kGuess>(space, packet, context);
  return kGuess == Guess::kFirst || verdict == Verdict::kOk ? verdict : Verdict::kAuthFailed;
}

}  // namespace sallyport::crypto
