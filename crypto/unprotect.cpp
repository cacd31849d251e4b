// SRTP -> RTP, SRTCP -> RTCP in bursts. See transform.hpp and unprotect_steps.hpp.
#include <bit>

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
    packet.verdict = begin_unprotect<kGuess>(workspace.space(count), packet, *(packet.*kWhich));
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
  const PacketSet still = open_under<kWhich, kNext>(engine, workspace, packets, again);
  for (PacketSet rest = still; rest != 0;) wrong_guess(packets[take_first(rest)]);
  return (refused & ~again) | still;
}

/// The further guesses for packets that the first one refused. Returns those still refused.
template <Context* SrtpPacket::*kWhich>
PacketSet guess_on(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets, PacketSet refused) noexcept {
  if (refused != 0) refused = guess_again<kWhich, Guess::kSecond>(engine, workspace, packets, refused);
  if (refused != 0) refused = guess_again<kWhich, Guess::kThird>(engine, workspace, packets, refused);
  return refused;
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
  PacketSet failed = open_under<&SrtpPacket::fallback, Guess::kFirst>(engine, workspace, packets, wanted);
  failed = guess_on<&SrtpPacket::fallback>(engine, workspace, packets, failed);
  PacketSet opened = wanted & ~failed;
  while (opened != 0) packets[take_first(opened)].used_fallback = true;
  while (failed != 0) {
    const std::size_t i = take_first(failed);
    if (verdicts[i] != Verdict::kMalformed) packets[i].verdict = verdicts[i];
  }
}

}  // namespace

Verdict finish_unprotect(const JobSpace& space, SrtpPacket& packet, Context& context) noexcept {
  return packet.kind == PacketKind::kRtp ? finish_unprotect_as<RtpPolicy>(space, packet, context)
                                         : finish_unprotect_as<RtcpPolicy>(space, packet, context);
}

void unprotect(Engine& engine, Workspace& workspace, std::span<SrtpPacket> packets) noexcept {
  prefetch_contexts<&SrtpPacket::context>(packets);
  PacketSet refused = open_all(engine, workspace, packets);
  if (refused == 0) return;
  refused = guess_on<&SrtpPacket::context>(engine, workspace, packets, refused);
  if (refused != 0) try_fallback(engine, workspace, packets, refused);
}

}  // namespace sallyport::crypto
