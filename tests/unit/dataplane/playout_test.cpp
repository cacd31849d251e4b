// When frames are due (requirements M7, M8): evenly, never in a burst, without drift over an hour of simulated time.
#include "dataplane/playout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace sallyport::dataplane {
namespace {

constexpr double kHz = 2.5e9;
constexpr Tsc kRound = 50'000'000;  // 20 ms
constexpr Tsc kSlot = kRound / Playout::kSlots;

std::shared_ptr<const Prompt> prompt(std::uint32_t frames) {
  std::vector<std::uint32_t> ends;
  for (std::uint32_t i = 1; i <= frames; ++i) ends.push_back(160 * i);
  return std::make_shared<const Prompt>("test", std::vector<std::uint8_t>(160 * frames, 0xff), std::move(ends), 160);
}

/// A playout that is asked every `step` ticks.
struct Wheel {
  explicit Wheel(std::uint32_t most = 1000) : playout(most, kHz) {}

  Player* add() {
    auto player = std::make_unique<Player>();
    player->prompt = shared;
    player->ssrc = ++made;
    Player* const raw = player.get();
    return playout.add(player, now) ? raw : nullptr;
  }
  /// All that is due now.
  std::vector<Player*> due() {
    std::vector<Player*> all;
    for (Playout::Due some; playout.take(now, some), some.count != 0;) {
      EXPECT_LE(some.count, kBurst);
      latest = std::max(latest, some.late);
      round = some.round;
      all.insert(all.end(), some.players.begin(), some.players.begin() + some.count);
    }
    return all;
  }
  /// How often each player had its turn until `end`.
  std::map<std::uint32_t, int> turns(Tsc end, Tsc step) {
    std::map<std::uint32_t, int> count;
    for (; now < end; now += step) {
      for (const Player* player : due()) ++count[player->ssrc];
    }
    return count;
  }

  Playout playout;
  std::shared_ptr<const Prompt> shared = prompt(10);
  Tsc now = 1'000'000'000;
  std::uint32_t latest = 0;  ///< us
  std::uint32_t round = 0;
  std::uint32_t made = 0;
};

TEST(Playout, EveryPlayerHasOneTurnARound) {
  Wheel wheel;
  for (int i = 0; i < 200; ++i) ASSERT_NE(wheel.add(), nullptr);
  const auto turns = wheel.turns(wheel.now + 50 * kRound, kSlot / 4);
  EXPECT_EQ(turns.size(), 200U);
  for (const auto& [ssrc, count] : turns) EXPECT_EQ(count, 50) << ssrc;
}

TEST(Playout, TheFirstOneIsHeardAtOnce) {
  Wheel wheel;
  wheel.add();
  EXPECT_EQ(wheel.due().size(), 1U);
}

TEST(Playout, PlayersAreSpreadOverTheRound) {
  Wheel wheel;
  for (int i = 0; i < 800; ++i) wheel.add();
  for (std::uint32_t i = 0; i < 2 * Playout::kSlots; ++i, wheel.now += kSlot) {
    EXPECT_EQ(wheel.due().size(), 10U) << "moment " << i;
  }
}

TEST(Playout, DoesNotDriftInAnHour) {
  Wheel wheel;
  wheel.add();
  const Tsc start = wheel.now;
  constexpr Tsc kHour = static_cast<Tsc>(3600 * kHz);
  int turns = 0;
  Tsc last = 0;
  // Asked at odd times, never more than 7 ms apart.
  for (Tsc step = 1; wheel.now < start + kHour; step = (step * 6364136223846793005ULL + 1442695040888963407ULL)) {
    if (!wheel.due().empty()) {
      ++turns;
      last = wheel.now;
    }
    wheel.now += 1 + step % (7 * kRound / 20);
  }
  EXPECT_EQ(turns, 3600 * 50);
  EXPECT_LE(last, start + kHour);
  EXPECT_GE(last, start + kHour - 2 * kRound);
  EXPECT_LT(wheel.latest, 7001U);
}

TEST(Playout, AStallIsSkippedAndNotSentInABurst) {
  Wheel wheel;
  for (int i = 0; i < 160; ++i) wheel.add();
  wheel.turns(wheel.now + 3 * kRound, kSlot);
  const std::uint32_t before = wheel.round;
  wheel.now += 5 * kRound + kRound / 2;
  const Tsc resumed = wheel.now;
  EXPECT_LE(wheel.due().size(), 4U) << "only what is due at this moment";
  EXPECT_EQ(wheel.round, before + 6) << "what was missed counts as gone";
  const auto turns = wheel.turns(resumed + 2 * kRound, kSlot);
  for (const auto& [ssrc, count] : turns) EXPECT_LE(count, 2) << ssrc;
}

TEST(Playout, LateByLessThanARoundEveryoneStillHasATurn) {
  Wheel wheel;
  for (int i = 0; i < 80; ++i) wheel.add();
  wheel.turns(wheel.now + kRound, kSlot);
  wheel.now += kRound / 2;
  EXPECT_EQ(wheel.due().size(), 41U);
}

TEST(Playout, WhoLeavesTakesNobodysTurn) {
  Wheel wheel;
  std::set<Player*> players;
  for (int i = 0; i < 400; ++i) players.insert(wheel.add());
  std::map<Player*, int> turns;
  std::uint32_t seed = 1;
  for (int step = 0; step < 40 * 80; ++step, wheel.now += kSlot) {
    for (Player* player : wheel.due()) {
      ASSERT_TRUE(players.contains(player)) << "one that has left";
      EXPECT_EQ(wheel.playout.at(player->place), player);
      ++turns[player];
    }
    if (step % 5 != 0 || players.size() < 100) continue;
    seed = seed * 1664525 + 1013904223;
    Player* const leaves = *std::next(players.begin(), seed % players.size());
    players.erase(leaves);
    turns.erase(leaves);
    EXPECT_EQ(wheel.playout.remove(*leaves).get(), leaves);
  }
  EXPECT_EQ(wheel.playout.size(), players.size());
  for (Player* player : players) EXPECT_EQ(turns[player], 40) << "one of those that stayed";
}

TEST(Playout, WhoLeavesWithinItsMomentTakesNobodysTurn) {
  constexpr std::uint32_t kEach = 100;  // more than a burst
  for (std::uint32_t leaving = 0; leaving < kEach; leaving += 9) {
    Wheel wheel(kEach * Playout::kSlots);
    for (std::uint32_t i = 0; i < kEach * Playout::kSlots; ++i) ASSERT_NE(wheel.add(), nullptr);
    Playout::Due due;
    wheel.playout.take(wheel.now, due);
    ASSERT_EQ(due.count, kBurst);
    std::set<Player*> had(due.players.begin(), due.players.begin() + due.count);
    Player* const leaves = wheel.playout.at(due.players[0]->place / (kEach + 1) * (kEach + 1) + leaving);
    const bool had_its_turn = had.erase(leaves) == 1;
    EXPECT_EQ(had_its_turn, leaving < kBurst);
    const auto gone = wheel.playout.remove(*leaves);
    for (Player* player : wheel.due()) EXPECT_TRUE(had.insert(player).second) << "twice in a round";
    EXPECT_EQ(had.size(), kEach - 1) << "all the others of this moment";
  }
}

TEST(Playout, ReplacesInTheSameMoment) {
  Wheel wheel;
  for (int i = 0; i < 3; ++i) wheel.add();
  Player* const old = wheel.due().front();
  old->round = wheel.round;
  auto fresh = std::make_unique<Player>();
  Player* const raw = fresh.get();
  const auto given_back = wheel.playout.replace(*old, std::move(fresh));
  EXPECT_EQ(given_back.get(), old);
  EXPECT_EQ(raw->round, wheel.round);
  wheel.now += kRound;
  const auto due = wheel.due();
  EXPECT_NE(std::find(due.begin(), due.end(), raw), due.end());
  EXPECT_EQ(wheel.playout.size(), 3U);
}

TEST(Playout, IsFull) {
  Wheel wheel(100);
  for (int i = 0; i < 100; ++i) ASSERT_NE(wheel.add(), nullptr);
  auto one_more = std::make_unique<Player>();
  EXPECT_FALSE(wheel.playout.add(one_more, wheel.now));
  EXPECT_NE(one_more, nullptr);
}

TEST(Player, LoopsAndEnds) {
  Player player;
  player.prompt = prompt(10);
  player.skip(7);
  EXPECT_EQ(player.position, 7U);
  player.skip(25);
  EXPECT_EQ(player.position, 2U);
  EXPECT_EQ(player.timestamp, 32U * 160);
  player.loops = false;
  player.skip(7);
  EXPECT_EQ(player.position, 9U);
  EXPECT_FALSE(player.ended);
  player.skip(1);
  EXPECT_TRUE(player.ended);
}

}  // namespace
}  // namespace sallyport::dataplane
