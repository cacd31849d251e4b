#include <cstring>
#include <utility>

#include "crypto/rtp_wire.hpp"
#include "dataplane/stages/stages.hpp"

namespace sallyport::dataplane {
namespace {

/// RFC 4594 4.1: telephony.
constexpr std::uint8_t kDscpExpedited = 46;

/// Of whom it is played to.
void prefetch(const WorkerState& worker, const Playout::Due& due) noexcept {
  for (std::uint16_t i = 0; i < due.count; ++i) worker.table.prefetch_slot(due.players[i]->stream.index);
  for (std::uint16_t i = 0; i < due.count; ++i) {
    const Stream* leg = worker.table.find(due.players[i]->stream);
    if (leg != nullptr) leg->prefetch_sending();
  }
}

/// Brings a player to the round that it has its turn in. False: there is nothing left to send.
bool bring_up(WorkerState& worker, Player& player, std::uint32_t round) noexcept {
  const std::uint32_t missed = player.started ? round - player.round - 1 : 0;
  player.round = round;
  if (missed == 0) [[likely]]
    return !player.ended;
  worker.stats.playout.skipped.add(missed);
  if (!player.ended) player.skip(missed);
  return !player.ended;
}

void write_rtp(Player& player, rte_mbuf* packet, Tsc now) noexcept {
  const std::span<const std::uint8_t> frame = player.prompt->frame(player.position);
  auto* rtp = reinterpret_cast<std::uint8_t*>(
      rte_pktmbuf_append(packet, static_cast<std::uint16_t>(crypto::kRtpFixedHeader + frame.size())));
  rtp[0] = 0x80;
  rtp[1] = static_cast<std::uint8_t>(player.payload_type | (player.started ? 0 : 0x80));
  crypto::set_rtp_sequence(rtp, player.sequence++);
  crypto::set_rtp_timestamp(rtp, player.timestamp);
  crypto::set_rtp_ssrc(rtp, player.ssrc);
  std::memcpy(rtp + crypto::kRtpFixedHeader, frame.data(), frame.size());
  player.started = true;
  player.skip(1);
  PacketMeta& meta = meta_of(packet);
  meta = PacketMeta{};
  meta.arrival = now;
  meta.kind = crypto::PacketKind::kRtp;
  meta.header_len = crypto::kRtpFixedHeader;
  meta.dscp = kDscpExpedited;
}

}  // namespace

void stop_playing(WorkerState& worker, Stream& leg, bool finished) noexcept {
  if (!leg.playing) return;
  leg.playing = false;
  Player* const player = std::exchange(leg.more->player, nullptr);
  worker.events->push(PlayerRetired{worker.playout->remove(*player), finished});
  worker.stats.playing.set(worker.playout->size());
}

bool pace(WorkerState& worker, Burst& burst) noexcept {
  Playout::Due due;
  worker.playout->take(worker.now, due);
  if (due.count == 0) return false;
  PlayoutStats& stats = worker.stats.playout;
  stats.note_late(due.late, due.count);
  prefetch(worker, due);
  std::array<rte_mbuf*, kBurst> packets;
  if (rte_pktmbuf_alloc_bulk(worker.buffers, packets.data(), due.count) != 0) [[unlikely]] {
    stats.no_buffer.add(due.count);
    return true;  // who had no packet in this round has one frame less
  }
  std::uint16_t used = 0;
  std::array<Player*, kBurst> over;
  std::uint16_t ended = 0;
  for (std::uint16_t i = 0; i < due.count; ++i) {
    Player& player = *due.players[i];
    if (!bring_up(worker, player, due.round)) {
      over[ended++] = &player;
      continue;
    }
    rte_mbuf* packet = packets[used++];
    write_rtp(player, packet, worker.now);
    if (deliver(worker, packet, player.stream)) burst.push(packet);
  }
  worker.stats.generated.add(used);
  stats.frames.add(used);
  if (used < due.count) rte_pktmbuf_free_bulk(packets.data() + used, due.count - used);
  // Without room for the event in a later round.
  for (std::uint16_t i = 0; i < ended && worker.events->size() < worker.events->capacity(); ++i) {
    stop_playing(worker, *worker.table.find(over[i]->stream), true);
  }
  return true;
}

}  // namespace sallyport::dataplane
