// The transmit clock: whose numbers go out, and what is refused, for each thing that sources are known to do.
#include "dataplane/tx_clock.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <vector>

#include "tests/scenario/rtp_bytes.hpp"

namespace sallyport::dataplane {
namespace {

using scenario::Bytes;
using scenario::Rtp;

constexpr TxSeed kSeed{.ssrc = 0xc0ffee00, .ssrc_stride = 0x10001, .random = 42};

/// What went out for one packet.
struct Sent {
  std::uint32_t ssrc;
  std::uint16_t sequence;
  std::uint32_t timestamp;
};

class Clock {
 public:
  explicit Clock(TxMode mode = TxMode::kFreshSsrc) : clock_(mode, kSeed) {}

  /// Nothing where the packet was refused.
  std::optional<Sent> take(std::uint32_t ssrc, unsigned sequence, std::uint32_t timestamp) {
    Bytes packet = Rtp().ssrc(ssrc).sequence(static_cast<std::uint16_t>(sequence)).timestamp(timestamp).bytes();
    const Bytes before = packet;
    if (!clock_.take_rtp(packet.data())) {
      EXPECT_EQ(packet, before) << "a refused packet stays as it was";
      return std::nullopt;
    }
    return Sent{scenario::ssrc_of(packet), scenario::sequence_of(packet), scenario::timestamp_of(packet)};
  }
  std::optional<Sent> take(std::uint32_t ssrc, unsigned sequence) { return take(ssrc, sequence, sequence * 160); }
  /// How many of first..last went out.
  unsigned take_range(std::uint32_t ssrc, unsigned first, unsigned last) {
    unsigned taken = 0;
    for (unsigned i = first; i <= last; ++i) taken += take(ssrc, i).has_value();
    return taken;
  }
  TxClock* operator->() { return &clock_; }

 private:
  TxClock clock_;
};

std::uint16_t distance(const Sent& from, const Sent& to) {
  return static_cast<std::uint16_t>(to.sequence - from.sequence);
}

TEST(TxClock, PassThroughChangesNothing) {
  Clock clock(TxMode::kPassThrough);
  for (const unsigned sequence : {7U, 7U, 3U, 60000U, 7U}) {
    const auto sent = clock.take(0x1234, sequence, 99);
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->ssrc, 0x1234U);
    EXPECT_EQ(sent->sequence, sequence);
    EXPECT_EQ(sent->timestamp, 99U);
  }
}

TEST(TxClock, FreshSsrcFirstSequenceAndTimestampOffset) {
  Clock clock;
  const auto first = clock.take(1, 500, 8000);
  const auto second = clock.take(1, 501, 8160);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->ssrc, kSeed.ssrc);
  EXPECT_GE(first->sequence, 1U << 10);
  EXPECT_LT(first->sequence, 1U << 15);
  EXPECT_NE(first->timestamp, 8000U);
  EXPECT_EQ(second->ssrc, first->ssrc);
  EXPECT_EQ(distance(*first, *second), 1);
  EXPECT_EQ(second->timestamp - first->timestamp, 160U);
}

TEST(TxClock, SeedDecidesTheFirstSequence) {
  std::set<std::uint16_t> firsts;
  for (std::uint64_t random = 0; random < 50; ++random) {
    TxClock clock(TxMode::kFreshSsrc, {.ssrc = 1, .ssrc_stride = 1, .random = random});
    Bytes packet = Rtp().sequence(1).bytes();
    ASSERT_TRUE(clock.take_rtp(packet.data()));
    firsts.insert(scenario::sequence_of(packet));
  }
  EXPECT_GT(firsts.size(), 45U);
}

TEST(TxClock, GapsStayGaps) {
  Clock clock;
  const auto first = clock.take(1, 100);
  const auto later = clock.take(1, 150);
  ASSERT_TRUE(first && later);
  EXPECT_EQ(distance(*first, *later), 50) << "the receiver must be able to see the loss";
}

TEST(TxClock, SequenceWrapsThreeTimes) {
  Clock clock;
  const auto first = clock.take(1, 65530);
  ASSERT_TRUE(first);
  for (std::uint32_t i = 1; i <= 3 * 65536; ++i) {
    const auto sent = clock.take(1, (65530 + i) & 0xffff);
    ASSERT_TRUE(sent) << i;
    ASSERT_EQ(sent->ssrc, first->ssrc);
    ASSERT_EQ(sent->sequence, static_cast<std::uint16_t>(first->sequence + i));
  }
}

TEST(TxClock, ReorderedAtTheStart) {
  Clock clock;
  const auto second = clock.take(1, 1);
  const auto first = clock.take(1, 0);
  const auto before = clock.take(1, 65535);
  ASSERT_TRUE(second && first && before);
  EXPECT_EQ(distance(*first, *second), 1);
  EXPECT_EQ(distance(*before, *first), 1);
  EXPECT_GT(before->sequence, 0);
}

TEST(TxClock, DuplicateIsRefused) {
  Clock clock;
  ASSERT_TRUE(clock.take(1, 10));
  EXPECT_FALSE(clock.take(1, 10));
  const auto next = clock.take(1, 11);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->ssrc, kSeed.ssrc);
  EXPECT_FALSE(clock.take(1, 10));
}

TEST(TxClock, RewindNeedsTwoPacketsInSequence) {
  Clock clock;
  ASSERT_EQ(clock.take_range(1, 30000, 30010), 11U);
  EXPECT_FALSE(clock.take(1, 5));
  const auto restarted = clock.take(1, 6);
  ASSERT_TRUE(restarted);
  EXPECT_EQ(restarted->ssrc, kSeed.ssrc + kSeed.ssrc_stride);
  EXPECT_TRUE(clock.take(1, 7));
}

TEST(TxClock, StrayOldPacketIsNoRestart) {
  Clock clock;
  ASSERT_EQ(clock.take_range(1, 30000, 30010), 11U);
  EXPECT_FALSE(clock.take(1, 5));
  ASSERT_TRUE(clock.take(1, 30011));
  EXPECT_FALSE(clock.take(1, 6)) << "not in sequence with the other stray: something else came between";
  EXPECT_EQ(clock.take(1, 30012)->ssrc, kSeed.ssrc);
}

TEST(TxClock, JumpOfHalfTheSequenceSpaceIsARestart) {
  Clock clock;
  const auto before = clock.take(1, 100);
  ASSERT_TRUE(before);
  EXPECT_TRUE(clock.take(1, 100 + 0x7fff)) << "still ahead for everyone who counts";
  Clock other;
  ASSERT_TRUE(other.take(1, 100));
  EXPECT_FALSE(other.take(1, 100 + 0x8000)) << "behind for a receiver whose ROC we would lose";
  const auto restarted = other.take(1, 100 + 0x8001);
  ASSERT_TRUE(restarted);
  EXPECT_NE(restarted->ssrc, before->ssrc);
}

TEST(TxClock, LoopOfAShortCaptureGoesOnAfterSixteenRefusals) {
  Clock clock;
  ASSERT_EQ(clock.take_range(1, 100, 149), 50U);
  EXPECT_EQ(clock.take_range(1, 100, 114), 0U) << "fifteen duplicates in a row are duplicates";
  const auto restarted = clock.take(1, 115);
  ASSERT_TRUE(restarted);
  EXPECT_EQ(restarted->ssrc, kSeed.ssrc + kSeed.ssrc_stride);
  EXPECT_EQ(clock.take_range(1, 116, 149), 34U);
}

TEST(TxClock, LoopOfALongCaptureLosesOnePacket) {
  Clock clock;
  ASSERT_EQ(clock.take_range(1, 1, 1000), 1000U);
  EXPECT_EQ(clock.take_range(1, 1, 1000), 999U);
}

TEST(TxClock, TwoSourcesAtATimeHaveTheirOwnSsrcs) {
  Clock clock;
  std::set<std::uint32_t> ssrcs;
  for (unsigned i = 0; i < 300; ++i) {
    const auto a = clock.take(1, 1000 + i);
    const auto b = clock.take(2, 50000 + i);
    ASSERT_TRUE(a && b);
    ASSERT_NE(a->ssrc, b->ssrc);
    ssrcs.insert({a->ssrc, b->ssrc});
  }
  EXPECT_EQ(ssrcs.size(), 2U);
}

TEST(TxClock, ReturnToAnOldSourceGoesOnWhereItWas) {
  Clock clock;
  const auto before = clock.take(1, 1000);
  ASSERT_TRUE(before);
  ASSERT_EQ(clock.take_range(2, 1, 100), 100U);
  const auto after = clock.take(1, 1050);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->ssrc, before->ssrc);
  EXPECT_EQ(distance(*before, *after), 50);
}

/// Restarts until every SSRC was used; further restarts stay on the last one and only ever go up.
TEST(TxClock, RestartsBeyondTheSsrcsGoOnUpwards) {
  Clock clock;
  std::set<std::uint32_t> ssrcs;
  std::optional<Sent> last;
  for (unsigned restart = 0; restart < 3 * TxClock::kFreshSsrcs; ++restart) {
    for (unsigned i = 0; i < 200; ++i) {
      const auto sent = clock.take(1, 1000 + i);
      if (!sent) {
        ASSERT_EQ(i, 0U) << "one packet per restart is refused";
        continue;
      }
      if (last && last->ssrc == sent->ssrc) {
        ASSERT_EQ(distance(*last, *sent), 1);
        ASSERT_LT(sent->timestamp - last->timestamp, 1U << 31);
      }
      last = sent;
      ssrcs.insert(sent->ssrc);
    }
  }
  EXPECT_EQ(ssrcs.size(), TxClock::kFreshSsrcs);
}

TEST(TxClock, LatePacketAfterARestartOnAUsedSsrcIsRefused) {
  Clock clock(TxMode::kFixedSsrc);
  ASSERT_EQ(clock.take_range(1, 20000, 20200), 201U);
  EXPECT_FALSE(clock.take(1, 100));
  ASSERT_TRUE(clock.take(1, 101));
  EXPECT_FALSE(clock.take(1, 99)) << "its place belongs to a packet of before the restart";
  EXPECT_TRUE(clock.take(1, 102));
}

TEST(TxClock, FifthSourceReplacesTheLongestSilentOne) {
  Clock clock;
  std::vector<std::uint32_t> ours;
  for (std::uint32_t source = 1; source <= 4; ++source) ours.push_back(clock.take(source, 100)->ssrc);
  ASSERT_TRUE(clock.take(1, 101));
  const auto fifth = clock.take(5, 100);
  ASSERT_TRUE(fifth);
  EXPECT_EQ(std::set<std::uint32_t>(ours.begin(), ours.end()).count(fifth->ssrc), 0U);
  EXPECT_EQ(clock.take(1, 102)->ssrc, ours[0]);
  EXPECT_NE(clock.take(2, 101)->ssrc, ours[1]) << "forgotten, so it gets another: its old indices are not known";
}

TEST(TxClock, FixedSsrcKeepsSequenceAndTimestamp) {
  Clock clock(TxMode::kFixedSsrc);
  for (const unsigned sequence : {2U, 3U, 10U, 9U}) {
    const auto sent = clock.take(0x77, sequence, 1000 + sequence);
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->ssrc, kSeed.ssrc);
    EXPECT_EQ(sent->sequence, sequence);
    EXPECT_EQ(sent->timestamp, 1000 + sequence);
  }
  EXPECT_FALSE(clock.take(0x77, 65535)) << "nothing lies before ROC 0";
  EXPECT_FALSE(clock.take(0x77, 9));
}

TEST(TxClock, FixedSsrcFromSequenceZero) {
  Clock clock(TxMode::kFixedSsrc);
  EXPECT_EQ(clock.take(1, 0)->sequence, 0);
  EXPECT_FALSE(clock.take(1, 0));
  EXPECT_EQ(clock.take(1, 1)->sequence, 1);
}

TEST(TxClock, FixedSsrcIsSharedByAllSources) {
  Clock clock(TxMode::kFixedSsrc);
  const auto first = clock.take(1, 40000, 7000);
  const auto other = clock.take(2, 9, 123456);
  const auto back = clock.take(1, 40001, 7160);
  ASSERT_TRUE(first && other && back);
  EXPECT_EQ(other->ssrc, kSeed.ssrc);
  EXPECT_EQ(distance(*first, *other), 1);
  EXPECT_EQ(distance(*other, *back), 1);
  EXPECT_EQ(other->timestamp, 7160U);
}

TEST(TxClock, RtcpBeforeRtpGetsTheSameSsrc) {
  Clock clock;
  const std::uint32_t promised = clock->source_of(0x55).out_ssrc;
  EXPECT_EQ(promised, kSeed.ssrc);
  EXPECT_EQ(clock.take(0x55, 17)->ssrc, promised);
}

TEST(TxClock, RtcpSenderKnowsTheTimestampOffsetBeforehand) {
  Clock clock;
  const std::uint32_t offset = clock->source_of(0x55).timestamp_offset;
  EXPECT_EQ(clock.take(0x55, 17, 4000)->timestamp, 4000 + offset);
}

TEST(TxClock, SentAsFindsTheSourceAndItsNumbers) {
  Clock clock;
  EXPECT_EQ(clock->sent_as(kSeed.ssrc), nullptr);
  const auto sent = clock.take(0x99, 65535);
  const auto wrapped = clock.take(0x99, 0);
  ASSERT_TRUE(sent && wrapped);
  const TxSource* source = clock->sent_as(sent->ssrc);
  ASSERT_NE(source, nullptr);
  EXPECT_EQ(source->in_ssrc, 0x99U);
  EXPECT_EQ(source->source_sequence(sent->sequence), 65535U);
  EXPECT_EQ(source->source_sequence(wrapped->sequence), 65536U) << "one cycle, as the source itself counts";
  EXPECT_EQ(clock->sent_as(0x99), nullptr);
}

TEST(TxClock, SentAsFollowsTheOwnerOfASharedSsrc) {
  Clock clock(TxMode::kFixedSsrc);
  ASSERT_TRUE(clock.take(1, 100));
  ASSERT_TRUE(clock.take(2, 100));
  ASSERT_NE(clock->sent_as(kSeed.ssrc), nullptr);
  EXPECT_EQ(clock->sent_as(kSeed.ssrc)->in_ssrc, 2U);
  ASSERT_TRUE(clock.take(1, 101));
  EXPECT_EQ(clock->sent_as(kSeed.ssrc)->in_ssrc, 1U);
}

/// After a failover: no index that the other process may have used, and the far party goes on with what it knows.
TEST(TxClock, ContinuesAnSsrcOfAnotherProcess) {
  constexpr std::uint64_t kAbove = (std::uint64_t{3} << 16) + 65530;
  Clock clock;
  ASSERT_TRUE(clock->resume(0xabcdef01, kAbove, 160000));
  const auto first = clock.take(1, 7);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->ssrc, 0xabcdef01U);
  EXPECT_EQ(first->sequence, static_cast<std::uint16_t>(kAbove + 1));
  EXPECT_EQ(first->timestamp, 160160U) << "behind the last one";
  EXPECT_FALSE(clock.take(1, 6)) << "lies below what may have been used";
  EXPECT_EQ(clock.take_range(1, 8, 40), 33U);
  EXPECT_EQ(clock.take(1, 41)->sequence, static_cast<std::uint16_t>(kAbove + 35)) << "over the wrap";
}

TEST(TxClock, ContinuesSeveralSsrcsBeforeFreshOnes) {
  Clock clock;
  ASSERT_TRUE(clock->resume(0xa, 5000, 0));
  ASSERT_TRUE(clock->resume(0xb, 90000, 0));
  EXPECT_EQ(clock.take(1, 100)->ssrc, 0xaU);
  EXPECT_EQ(clock.take(2, 100)->ssrc, 0xbU);
  EXPECT_EQ(clock.take(2, 101)->sequence, static_cast<std::uint16_t>(90002));
  EXPECT_EQ(clock.take(3, 100)->ssrc, kSeed.ssrc);
  EXPECT_EQ(clock.take(1, 101)->sequence, 5002);
  EXPECT_FALSE(clock->resume(0xc, 1, 0)) << "packets have been sent";
}

TEST(TxClock, ContinuesNoMoreThanItCan) {
  Clock passing(TxMode::kPassThrough);
  EXPECT_FALSE(passing->resume(0xa, 1, 0));
  Clock fixed(TxMode::kFixedSsrc);
  EXPECT_TRUE(fixed->resume(0xa, 1, 0));
  EXPECT_FALSE(fixed->resume(0xb, 1, 0));
  Clock clock;
  for (std::uint32_t i = 0; i < TxClock::kFreshSsrcs; ++i) EXPECT_TRUE(clock->resume(i, 70000 + i, 0));
  EXPECT_FALSE(clock->resume(99, 1, 0));
  std::set<std::uint32_t> used;
  for (std::uint32_t source = 0; source < 20; ++source) used.insert(clock.take(source, 1)->ssrc);
  EXPECT_EQ(used.size(), TxClock::kFreshSsrcs) << "no fresh ones are left";
}

/// Where keys of epochs are made in advance, the first number lies within them.
TEST(TxClock, StartsWithinASpan) {
  for (std::uint64_t random = 0; random < 200; ++random) {
    TxClock clock(TxMode::kFreshSsrc, {.ssrc = 1, .ssrc_stride = 1, .random = random, .first_span = 256});
    Bytes packet = Rtp().sequence(40000).bytes();
    ASSERT_TRUE(clock.take_rtp(packet.data()));
    EXPECT_GE(scenario::sequence_of(packet), kFirstSequenceLow);
    EXPECT_LT(scenario::sequence_of(packet), kFirstSequenceLow + 256);
  }
}

}  // namespace
}  // namespace sallyport::dataplane
