// RTCP through a leg that sends under numbers of its own: what each report says must stay true for who reads it.
#include "dataplane/media/rtcp.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/scenario/rtp_bytes.hpp"

namespace sallyport::dataplane {
namespace {

using scenario::be16;
using scenario::be32;
using scenario::Bytes;
using scenario::ReportBlock;
using scenario::Rtp;

constexpr std::uint32_t kSource = 0x5151;
constexpr std::uint32_t kStranger = 0x9999;
constexpr std::uint16_t kFirstSequence = 65000;

/// A leg on which kSource was sent from sequence number 65000 on, timestamp 0.
class Rtcp : public testing::Test {
 protected:
  void SetUp() override {
    Bytes packet = Rtp().ssrc(kSource).sequence(kFirstSequence).timestamp(0).bytes();
    ASSERT_TRUE(clock_.take_rtp(packet.data()));
    ours_ = scenario::ssrc_of(packet);
    our_sequence_ = scenario::sequence_of(packet);
    offset_ = scenario::timestamp_of(packet);
  }
  Bytes to_source(Bytes packet) {
    EXPECT_TRUE(rtcp_is_well_formed(packet));
    rtcp_to_source_numbers(packet, clock_);
    return packet;
  }
  Bytes to_sent(Bytes packet) {
    EXPECT_TRUE(rtcp_is_well_formed(packet));
    rtcp_to_sent_numbers(packet, clock_);
    return packet;
  }

  TxClock clock_{TxMode::kFreshSsrc, {.ssrc = 0xabcdef01, .ssrc_stride = 3, .random = 7}};
  std::uint32_t ours_ = 0;
  std::uint16_t our_sequence_ = 0;
  std::uint32_t offset_ = 0;
};

TEST_F(Rtcp, SenderReportIsSentUnderOurSsrcAndTimestamp) {
  EXPECT_EQ(to_sent(scenario::sender_report(kSource, 8000)), scenario::sender_report(ours_, 8000 + offset_));
}

TEST_F(Rtcp, ReportBlocksAboutUsAreAboutTheSource) {
  const ReportBlock about_us{.ssrc = ours_, .highest = our_sequence_ + 600U, .fraction_lost = 3, .jitter = 9};
  const ReportBlock other{.ssrc = kStranger, .highest = 77};
  ReportBlock expected = about_us;
  expected.ssrc = kSource;
  expected.highest = kFirstSequence + 600U;  // 65600: one cycle, as the source counts
  EXPECT_EQ(to_source(scenario::receiver_report(1, {other, about_us})),
            scenario::receiver_report(1, {other, expected}));
  EXPECT_EQ(to_source(scenario::sender_report(1, 5, {about_us})), scenario::sender_report(1, 5, {expected}));
}

TEST_F(Rtcp, MostReportBlocks) {
  std::vector<ReportBlock> blocks(31, ReportBlock{.ssrc = ours_, .highest = our_sequence_});
  std::vector<ReportBlock> expected(31, ReportBlock{.ssrc = kSource, .highest = kFirstSequence});
  EXPECT_EQ(to_source(scenario::receiver_report(1, blocks)), scenario::receiver_report(1, expected));
}

TEST_F(Rtcp, DescriptionsAndByeAreOurs) {
  const std::uint32_t other = clock_.source_of(kStranger).out_ssrc;
  ASSERT_NE(other, ours_);
  EXPECT_EQ(to_sent(scenario::source_description({{kSource, "a@b"}, {kStranger, ""}, {kSource, "name of eleven"}})),
            scenario::source_description({{ours_, "a@b"}, {other, ""}, {ours_, "name of eleven"}}));
  EXPECT_EQ(to_sent(scenario::bye({kStranger, kSource})), scenario::bye({other, ours_}));
}

/// Field 25: SRTCP encrypts under the packet's first SSRC, so that no party may choose it.
TEST_F(Rtcp, PacketsWithoutASenderAreRefused) {
  EXPECT_FALSE(rtcp_is_well_formed(Bytes{0x80, 202, 0, 1, 1, 2, 3, 4})) << "a description of nobody";
  EXPECT_FALSE(rtcp_is_well_formed(Bytes{0x80, 203, 0, 1, 1, 2, 3, 4})) << "a goodbye of nobody";
  EXPECT_FALSE(rtcp_is_well_formed(Bytes{0x80, 203, 0, 0, 0x80, 201, 0, 1, 0, 0, 0, 1})) << "no room for an SSRC";
}

TEST_F(Rtcp, AnUnknownSenderGetsAnSsrcOfOurs) {
  const Bytes sent = to_sent(scenario::source_description({{kStranger, "a@b"}}));
  EXPECT_NE(be32(sent, 4), kStranger);
  EXPECT_NE(clock_.sent_as(be32(sent, 4)), nullptr);
}

/// A mixer's description names its contributors: they cost none of our SSRCs and push no source out.
TEST_F(Rtcp, ThoseWhoAreOnlyMentionedKeepTheirSsrcs) {
  const Bytes sent =
      to_sent(scenario::source_description({{kSource, "m"}, {1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}, {5, "e"}}));
  EXPECT_EQ(sent, scenario::source_description({{ours_, "m"}, {1, "a"}, {2, "b"}, {3, "c"}, {4, "d"}, {5, "e"}}));
  EXPECT_EQ(clock_.mapping_of(4), nullptr);
  ASSERT_NE(clock_.mapping_of(kSource), nullptr);
}

TEST_F(Rtcp, NackNamesTheSourcesSequenceNumbers) {
  const auto at = [this](unsigned i) { return static_cast<std::uint16_t>(our_sequence_ + i); };
  const auto wanted = [](unsigned i) { return static_cast<std::uint16_t>(kFirstSequence + i); };
  EXPECT_EQ(to_source(scenario::nack(1, ours_, {{at(3), 0x00ff}, {at(1000), 0}})),
            scenario::nack(1, kSource, {{wanted(3), 0x00ff}, {wanted(1000), 0}}));
  EXPECT_EQ(to_source(scenario::nack(1, kStranger, {{9, 9}})), scenario::nack(1, kStranger, {{9, 9}}));
}

TEST_F(Rtcp, FullIntraRequestNamesTheSource) {
  EXPECT_EQ(to_source(scenario::full_intra_request(1, {kStranger, ours_})),
            scenario::full_intra_request(1, {kStranger, kSource}));
}

TEST_F(Rtcp, FeedbackSenderIsOurs) { EXPECT_EQ(be32(to_sent(scenario::nack(kSource, kStranger, {{1, 2}})), 4), ours_); }

TEST_F(Rtcp, CompoundIsRewrittenPartByPart) {
  const Bytes in = scenario::compound(
      {scenario::sender_report(kSource, 1), scenario::source_description({{kSource, "x"}}), scenario::bye({kSource})});
  const Bytes out = scenario::compound({scenario::sender_report(ours_, 1 + offset_),
                                        scenario::source_description({{ours_, "x"}}), scenario::bye({ours_})});
  EXPECT_EQ(to_sent(in), out);
}

/// There under our numbers and back by a report: the source reads about itself.
TEST_F(Rtcp, RoundTrip) {
  const Bytes sent = to_sent(scenario::sender_report(kSource, 4000));
  const std::uint32_t seen = be32(sent, 4);
  const Bytes answer = to_source(scenario::receiver_report(2, {{.ssrc = seen, .highest = our_sequence_ + 100U}}));
  EXPECT_EQ(be32(answer, 8), kSource);
  EXPECT_EQ(be32(answer, 16), kFirstSequence + 100U);
}

TEST_F(Rtcp, PassThroughLeavesEverything) {
  TxClock clock;
  Bytes packet =
      scenario::compound({scenario::sender_report(kSource, 1, {{.ssrc = 3, .highest = 4}}), scenario::bye({kSource})});
  const Bytes before = packet;
  rtcp_to_sent_numbers(packet, clock);
  rtcp_to_source_numbers(packet, clock);
  EXPECT_EQ(packet, before);
}

TEST(RtcpForm, TakesWholeCompounds) {
  EXPECT_TRUE(rtcp_is_well_formed(scenario::sender_report(1, 2)));
  EXPECT_TRUE(rtcp_is_well_formed(scenario::compound({scenario::receiver_report(1), scenario::bye({1})})));
  EXPECT_TRUE(rtcp_is_well_formed(scenario::nack(1, 2, {{3, 4}}))) << "reduced size (RFC 5506)";
}

TEST(RtcpForm, RefusesLengthsThatDoNotAddUp) {
  const Bytes whole = scenario::compound({scenario::sender_report(1, 2, {{.ssrc = 3}}), scenario::bye({1})});
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    const bool at_a_boundary = length == 52;
    EXPECT_EQ(rtcp_is_well_formed(cut), at_a_boundary) << length;
  }
  Bytes claims_more_blocks = scenario::receiver_report(1, {{.ssrc = 3}});
  claims_more_blocks[0] = 0x82;
  EXPECT_FALSE(rtcp_is_well_formed(claims_more_blocks));
  Bytes short_sender_report = scenario::receiver_report(1);
  short_sender_report[1] = 200;
  EXPECT_FALSE(rtcp_is_well_formed(short_sender_report));
  Bytes wrong_version = scenario::bye({1});
  wrong_version[0] = 0x41;
  EXPECT_FALSE(rtcp_is_well_formed(wrong_version));
  EXPECT_FALSE(rtcp_is_well_formed(scenario::bye({})));
}

/// Random bytes behind valid headers, in blocks of exactly their size: the address sanitizer sees any step outside.
TEST(RtcpForm, NeverReadsOutside) {
  std::mt19937 random(20240501);
  TxClock clock(TxMode::kFreshSsrc, {.ssrc = 1, .ssrc_stride = 1, .random = 1});
  constexpr std::uint8_t kTypes[] = {200, 201, 202, 203, 204, 205, 206, 207};
  unsigned well_formed = 0;
  for (int i = 0; i < 200'000; ++i) {
    Bytes packet(8 + random() % 60);
    for (std::uint8_t& byte : packet) byte = static_cast<std::uint8_t>(random() % 4 == 0 ? random() : random() % 3);
    packet[0] = static_cast<std::uint8_t>(0x80 | random() % 32);
    packet[1] = kTypes[random() % std::size(kTypes)];
    if (random() % 4 != 0) scenario::put_be16(packet, 2, static_cast<std::uint16_t>(packet.size() / 4 - 1));
    packet.shrink_to_fit();
    if (!rtcp_is_well_formed(packet)) continue;
    ++well_formed;
    rtcp_to_source_numbers(packet, clock);
    rtcp_to_sent_numbers(packet, clock);
  }
  EXPECT_GT(well_formed, 10'000U);
}

}  // namespace
}  // namespace sallyport::dataplane
