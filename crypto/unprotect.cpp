// SRTP -> RTP, SRTCP -> RTCP. See transform.hpp. The order is that of RFC 3711 3.3: estimate the index, check for
// replay, authenticate, decrypt, and only then move ROC and window.
//
// All estimates of a burst are made before anything of it is committed. That is right for every packet less than 2^15
// ahead of the highest index that was authentic before the burst, sequence wrap or not, so a known SSRC would have to
// lose 2^15 packets within one burst to be misjudged. Only an SSRC that has not been authentic under its key yet has no
// such reference. There, a packet whose tag was wrong is tried once more with a second guess of its ROC.
#include <bit>

#include "crypto/workspace.hpp"

namespace sallyport::crypto {
namespace {

/// A set of packets of one burst, bit n for the n-th.
using PacketSet = std::uint64_t;
static_assert(kMaxBurst == 64);

constexpr PacketSet only(std::size_t i) { return PacketSet{1} << i; }
constexpr PacketSet first(std::size_t n) { return n == kMaxBurst ? ~PacketSet{0} : only(n) - 1; }
std::size_t take_first(PacketSet& set) noexcept {
  const auto i = static_cast<std::size_t>(std::countr_zero(set));
  set &= set - 1;
  return i;
}

Verdict verdict_of(WindowVerdict seen) noexcept {
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

/// Which of the indices that a sequence number may mean.
enum class Guess { kFirst, kSecond };

/// RFC 3711 3.3.1; an SSRC that is new starts with ROC 0.
std::uint64_t first_guess(const SsrcState* state, std::uint16_t sequence) noexcept {
  return estimate_index(state == nullptr ? 0 : state->rtp.highest(), sequence);
}

/// What else the index of a packet may be that was not authentic under its first guess.
std::uint64_t second_guess(const SsrcState* state, std::uint16_t sequence) noexcept {
  // Others of this burst have shown where the SSRC is (or the guess is as it was).
  if (state != nullptr && !state->rtp.empty()) return estimate_index(state->rtp.highest(), sequence);
  // A re-key without signalled ROC: RFC 3711 8.1 keeps it, many senders start again from 0.
  if (state != nullptr && roc_of(state->rtp.highest()) != 0) return sequence;
  // A stream that began shortly before its first wrap, and everything before the wrap was lost.
  return sequence < 0x8000 ? std::uint64_t{1} << 16 | sequence : sequence;
}

/// The index of SRTP is guessed, that of SRTCP is read (RFC 3711 3.4); `index_wire` is where SRTCP has it.
template <class Policy, Guess kGuess>
std::uint64_t index_of(const SrtpPacket& packet, const SsrcState* state, const std::uint8_t* index_wire) noexcept {
  if constexpr (Policy::kKind == PacketKind::kRtcp) {
    return load_be32(index_wire) & ~kEncryptedBit;
  } else {
    const std::uint16_t sequence = rtp_sequence(packet.data);
    return kGuess == Guess::kFirst ? first_guess(state, sequence) : second_guess(state, sequence);
  }
}

/// Whether a wrong guess of key or ROC must leave the ciphertext for the next one, so that AEAD opens into scratch
/// (HMAC decrypts nothing before the tag is right). A text too long for scratch gets one try.
bool may_be_tried_again(const SrtpPacket& packet, bool ssrc_is_known, std::size_t text_len) noexcept {
  return (packet.fallback != nullptr || !ssrc_is_known) && text_len <= Workspace::kScratch;
}

/// 1. Check the bounds. 2. Estimate the index and look for a replay. 3. Describe the job. The verdict is kOk if the job
/// in `slot` is ready.
template <class Policy, Guess kGuess>
[[gnu::always_inline]] inline Verdict prepare(Workspace& workspace, std::size_t slot, SrtpPacket& packet,
                                              Context& context) noexcept {
  const Suite& suite = context.suite();
  const std::size_t overhead = srtp_overhead(suite, Policy::kKind);
  if (!well_formed<Policy>(packet, overhead)) return Verdict::kMalformed;
  const std::size_t text_len = packet.length - Policy::header_len(packet) - overhead;
  std::uint8_t* end = packet.data + packet.length;
  const std::uint8_t* index_wire = end - kTrailer - (suite.aead() ? 0 : Policy::tag_len(suite));
  if constexpr (Policy::kKind == PacketKind::kRtcp) {
    if ((load_be32(index_wire) & kEncryptedBit) == 0) return Verdict::kNotEncrypted;
  }

  SsrcState* state = context.ssrcs().find(ssrc_of<Policy>(packet));
  const std::uint64_t index = index_of<Policy, kGuess>(packet, state, index_wire);
  packet.index = index;
  if (index > Policy::kMaxIndex) return Verdict::kKeyExhausted;
  if (state != nullptr) {
    const Verdict seen = verdict_of(Policy::window(*state).check(index));
    if (seen != Verdict::kOk) return seen;
  }

  fill_job<Policy>(workspace, slot, packet, context, index, text_len);
  workspace.origins[slot].state = state;
  Job& job = workspace.jobs[slot];
  if (suite.aead()) {
    const bool ssrc_is_known = state != nullptr && !Policy::window(*state).empty();
    if (may_be_tried_again(packet, ssrc_is_known, text_len)) job.dst = workspace.scratch[slot].data();
  } else if constexpr (Policy::kKind == PacketKind::kRtp) {
    std::uint8_t* saved = workspace.saved_tags[slot].data();
    copy_tag(saved, job.tag, job.tag_len);
    store_be32(job.tag, Policy::trailer(index));
    job.tag = saved;
  }
  return Verdict::kOk;
}

/// After the engine: puts a refused packet back as it was, or commits the index of an authentic one.
template <class Policy>
[[gnu::always_inline]] inline Verdict finish(const Job& job, SsrcState* state, SrtpPacket& packet,
                                             Context& context) noexcept {
  if (!job.ok) {
    if constexpr (Policy::kKind == PacketKind::kRtp) {
      if (job.cipher == Cipher::kAesCm) std::memcpy(job.dst + job.text_len, job.tag, kTrailer);
    }
    return Verdict::kAuthFailed;
  }
  if (state == nullptr) {
    state = context.ssrcs().find_or_add(ssrc_of<Policy>(packet));
    if (state == nullptr) return Verdict::kSsrcLimit;
  }
  // Asked again: its twin may have come earlier in this burst.
  ReplayWindow& seen = Policy::window(*state);
  const Verdict verdict = verdict_of(seen.check(packet.index));
  if (verdict != Verdict::kOk) return verdict;
  seen.commit(packet.index);
  const std::size_t header_len = Policy::header_len(packet);
  if (job.dst != job.src) std::memcpy(packet.data + header_len, job.dst, job.text_len);
  packet.length = static_cast<std::uint16_t>(header_len + job.text_len);
  return Verdict::kOk;
}

/// Opens `wanted` under one of their two keys, in one engine call, and sets their verdicts. Returns those refused.
template <Context* SrtpPacket::*kWhich, Guess kGuess>
PacketSet open_under(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets, PacketSet wanted) noexcept {
  PacketSet refused = 0;
  std::size_t count = 0;
  while (wanted != 0) {
    const std::size_t i = take_first(wanted);
    SrtpPacket& packet = packets[i];
    Context& context = *(packet.*kWhich);
    packet.used_fallback = false;
    packet.verdict = packet.kind == PacketKind::kRtp ? prepare<RtpPolicy, kGuess>(workspace, count, packet, context)
                                                     : prepare<RtcpPolicy, kGuess>(workspace, count, packet, context);
    if (packet.verdict == Verdict::kOk) {
      workspace.origins[count++].packet = static_cast<std::uint8_t>(i);
    } else {
      refused |= only(i);
    }
  }
  engine.open({workspace.jobs.data(), count});
  for (std::size_t slot = 0; slot < count; ++slot) {
    const JobOrigin& origin = workspace.origins[slot];
    const Job& job = workspace.jobs[slot];
    SrtpPacket& packet = packets[origin.packet];
    Context& context = *(packet.*kWhich);
    packet.verdict = packet.kind == PacketKind::kRtp ? finish<RtpPolicy>(job, origin.state, packet, context)
                                                     : finish<RtcpPolicy>(job, origin.state, packet, context);
    if (packet.verdict != Verdict::kOk) refused |= only(origin.packet);
  }
  return refused;
}

/// Those whose tag was wrong and for which there is another guess.
template <Context* SrtpPacket::*kWhich>
PacketSet with_second_guess(std::span<SrtpPacket> packets, PacketSet refused) noexcept {
  PacketSet again = 0;
  while (refused != 0) {
    const std::size_t i = take_first(refused);
    const SrtpPacket& packet = packets[i];
    if (packet.verdict != Verdict::kAuthFailed || packet.kind != PacketKind::kRtp) continue;
    const SsrcState* state = (packet.*kWhich)->ssrcs().find(rtp_ssrc(packet.data));
    if (second_guess(state, rtp_sequence(packet.data)) != packet.index) again |= only(i);
  }
  return again;
}

template <Context* SrtpPacket::*kWhich>
PacketSet try_key(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets, PacketSet wanted) noexcept {
  const PacketSet refused = open_under<kWhich, Guess::kFirst>(engine, workspace, packets, wanted);
  if (refused == 0) return 0;
  const PacketSet again = with_second_guess<kWhich>(packets, refused);
  if (again == 0) return refused;
  return (refused & ~again) | open_under<kWhich, Guess::kSecond>(engine, workspace, packets, again);
}

/// Tries refused packets that have one under the previous key. Any refusal counts, a replay too: the old key has
/// its own indices. A packet that fails here as well keeps its first verdict, unless that was only that it is shorter
/// than the new key's tag.
void try_fallback(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets, PacketSet refused) noexcept {
  PacketSet wanted = 0;
  std::array<Verdict, kMaxBurst> verdicts;
  while (refused != 0) {
    const std::size_t i = take_first(refused);
    if (packets[i].fallback == nullptr) continue;
    wanted |= only(i);
    verdicts[i] = packets[i].verdict;
  }
  if (wanted == 0) return;
  PacketSet failed = try_key<&SrtpPacket::fallback>(engine, workspace, packets, wanted);
  PacketSet opened = wanted & ~failed;
  while (opened != 0) packets[take_first(opened)].used_fallback = true;
  while (failed != 0) {
    const std::size_t i = take_first(failed);
    if (verdicts[i] != Verdict::kMalformed) packets[i].verdict = verdicts[i];
  }
}

}  // namespace

void unprotect(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets) noexcept {
  prefetch_contexts<&SrtpPacket::context>(packets);
  const PacketSet refused = try_key<&SrtpPacket::context>(engine, workspace, packets, first(packets.size()));
  if (refused != 0) try_fallback(engine, workspace, packets, refused);
}

}  // namespace sallyport::crypto
