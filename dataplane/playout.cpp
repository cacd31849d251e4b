#include "dataplane/playout.hpp"

#include <algorithm>
#include <cmath>

namespace sallyport::dataplane {

// Since a moment only grows while no other has fewer, none ever has more than its share and one.
Playout::Playout(std::uint32_t most, double hz)
    : period_(static_cast<Tsc>(std::llround(hz * kFrameMilliseconds / 1000))),
      most_(most),
      depth_(most / kSlots + 1),
      wheel_(std::size_t{kSlots} * depth_) {}

bool Playout::add(std::unique_ptr<Player>& player, Tsc now) noexcept {
  if (players_ == most_) return false;
  if (players_ == 0) start_anew(now);
  // From the next moment on, so that a first player is heard at once.
  const std::uint32_t first = slot_ % kSlots;
  std::uint32_t best = first;
  for (std::uint32_t i = 1; i < kSlots; ++i) {
    const std::uint32_t slot = (first + i) % kSlots;
    if (used_[slot] < used_[best]) best = slot;
  }
  player->place = place(best, used_[best]++);
  wheel_[player->place] = std::move(player);
  ++players_;
  return true;
}

std::unique_ptr<Player> Playout::replace(Player& player, std::unique_ptr<Player> with) noexcept {
  with->place = player.place;
  with->round = player.round;
  return std::exchange(wheel_[player.place], std::move(with));
}

/// What lies behind it closes the gap, those that have had their turn among themselves.
std::unique_ptr<Player> Playout::remove(Player& player) noexcept {
  const std::uint32_t slot = player.place / depth_;
  std::uint32_t gap = player.place;
  std::unique_ptr<Player> removed = std::move(wheel_[gap]);
  const auto fill_from = [this, &gap](std::uint32_t from) noexcept {
    if (from == gap) return;
    wheel_[gap] = std::move(wheel_[from]);
    wheel_[gap]->place = gap;
    gap = from;
  };
  if (slot == slot_ && gap < place(slot, taken_)) fill_from(place(slot, --taken_));
  fill_from(place(slot, --used_[slot]));
  --players_;
  return removed;
}

void Playout::take(Tsc now, Due& due) noexcept {
  due.count = 0;
  if (players_ == 0) return;
  if (now > due_at(slot_) + period_) catch_up(now);
  if (now + period_ < due_at(slot_)) start_anew(now);
  for (std::uint32_t tried = 0; tried <= kSlots; ++tried) {
    const Tsc moment = due_at(slot_);
    if (moment > now) return;
    if (taken_ == used_[slot_]) {
      next_slot();
      continue;
    }
    due.late = static_cast<std::uint32_t>((now - moment) * kFrameMilliseconds * 1000 / period_);
    due.round = round_;
    while (taken_ < used_[slot_] && due.count < kBurst) due.players[due.count++] = at(place(slot_, taken_++));
    return;
  }
}

/// The clock went back: the machine was restored or moved.
void Playout::start_anew(Tsc now) noexcept {
  round_start_ = now;
  slot_ = taken_ = 0;
  ++round_;
}

void Playout::next_slot() noexcept {
  taken_ = 0;
  if (++slot_ < kSlots) return;
  slot_ = 0;
  ++round_;
  round_start_ += period_;
}

/// After a stall: to the moment that it is now. Rounds that are gone count.
void Playout::catch_up(Tsc now) noexcept {
  const Tsc rounds = (now - round_start_) / period_;
  round_start_ += rounds * period_;
  round_ += static_cast<std::uint32_t>(rounds);
  slot_ = static_cast<std::uint32_t>((now - round_start_) * kSlots / period_);
  taken_ = 0;
}

}  // namespace sallyport::dataplane
