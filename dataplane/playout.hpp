// When each player's next frame is due: a wheel of one packet time, over whose slots players are spread, so that
// packets leave evenly and in full bursts. One worker's own; allocates nothing after its construction.
//
// Every player has its turn once a round of 20 ms, at the same moment of each. The wheel turns by the clock and not by
// what was done: after a stall it goes on where it should be, and what was missed is skipped, never sent in a burst.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "dataplane/burst.hpp"
#include "dataplane/clock.hpp"
#include "dataplane/media/player.hpp"

namespace sallyport::dataplane {

class Playout {
 public:
  /// Moments of a round: 250 us apart.
  static constexpr std::uint32_t kSlots = 80;

  /// `most`: players at a time; `hz`: of the TSC.
  Playout(std::uint32_t most, double hz);

  bool empty() const noexcept { return players_ == 0; }
  std::uint32_t size() const noexcept { return players_; }

  /// Takes a player; the moment with the fewest is its. False, and `player` untouched, where there is no room.
  bool add(std::unique_ptr<Player>& player, Tsc now) noexcept;
  /// Puts `with` in the place of a player here, which is given back: the same moment of each round.
  std::unique_ptr<Player> replace(Player& player, std::unique_ptr<Player> with) noexcept;
  std::unique_ptr<Player> remove(Player& player) noexcept;
  Player* at(std::uint32_t place) const noexcept { return wheel_[place].get(); }

  /// What is due.
  struct Due {
    std::array<Player*, kBurst> players;
    std::uint16_t count = 0;
    std::uint32_t round = 0;  ///< that it is due in
    std::uint32_t late = 0;   ///< for how long it has been, us
  };
  /// Players of one moment that has come, each once a round; none: nothing is due.
  void take(Tsc now, Due& due) noexcept;

 private:
  Tsc due_at(std::uint32_t slot) const noexcept { return round_start_ + period_ * slot / kSlots; }
  std::uint32_t place(std::uint32_t slot, std::uint32_t number) const noexcept { return slot * depth_ + number; }
  void next_slot() noexcept;
  void start_anew(Tsc now) noexcept;
  void catch_up(Tsc now) noexcept;

  Tsc period_;
  std::uint32_t most_;
  std::uint32_t depth_;  ///< players that a moment has room for
  std::vector<std::unique_ptr<Player>> wheel_;
  std::array<std::uint32_t, kSlots> used_{};
  std::uint32_t players_ = 0;
  Tsc round_start_ = 0;
  std::uint32_t round_ = 0;
  std::uint32_t slot_ = 0;   ///< the moment that comes next
  std::uint32_t taken_ = 0;  ///< of its players, those that had their turn
};

}  // namespace sallyport::dataplane
