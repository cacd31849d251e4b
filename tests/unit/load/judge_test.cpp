// The judge's verdicts, packet by packet: each thing that a gateway can do wrong is found as what it is.
#include "perf/load/judge.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "crypto/rtp_wire.hpp"
#include "perf/load/sender_report.hpp"

namespace sallyport::load {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t kRun = 0xcafe;
constexpr dataplane::Tsc kSent = 1'000'000;
constexpr dataplane::Tsc kSoon = kSent + 1000;
constexpr dataplane::Tsc kLimit = 100'000;

JudgeOptions two_lanes() {
  JudgeOptions options;
  options.run = kRun;
  options.lanes = 2;
  options.late_ticks = kLimit;
  return options;
}

/// A judge, and the packets of its lanes as an honest sender makes them.
class Bench {
 public:
  explicit Bench(const JudgeOptions& options = two_lanes()) : judge(options, dataplane::Clock(1e9)) {}

  Bytes packet(std::uint32_t counter, std::uint32_t lane = 0) const {
    const JudgeOptions& options = judge.options();
    const Numbering numbering = Numbering::of(options.run, lane | options.direction);
    const std::size_t size = options.shape.size(counter);
    Bytes rtp(crypto::kRtpFixedHeader + size);
    rtp[0] = 0x80;
    rtp[1] = counter == 0 ? 0x80 : 0;
    crypto::set_rtp_sequence(rtp.data(), numbering.sequence(counter));
    crypto::set_rtp_timestamp(rtp.data(), numbering.first_timestamp + 160 * counter);
    crypto::set_rtp_ssrc(rtp.data(), numbering.ssrc);
    write_payload(std::span(rtp).subspan(crypto::kRtpFixedHeader),
                  {options.run, lane | options.direction, counter, kSent});
    return rtp;
  }

  void offer(std::uint32_t counter, Fate fate = Fate::kNormal, std::uint32_t lane = 0) {
    judge.offered(lane, counter, fate);
  }
  void deliver(const Bytes& rtp, std::uint32_t lane = 0, dataplane::Tsc now = kSoon) { judge.received(lane, rtp, now); }
  void pass(std::uint32_t counter, std::uint32_t lane = 0) {
    offer(counter, Fate::kNormal, lane);
    deliver(packet(counter, lane), lane);
  }
  Findings finish() {
    judge.finish();
    EXPECT_EQ(judge.outstanding(), 0U);
    return judge.total();
  }

  Judge judge;
};

TEST(Judge, CountsRightPacketsAndTheirLatency) {
  Bench bench;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    bench.pass(i, 0);
    bench.pass(i, 1);
  }
  const Findings found = bench.finish();
  EXPECT_EQ(found.offered, 2000U);
  EXPECT_EQ(found.received, 2000U);
  EXPECT_EQ(found.right, 2000U);
  EXPECT_EQ(faults(found), 0U);
  EXPECT_EQ(bench.judge.latency().count(), 2000U);
  EXPECT_EQ(bench.judge.latency().max(), 1000U);
  EXPECT_EQ(bench.judge.rewritten_lanes(), 0U);
}

TEST(Judge, FindsLoss) {
  Bench bench;
  for (std::uint32_t i = 0; i < 500; ++i) {
    bench.offer(i);
    if (i % 10 != 3) bench.deliver(bench.packet(i));
  }
  const Findings found = bench.finish();
  EXPECT_EQ(found.lost, 50U);
  EXPECT_EQ(found.right, 450U);
  EXPECT_EQ(faults(found), 50U);
}

TEST(Judge, WithheldPacketsAreNotLost) {
  Bench bench;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const bool withheld = i % 4 == 0;
    bench.offer(i, withheld ? Fate::kWithheld : Fate::kNormal);
    if (!withheld) bench.deliver(bench.packet(i));
  }
  const Findings found = bench.finish();
  EXPECT_EQ(found.withheld, 25U);
  EXPECT_EQ(found.right, 75U);
  EXPECT_EQ(faults(found), 0U);
}

TEST(Judge, WhatWasWithheldMustNotCome) {
  Bench bench;
  bench.offer(0, Fate::kWithheld);
  bench.deliver(bench.packet(0));
  EXPECT_EQ(bench.finish().unexpected, 1U);
}

TEST(Judge, FindsDuplicates) {
  Bench bench;
  bench.pass(0);
  bench.deliver(bench.packet(0));
  bench.deliver(bench.packet(0));
  const Findings found = bench.finish();
  EXPECT_EQ(found.duplicated, 2U);
  EXPECT_EQ(found.extra_copies, 2U);
  EXPECT_EQ(found.right, 1U);
}

TEST(Judge, APlainPathPassesDuplicatesOn) {
  JudgeOptions options = two_lanes();
  options.duplicates_pass = true;
  Bench bench(options);
  bench.offer(0, Fate::kDuplicated);
  bench.deliver(bench.packet(0));
  bench.deliver(bench.packet(0));
  bench.offer(1, Fate::kDuplicated);
  bench.deliver(bench.packet(1));
  const Findings found = bench.finish();
  EXPECT_EQ(found.duplicated, 1U);
  EXPECT_EQ(found.extra_copies, 0U);
  EXPECT_EQ(found.lost, 1U) << "the second copy of packet 1";
}

TEST(Judge, SrtpOnTheWayTakesDuplicatesOut) {
  Bench bench;
  bench.offer(0, Fate::kDuplicated);
  bench.deliver(bench.packet(0));
  EXPECT_EQ(faults(bench.judge.total()), 0U);
  bench.deliver(bench.packet(0));
  EXPECT_EQ(bench.finish().extra_copies, 1U);
}

TEST(Judge, FindsReordering) {
  Bench bench;
  for (std::uint32_t i = 0; i < 6; ++i) bench.offer(i);
  for (const std::uint32_t i : {0U, 3U, 1U, 2U, 5U, 4U}) bench.deliver(bench.packet(i));
  const Findings found = bench.finish();
  EXPECT_EQ(found.reordered, 3U);
  EXPECT_EQ(found.disorder, 3U);
  EXPECT_EQ(found.right, 6U);
}

TEST(Judge, ReorderingOnPurposeIsNoFault) {
  Bench bench;
  bench.offer(1);
  bench.offer(0, Fate::kReordered);
  bench.deliver(bench.packet(1));
  bench.deliver(bench.packet(0));
  const Findings found = bench.finish();
  EXPECT_EQ(found.reordered, 1U);
  EXPECT_EQ(faults(found), 0U);
}

TEST(Judge, FindsEveryWrongByteOfAPacket) {
  const std::size_t length = Bench().packet(1).size();
  for (std::size_t byte = 0; byte < length; ++byte) {
    Bench bench;
    bench.pass(0);
    bench.offer(1);
    Bytes rtp = bench.packet(1);
    rtp[byte] ^= 0x01;
    bench.deliver(rtp);
    EXPECT_GT(faults(bench.finish()), 0U) << "byte " << byte;
  }
}

TEST(Judge, AWrongPayloadByteIsNotALoss) {
  Bench bench;
  bench.pass(0);
  bench.offer(1);
  Bytes rtp = bench.packet(1);
  rtp.back() ^= 0x80;
  bench.deliver(rtp);
  const Findings found = bench.finish();
  EXPECT_EQ(found.wrong_payload, 1U);
  EXPECT_EQ(found.lost, 0U);
  EXPECT_EQ(found.right, 1U);
}

TEST(Judge, FindsAWrongLength) {
  for (const int change : {-1, 1, -100}) {
    Bench bench;
    bench.pass(0);
    bench.offer(1);
    Bytes rtp = bench.packet(1);
    rtp.resize(static_cast<std::size_t>(static_cast<int>(rtp.size()) + change));
    bench.deliver(rtp);
    EXPECT_EQ(bench.finish().wrong_payload, 1U) << change;
  }
}

TEST(Judge, MixedSizesTakeTurns) {
  JudgeOptions options = two_lanes();
  options.shape = StreamShape({160, 40, 1200}, 0, 160);
  Bench bench(options);
  for (std::uint32_t i = 0; i < 30; ++i) bench.pass(i);
  EXPECT_EQ(faults(bench.judge.total()), 0U);
  bench.offer(30);
  Bytes rtp(crypto::kRtpFixedHeader + 40);  // counter 30 has 160
  rtp[0] = 0x80;
  write_payload(std::span(rtp).subspan(crypto::kRtpFixedHeader), {kRun, 0, 30, kSent});
  bench.deliver(rtp);
  EXPECT_EQ(bench.finish().wrong_payload, 1U);
}

TEST(Judge, ConstantRewritingIsAllowed) {
  Bench bench;
  for (std::uint32_t i = 0; i < 70'000; ++i) {  // over the wrap of the sequence number
    bench.offer(i);
    Bytes rtp = bench.packet(i);
    crypto::set_rtp_ssrc(rtp.data(), 0x11223344);
    crypto::set_rtp_sequence(rtp.data(), static_cast<std::uint16_t>(crypto::rtp_sequence(rtp.data()) + 40'000));
    crypto::set_rtp_timestamp(rtp.data(), crypto::rtp_timestamp(rtp.data()) + 0xfffff000);
    bench.deliver(rtp);
  }
  EXPECT_EQ(bench.judge.rewritten_lanes(), 1U);
  const Findings found = bench.finish();
  EXPECT_EQ(found.right, 70'000U);
  EXPECT_EQ(faults(found), 0U);
}

TEST(Judge, AMappingThatChangesIsFound) {
  const std::function<void(std::uint8_t*)> changes[] = {
      [](std::uint8_t* rtp) { crypto::set_rtp_ssrc(rtp, crypto::rtp_ssrc(rtp) + 1); },
      [](std::uint8_t* rtp) {
        crypto::set_rtp_sequence(rtp, static_cast<std::uint16_t>(crypto::rtp_sequence(rtp) + 1));
      },
      [](std::uint8_t* rtp) { crypto::set_rtp_timestamp(rtp, crypto::rtp_timestamp(rtp) + 1); }};
  for (const auto& change : changes) {
    Bench bench;
    bench.pass(0);
    for (std::uint32_t i = 1; i <= 5; ++i) {
      bench.offer(i);
      Bytes rtp = bench.packet(i);
      change(rtp.data());
      bench.deliver(rtp);
    }
    bench.pass(6);
    const Findings found = bench.finish();
    EXPECT_EQ(found.wrong_header, 5U);
    EXPECT_EQ(found.right, 2U);
    EXPECT_EQ(faults(found), 5U);
  }
}

TEST(Judge, FixedHeaderFieldsStay) {
  for (const auto& [at, value] : {std::pair<std::size_t, std::uint8_t>{0, 0xa0}, {1, 0x08}, {1, 0x80}}) {
    Bench bench;
    bench.pass(0);
    bench.offer(1);
    Bytes rtp = bench.packet(1);
    rtp[at] = value;
    bench.deliver(rtp);
    EXPECT_EQ(bench.finish().wrong_header, 1U) << "byte " << at << " = " << int{value};
  }
}

TEST(Judge, FindsLatePackets) {
  Bench bench;
  bench.offer(0);
  bench.deliver(bench.packet(0), 0, kSent + kLimit);
  bench.offer(1);
  bench.deliver(bench.packet(1), 0, kSent + kLimit + 1);
  const Findings found = bench.finish();
  EXPECT_EQ(found.right, 1U);
  EXPECT_EQ(found.late, 1U);
}

TEST(Judge, WhatIsOlderThanTheWindowIsLostAndMayStillComeLate) {
  Bench bench;
  bench.offer(0);
  for (std::uint32_t i = 1; i <= 64; ++i) bench.pass(i);
  EXPECT_EQ(bench.judge.total().lost, 1U);
  bench.deliver(bench.packet(0));
  const Findings found = bench.finish();
  EXPECT_EQ(found.lost, 1U);
  EXPECT_EQ(found.late, 1U);
  EXPECT_EQ(found.right, 64U);
}

TEST(Judge, ForeignPacketsAreUnexpected) {
  Bench bench;
  bench.pass(0);
  JudgeOptions other = two_lanes();
  other.run = kRun + 1;
  bench.deliver(Bench(other).packet(0));  // another run
  bench.deliver(bench.packet(0, 1), 0);   // another lane's
  bench.deliver(bench.packet(7));         // never sent
  bench.deliver(Bytes{0x80, 0, 0});       // not RTP
  bench.deliver(Bytes{});                 // nothing at all
  const Findings found = bench.finish();
  EXPECT_EQ(found.unexpected, 5U);
  EXPECT_EQ(found.right, 1U);
}

TEST(Judge, ABadTagMustNotComeThrough) {
  Bench bench;
  bench.offer(0, Fate::kBadTag);
  EXPECT_EQ(faults(bench.judge.total()), 0U);
  bench.deliver(bench.packet(0));
  EXPECT_EQ(bench.finish().unexpected, 1U);
}

TEST(Judge, OurOwnBadTagsExplainFailuresOnlyWithoutAGateway) {
  for (const bool direct : {false, true}) {
    JudgeOptions options = two_lanes();
    options.bad_tags_arrive = options.replays_arrive = direct;
    Bench bench(options);
    bench.offer(0, Fate::kBadTag);
    bench.judge.auth_failed(0);
    bench.offer(1, Fate::kDuplicated);
    bench.deliver(bench.packet(1));
    bench.judge.replayed(0);
    bench.judge.auth_failed(0);
    const Findings found = bench.finish();
    EXPECT_EQ(found.auth_failed, 2U);
    EXPECT_EQ(found.unauthentic, direct ? 1U : 2U);
    EXPECT_EQ(found.extra_copies, direct ? 0U : 1U);
  }
}

TEST(Judge, ReportsMustFitTheMapping) {
  Bench bench;
  bench.pass(0);
  const Numbering numbering = Numbering::of(kRun, 0);
  const SenderReport right{.ssrc = numbering.ssrc,
                           .run = kRun,
                           .counter = 0,
                           .rtp_timestamp = numbering.first_timestamp,
                           .packets = 1,
                           .octets = 160,
                           .described = numbering.ssrc};
  const auto deliver = [&bench](const SenderReport& report) {
    std::array<std::uint8_t, kReportLength> bytes{};
    write_sender_report(bytes, report);
    bench.judge.report_offered(0);
    bench.judge.received_report(0, bytes);
  };
  deliver(right);
  SenderReport wrong = right;
  ++wrong.ssrc;
  deliver(wrong);
  wrong = right;
  ++wrong.rtp_timestamp;
  deliver(wrong);
  wrong = right;
  ++wrong.described;
  deliver(wrong);
  bench.judge.report_offered(0);
  const Findings found = bench.finish();
  EXPECT_EQ(found.reports_right, 1U);
  EXPECT_EQ(found.reports_wrong, 3U);
  EXPECT_EQ(found.reports_lost, 1U);
}

TEST(Judge, AnotherRunForgetsFindingsAndKeepsNumbers) {
  Bench bench;
  for (std::uint32_t i = 0; i < 3; ++i) bench.pass(i);
  bench.offer(3);
  EXPECT_EQ(bench.finish().lost, 1U);
  bench.judge.begin();
  EXPECT_EQ(bench.judge.total(), Findings{});
  EXPECT_EQ(bench.judge.latency().count(), 0U);
  EXPECT_EQ(bench.judge.latency().max(), 0U);
  bench.pass(4);
  bench.pass(5);
  bench.deliver(bench.packet(2));  // of the run before
  const Findings second = bench.finish();
  EXPECT_EQ(second.offered, 2U);
  EXPECT_EQ(second.right, 2U);
  EXPECT_EQ(second.lost, 0U);
  EXPECT_EQ(second.unexpected, 1U);
  EXPECT_EQ(faults(second), 1U);
}

}  // namespace
}  // namespace sallyport::load
