// What sources do with their sequence numbers and SSRCs: replay, reordering, wraps, restarts (field cases 13 to 16, 19
// and 25).
#include <gtest/gtest.h>

#include "tests/scenario/scenario.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::DropReason;

constexpr std::uint32_t kSsrcA = 0x11111111;
constexpr std::uint32_t kSsrcB = 0x22222222;
const std::string kCm = "AES_CM_128_HMAC_SHA1_80";
const std::string kGcm = "AEAD_AES_128_GCM";

std::vector<Leg> secure_to_plain(const std::string& suite) { return {secure_leg("west", suite), plain_leg("east")}; }
std::vector<Leg> plain_to_secure(const std::string& suite) { return {plain_leg("west"), secure_leg("east", suite)}; }
std::vector<Leg> secure_to_secure() { return {secure_leg("west", kGcm), secure_leg("east", kCm)}; }

Sends all_dropped(Sends sends) {
  for (Send& send : sends) send.dropped();
  return sends;
}
Sends all_lost(Sends sends) {
  for (Send& send : sends) send.lost();
  return sends;
}
/// The gateway has worked off each before the next arrives.
Sends one_by_one(Sends sends) {
  for (Send& send : sends) send.after_a_rest();
  return sends;
}
/// From the n-th on the source's numbers map differently.
Sends restarting_at(Sends sends, std::size_t n) {
  sends.at(n).restarts();
  return sends;
}
Sends dropped_at(Sends sends, std::size_t n) {
  sends.at(n).dropped();
  return sends;
}
Sends late_at(Sends sends, std::size_t n, std::size_t places) {
  sends.at(n).late(places);
  return sends;
}

/// Packets `step` numbers apart: a source that is heard only now and then.
Sends sparse(std::uint32_t first, std::size_t count, std::uint32_t step) {
  Sends sends;
  for (std::uint32_t i = 0; i < count; ++i) {
    sends = std::move(sends) + talk("west", (first + i * step) & 0xffff, 1);
    sends.back().after_a_rest();
  }
  return sends;
}

std::vector<Scenario> reordering() {
  return {
      {.name = "ReorderBy100",
       .description = "a packet 100 places late passes (field case 16)",
       .legs = secure_to_secure(),
       .sends = late_at(talk("west", 1000, 300), 50, 100)},
      {.name = "WindowEdgeInside",
       .description = "127 behind the newest is within the window of 128",
       .legs = secure_to_plain(kGcm),
       .sends = late_at(talk("west", 1000, 300), 50, 127)},
      {.name = "WindowEdgeOutside",
       .description = "128 behind the newest is not",
       .legs = secure_to_plain(kGcm),
       .sends = dropped_at(late_at(talk("west", 1000, 300), 50, 128), 50),
       .drops = {{DropReason::kTooOld, 1}}},
      {.name = "PlainWindowEdgeOutside",
       .description = "a plain source's packet so late that the SRTP side may not use its index",
       .legs = plain_to_secure(kCm),
       .sends = dropped_at(late_at(talk("west", 1000, 300), 50, 128), 50),
       .drops = {{DropReason::kIndexUsed, 1}}},
      {.name = "ReorderOverTheWrap",
       .description = "the last packets before a wrap arrive after it",
       .legs = secure_to_secure(),
       .sends = late_at(late_at(talk("west", 65500, 80), 34, 20), 35, 30)},
      {.name = "ReorderedFirstPackets",
       .description = "the very first packets arrive in reverse",
       .legs = plain_to_secure(kGcm),
       .sends = late_at(late_at(talk("west", 0, 20), 0, 2), 1, 1)},
  };
}

std::vector<Scenario> replays() {
  return {
      {.name = "Duplicate",
       .description = "the same SRTP packet twice, at once and 100 packets later",
       .legs = secure_to_plain(kCm),
       .sends = talk("west", 10, 1) + Send("west", Rtp()).repeats(0).dropped() + talk("west", 11, 100) +
                Send("west", Rtp()).repeats(0).dropped(),
       .drops = {{DropReason::kReplayed, 2}}},
      {.name = "ReplayedTalk",
       .description = "a whole recording played again: 128 in the window, the rest behind it",
       .legs = secure_to_plain(kGcm),
       .sends =
           [] {
             Sends sends = talk("west", 500, 200);
             for (std::size_t i = 0; i < 200; ++i) sends.push_back(Send("west", Rtp()).repeats(i).dropped());
             return sends;
           }(),
       .drops = {{DropReason::kReplayed, 128}, {DropReason::kTooOld, 72}}},
      {.name = "PlainDuplicate",
       .description = "a plain source repeats a packet: its index is never encrypted twice (field case 25)",
       .legs = plain_to_secure(kGcm),
       .sends = talk("west", 10, 5) + all_dropped(talk("west", 12, 2)) + talk("west", 15, 5),
       .drops = {{DropReason::kIndexUsed, 2}}},
      {.name = "PlainDuplicateToPlain",
       .description = "between plain legs nothing is lost by it",
       .legs = {plain_leg("west"), plain_leg("east")},
       .sends = talk("west", 10, 5) + talk("west", 12, 2) + talk("west", 15, 5)},
  };
}

std::vector<Scenario> wraps() {
  return {
      {.name = "Wrap",
       .description = "one sequence wrap",
       .legs = secure_to_secure(),
       .sends = talk("west", 65500, 100)},
      {.name = "ThreeWraps",
       .description = "three wraps by a source of which every 16000th packet arrives (field case 15)",
       .legs = secure_to_secure(),
       .sends = sparse(65530, 15, 16000)},
      {.name = "PlainThreeWraps",
       .description = "the same from a plain source",
       .legs = plain_to_secure(kCm),
       .sends = sparse(65530, 15, 16000)},
      {.name = "LossOverTheWrap",
       .description = "starts at 65530; the first is heard, the 20 over the wrap are lost (field case 15)",
       .legs = secure_to_secure(),
       .sends = talk("west", 65530, 1) + all_lost(talk("west", 65531, 20)) + talk("west", 65551, 50)},
      {.name = "FirstHeardBehindTheWrap",
       .description = "starts at 65530 and nothing of ROC 0 is heard (field case 15)",
       .legs = secure_to_plain(kCm),
       .sends = all_lost(talk("west", 65530, 20)) + talk("west", 65550, 30)},
      {.name = "FirstHeardBehindTwoWraps",
       .description = "a late joiner: nothing of ROC 0 and 1 is heard; the sequence number decides which ROC is tried "
                      "with a packet, and the fifth finds it",
       .legs = secure_to_plain(kCm),
       .sends = all_lost(sparse(65530, 6, 16000)) + one_by_one(all_dropped(talk("west", 220 * 66, 4))) +
                one_by_one(talk("west", 220 * 66 + 4, 30)),
       .drops = {{DropReason::kAuthFailed, 4}}},
      {.name = "FirstHeardBehindTooManyWraps",
       .description = "beyond the ROCs that are tried: dropped and counted, nothing learned, other SSRCs unharmed",
       .legs = secure_to_plain(kCm),
       .sends = all_lost(sparse(0, 4 * 66, 16384)) + one_by_one(all_dropped(talk("west", 1, 100))) +
                talk("west", 7, 10, kSsrcB),
       .drops = {{DropReason::kAuthFailed, 100}}},
      {.name = "WrapAndSsrcChange",
       .description = "wrap and change of SSRC together (field case 15)",
       .legs = secure_to_secure(),
       .sends = talk("west", 65530, 10, kSsrcA) + talk("west", 65530, 10, kSsrcB) + talk("west", 65540, 10, kSsrcA)},
  };
}

std::vector<Scenario> sources() {
  return {
      {.name = "SsrcChangeAndReturn",
       .description = "hold music under its own SSRC, then back (field case 14)",
       .legs = secure_to_secure(),
       .sends = talk("west", 30000, 50, kSsrcA) + talk("west", 100, 50, kSsrcB) + talk("west", 30400, 50, kSsrcA)},
      {.name = "PlainSsrcChangeAndReturn",
       .description = "the same from a plain source, back with a higher number",
       .legs = plain_to_secure(kCm),
       .sends = talk("west", 30000, 50, kSsrcA) + talk("west", 100, 50, kSsrcB) + talk("west", 30400, 50, kSsrcA)},
      {.name = "PlainReturnWithLowerSequence",
       .description = "back with a lower number: one packet to notice, then a fresh SSRC (field cases 14, 25)",
       .legs = plain_to_secure(kCm),
       .sends = talk("west", 30000, 50, kSsrcA) + talk("west", 100, 50, kSsrcB) +
                restarting_at(dropped_at(talk("west", 40, 50, kSsrcA), 0), 1),
       .drops = {{DropReason::kIndexUsed, 1}}},
      {.name = "PlainLoopOfAShortCapture",
       .description = "50 packets over and over: sixteen refused, then a fresh SSRC",
       .legs = plain_to_secure(kGcm),
       .sends = talk("west", 100, 50) + all_dropped(talk("west", 100, 15)) + restarting_at(talk("west", 115, 35), 0),
       .drops = {{DropReason::kIndexUsed, 15}}},
      {.name = "TwoSourcesAtATime",
       .description = "two SSRCs interleaved",
       .legs = plain_to_secure(kGcm),
       .sends =
           [] {
             Sends sends;
             for (std::uint16_t i = 0; i < 100; ++i) {
               sends = std::move(sends) + talk("west", 200 + i, 1, kSsrcA) + talk("west", 60000 + i, 1, kSsrcB);
             }
             return sends;
           }()},
      {.name = "BurstAfterAStall",
       .description = "200 packets at once after seconds of silence: all pass, nothing is muted (field case 19)",
       .legs = secure_to_secure(),
       .sends = talk("west", 100, 10) + talk("west", 110, 200) + talk("west", 310, 10)},
      {.name = "PlainBurstAfterAStall",
       .description = "the same from a plain source",
       .legs = plain_to_secure(kCm),
       .sends = talk("west", 100, 10) + talk("west", 110, 200) + talk("west", 310, 10)},
      {.name = "LongLoss",
       .description = "30000 packets lost in one go (requirement M5)",
       .legs = secure_to_secure(),
       .sends = talk("west", 100, 10) + talk("west", 30110, 10)},
  };
}

class Sequence : public testing::TestWithParam<ScenarioRun> {};

TEST_P(Sequence, Plays) { play(GetParam().scenario, GetParam().engine, GetParam().layout); }

const auto kNames = [](const auto& run) { return name_of(run.param); };
INSTANTIATE_TEST_SUITE_P(Reordering, Sequence, testing::ValuesIn(runs_of(reordering())), kNames);
INSTANTIATE_TEST_SUITE_P(Replays, Sequence, testing::ValuesIn(runs_of(replays())), kNames);
INSTANTIATE_TEST_SUITE_P(Wraps, Sequence, testing::ValuesIn(runs_of(wraps())), kNames);
INSTANTIATE_TEST_SUITE_P(Sources, Sequence, testing::ValuesIn(runs_of(sources())), kNames);

/// Whatever a source's first number is, ours lies where a receiver that misses the first packets still guesses ROC 0.
TEST(FirstSequence, LeavesRoomForLossAndReordering) {
  for (std::uint16_t first = 0; first < 60000; first = static_cast<std::uint16_t>(first + 7919)) {
    Call call({}, plain_to_secure(kCm));
    call.send("west", Rtp().sequence(first).bytes());
    const std::uint16_t ours = sequence_of(call.received_one("east").clear);
    EXPECT_GE(ours, 1024);
    EXPECT_LT(ours, 32768);
  }
}

/// A restart gets a fresh SSRC, not only fresh numbers.
TEST(Restart, GetsAFreshSsrc) {
  Call call({}, plain_to_secure(kGcm));
  call.send("west", Rtp().sequence(20000).bytes());
  const auto before = call.received_one("east");
  call.send("west", Rtp().sequence(5).bytes());
  call.send("west", Rtp().sequence(6).bytes());
  const auto after = call.received_one("east");
  EXPECT_NE(ssrc_of(before.clear), ssrc_of(after.clear));
  expect_drops(call.gateway(), {{DropReason::kIndexUsed, 1}});
}

/// More restarts than SSRCs: the far party, whose replay window is libSRTP's, takes everything that is sent.
TEST(Restart, ManyOfThemNeverMuteTheStream) {
  Call call({}, plain_to_secure(kCm));
  constexpr unsigned kRestarts = 30;
  constexpr unsigned kPackets = 200;
  for (unsigned restart = 0; restart < kRestarts; ++restart) {
    for (std::uint16_t i = 0; i < kPackets; ++i) call.send("west", Rtp().sequence(i).bytes());
  }
  EXPECT_EQ(call.received("east").size(), kRestarts * (kPackets - 1) + 1);
  expect_drops(call.gateway(), {{DropReason::kIndexUsed, kRestarts - 1}});
}

}  // namespace
}  // namespace sallyport::scenario
