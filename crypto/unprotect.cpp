// SRTP -> RTP, SRTCP -> RTCP in bursts. See transform.hpp and unprotect_steps.hpp.
#include <bit>
#include <utility>

#include "crypto/unprotect_steps.hpp"
#include "crypto/usual_packet.hpp"
#include "crypto/workspace.hpp"

namespace sallyport::crypto {
namespace {

/// A set of packets of one burst, bit n for the n-th.
using PacketSet = std::uint64_t;
static_assert(kMaxBurst == 64);

constexpr PacketSet only(std::size_t i) { return PacketSet{1} << i; }
std::size_t take_first(PacketSet& set) noexcept {
  const auto i = static_cast<std::size_t>(std::countr_zero(set));
  set &= set - 1;
  return i;
}

/// Commits what the engine has opened. Returns those refused.
template <Context* SrtpPacket::*kWhich>
PacketSet finish_all(Workspace& workspace, std::span<SrtpPacket> packets, std::size_t count) noexcept {
  PacketSet refused = 0;
  for (std::size_t slot = 0; slot < count; ++slot) {
    const JobOrigin& origin = workspace.origins[slot];
    SrtpPacket& packet = packets[origin.packet];
    if (finish_usual_unprotect(workspace.jobs[slot], origin, packet)) continue;
    packet.verdict = finish_unprotect(workspace.space(slot), packet, *(packet.*kWhich));
    if (packet.verdict != Verdict::kOk) refused |= only(origin.packet);
  }
  return refused;
}

/// Opens `wanted` under one of their two keys, in one engine call, and sets their verdicts. Returns those refused.
template <Context* SrtpPacket::*kWhich, Guess kGuess>
PacketSet open_under(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets, PacketSet wanted) noexcept {
  PacketSet refused = 0;
  std::size_t count = 0;
  while (wanted != 0) {
    const std::size_t i = take_first(wanted);
    SrtpPacket& packet = packets[i];
    packet.verdict = begin_guess<kGuess>(workspace.space(count), packet, *(packet.*kWhich));
    if (packet.verdict == Verdict::kOk) {
      workspace.origins[count++].packet = static_cast<std::uint8_t>(i);
    } else {
      refused |= only(i);
    }
  }
  engine.open({workspace.jobs.data(), count});
  return refused | finish_all<kWhich>(workspace, packets, count);
}

/// The first try of all packets.
PacketSet open_all(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets) noexcept {
  PacketSet refused = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    SrtpPacket& packet = packets[i];
    packet.verdict = Verdict::kOk;
    packet.used_fallback = false;
    packet.attention = false;
    if (!begin_usual_unprotect(workspace, count, packet)) {
      packet.verdict = begin_unprotect<Guess::kFirst>(workspace.space(count), packet, *packet.context);
      if (packet.verdict != Verdict::kOk) {
        refused |= only(i);
        continue;
      }
    }
    workspace.origins[count++].packet = static_cast<std::uint8_t>(i);
  }
  engine.open({workspace.jobs.data(), count});
  return refused | finish_all<&SrtpPacket::context>(workspace, packets, count);
}

/// Opens those of `refused` that have another guess. Returns those still refused.
template <Context* SrtpPacket::*kWhich, Guess kNext>
PacketSet guess_again(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets, PacketSet refused) noexcept {
  PacketSet again = 0;
  for (PacketSet rest = refused; rest != 0;) {
    const std::size_t i = take_first(rest);
    if (has_guess<kNext>(packets[i], *(packets[i].*kWhich))) again |= only(i);
  }
  if (again == 0) return refused;
  return (refused & ~again) | open_under<kWhich, kNext>(engine, workspace, packets, again);
}

/// The further guesses for packets that the first one refused. Returns those still refused.
template <Context* SrtpPacket::*kWhich>
PacketSet guess_on(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets, PacketSet refused) noexcept {
  if (refused != 0) refused = guess_again<kWhich, Guess::kSecond>(engine, workspace, packets, refused);
  if (refused != 0) refused = guess_again<kWhich, Guess::kThird>(engine, workspace, packets, refused);
  return refused;
}

/// What the other key of each packet has said.
using Answers = std::array<KeyAnswer, kMaxBurst>;

void swap_keys(std::span<SrtpPacket> packets, Answers& other, PacketSet set) noexcept {
  while (set != 0) {
    const std::size_t i = take_first(set);
    const KeyAnswer mine = answer_of(packets[i]);
    set_answer(packets[i], other[i]);
    other[i] = mine;
  }
}

void mark_fallback(std::span<SrtpPacket> packets, PacketSet opened) noexcept {
  while (opened != 0) packets[take_first(opened)].used_fallback = true;
}

PacketSet with_fallback(std::span<SrtpPacket> packets, PacketSet refused) noexcept {
  PacketSet set = 0;
  while (refused != 0) {
    const std::size_t i = take_first(refused);
    if (packets[i].fallback != nullptr) set |= only(i);
  }
  return set;
}

/// Packets that the newer key's first guess refused: the likely further ones first, since during a re-key every other
/// packet is one of the previous key. Any refusal counts there, a replay too: the old key has its own indices. A packet
/// that is refused to the end keeps the newer key's verdict, unless that was only that it is shorter than its tag.
void try_further(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets, PacketSet refused) noexcept {
  constexpr auto kNew = &SrtpPacket::context;
  constexpr auto kOld = &SrtpPacket::fallback;
  const PacketSet have_old = with_fallback(packets, refused);
  Answers other;
  if (have_old != 0) {
    for (PacketSet set = have_old; set != 0;) {
      const std::size_t i = take_first(set);
      other[i] = answer_of(packets[i]);
    }
    const PacketSet failed = open_under<kOld, Guess::kFirst>(engine, workspace, packets, have_old);
    mark_fallback(packets, have_old & ~failed);
    swap_keys(packets, other, failed);
    refused = (refused & ~have_old) | failed;
  }
  refused = guess_on<kNew>(engine, workspace, packets, refused);
  const PacketSet left = refused & have_old;
  if (left == 0) return;
  swap_keys(packets, other, left);
  PacketSet failed = guess_on<kOld>(engine, workspace, packets, left);
  mark_fallback(packets, left & ~failed);
  while (failed != 0) {
    const std::size_t i = take_first(failed);
    if (other[i].verdict != Verdict::kMalformed) packets[i].verdict = other[i].verdict;
  }
}

}  // namespace

Verdict finish_unprotect(const JobSpace& space, SrtpPacket& packet, Context& context) noexcept {
  return packet.kind == PacketKind::kRtp ? finish_unprotect_as<RtpPolicy>(space, packet, context)
                                         : finish_unprotect_as<RtcpPolicy>(space, packet, context);
}

void unprotect(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets) noexcept {
  prefetch_contexts<&SrtpPacket::context>(packets);
  const PacketSet refused = open_all(engine, workspace, packets);
  if (refused != 0) [[unlikely]]
    try_further(engine, workspace, packets, refused);
}

}  // namespace sallyport::crypto
