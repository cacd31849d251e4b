// What a capture copies: the bytes that were on the wire, or the clear packets inside, and nothing of other legs.
#include <gtest/gtest.h>

#include "tests/scenario/watched.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::CaptureSide;

constexpr const char* kSuite = "AEAD_AES_128_GCM";

class Captured : public testing::TestWithParam<Layout> {
 protected:
  Call call_{{.layout = GetParam()}, {plain_leg("west"), secure_leg("east", kSuite)}};
};

TEST_P(Captured, TheWireAsItIs) {
  CaptureOnAll capture(call_.gateway(), CaptureSide::kWire, {"east"});
  call_.send("west", Rtp().sequence(1).bytes());
  ASSERT_TRUE(call_.gateway().settle());
  const std::vector<Bytes> sent = call_.gateway().collect(Side::kEast);
  ASSERT_EQ(sent.size(), 1U);
  const Bytes received = call_.frame("east", call_.party("east").send(Rtp().sequence(9).bytes(), false), false).bytes();
  call_.inject("east", received);
  call_.received_one("west");
  const std::vector<Copied> copies = capture.take();
  ASSERT_EQ(copies.size(), 2U) << "nothing of west's";
  EXPECT_TRUE(copies[0].sent);
  EXPECT_EQ(copies[0].bytes, sent.front());
  EXPECT_EQ(copies[0].length, sent.front().size());
  EXPECT_FALSE(copies[1].sent);
  EXPECT_EQ(copies[1].bytes, received);
}

TEST_P(Captured, TheClearSide) {
  CaptureOnAll capture(call_.gateway(), CaptureSide::kClear, {"west", "east"});
  const Bytes clear = Rtp().sequence(9).ssrc(0x77).bytes();
  call_.send("east", clear);
  const Received got = call_.received_one("west");
  std::vector<Copied> copies = capture.take();
  ASSERT_EQ(copies.size(), 2U);
  std::ranges::sort(copies, {}, &Copied::leg);
  EXPECT_EQ(copies[0].leg, 0);
  EXPECT_TRUE(copies[0].sent);
  EXPECT_EQ(copies[0].bytes, got.clear);
  EXPECT_EQ(copies[1].leg, 1);
  EXPECT_FALSE(copies[1].sent);
  EXPECT_EQ(copies[1].bytes, clear);
}

TEST_P(Captured, RtcpAsWell) {
  CaptureOnAll capture(call_.gateway(), CaptureSide::kClear, {"east"});
  const Bytes report = receiver_report(0x99);
  call_.send_rtcp("east", report);
  call_.received_one("west");
  const std::vector<Copied> copies = capture.take();
  ASSERT_EQ(copies.size(), 1U);
  EXPECT_TRUE(copies[0].rtcp);
  EXPECT_EQ(copies[0].bytes, report);
}

/// On the wire what is dropped is seen, on the clear side only what was authentic.
TEST_P(Captured, AWrongTagIsOnTheWireOnly) {
  Bytes wire = call_.party("east").send(Rtp().bytes(), false);
  wire.back() ^= 1;
  const Bytes frame = call_.frame("east", wire, false).bytes();
  {
    CaptureOnAll clear(call_.gateway(), CaptureSide::kClear, {"west", "east"});
    call_.inject("east", frame);
    call_.settle();
    EXPECT_TRUE(clear.take().empty());
  }
  CaptureOnAll capture(call_.gateway(), CaptureSide::kWire, {"east"});
  call_.inject("east", frame);
  call_.settle();
  ASSERT_EQ(capture.take().size(), 1U);
}

TEST_P(Captured, CountsWhatItHadNoRoomForAndMediaFlowsOn) {
  CaptureOnAll capture(call_.gateway(), CaptureSide::kWire, {"east"}, 8);
  for (std::uint16_t i = 0; i < 20; ++i) call_.send("west", Rtp().sequence(i).bytes());
  EXPECT_EQ(call_.received("east").size(), 20U);
  EXPECT_EQ(capture.take().size(), 8U);
  EXPECT_EQ(capture.lost(), 12U);
  call_.send("west", Rtp().sequence(20).bytes());
  call_.received_one("east");
  EXPECT_EQ(capture.take().size(), 1U) << "slots that control has emptied are used again";
}

TEST_P(Captured, ALegThatGoesAwayMeanwhile) {
  CaptureOnAll capture(call_.gateway(), CaptureSide::kWire, {"east"});
  const dataplane::Sink east = call_.gateway().sink_of("east");
  call_.send("west", Rtp().sequence(1).bytes());
  call_.received_one("east");
  ASSERT_TRUE(call_.gateway().command(east.worker, dataplane::RemoveStream{east.stream}));
  call_.send("west", Rtp().sequence(2).bytes());
  call_.inject("east", call_.frame("east", Bytes(100, 0x80), false).bytes());
  call_.settle();
  EXPECT_EQ(capture.take().size(), 1U);
}

TEST_P(Captured, NoMoreThanTheSnapLength) {
  dataplane::Capture capture(CaptureSide::kWire, {{{3, 1}, 0}}, 2);
  const Bytes jumbo(9000, 0xaa);
  capture.add({3, 1}, true, false, jumbo);
  ASSERT_TRUE(capture.take_one([](const dataplane::CapturedPacket& packet) {
    EXPECT_EQ(packet.length, 9000);
    EXPECT_EQ(packet.kept, dataplane::kSnapLength);
  }));
  EXPECT_FALSE(capture.take_one([](const dataplane::CapturedPacket&) {}));
}

INSTANTIATE_TEST_SUITE_P(Layouts, Captured, testing::Values(kOneWorker, kTwoWorkers, kTwoWorkersOneQueue),
                         [](const auto& layout) { return layout.param.name; });

}  // namespace
}  // namespace sallyport::scenario
