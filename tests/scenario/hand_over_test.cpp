// Packets on their way between workers while the streams that they are for change. One thread drives both workers, so
// each interleaving is exact.
#include <gtest/gtest.h>

#include "tests/scenario/call.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::DropReason;
using dataplane::RemoveStream;
using dataplane::WorkerStats;

/// West is worker 0's, east worker 1's; everything is received by worker 0.
class HandedOver : public testing::Test {
 protected:
  void make(const Layout& layout) {
    call_.emplace(GatewayOptions{.layout = layout},
                  std::vector<Leg>{plain_leg("west"), secure_leg("east", "AEAD_AES_128_GCM")});
  }
  Gateway& gateway() { return call_->gateway(); }
  void speak(const std::string& leg, unsigned packets) {
    for (unsigned i = 0; i < packets; ++i) call_->send(leg, Rtp().sequence(next_++).bytes());
  }
  void remove_east() { ASSERT_TRUE(gateway().command(1, RemoveStream{gateway().sink_of("east").stream})); }
  /// The slot's next tenant, on the same port with the same keys.
  void add_east_again() {
    Leg east = secure_leg("east", "AEAD_AES_128_GCM");
    auto stream = std::make_unique<dataplane::Stream>();
    stream->rx = gateway().make_context(*east.receive_key);
    stream->id = {gateway().sink_of("east").stream.index, 2};
    stream->sink = gateway().sink_of("west");
    stream->address_slot = 2;
    stream->local_port = east.local.port;
    stream->egress_port = 1;
    ASSERT_TRUE(gateway().command(1, dataplane::AddStream{std::move(stream)}));
  }
  std::uint64_t stat(dataplane::WorkerId worker, dataplane::Counter WorkerStats::*counter) {
    return (gateway().worker(worker).stats().*counter).read();
  }

  /// Packets that came to the queue of a worker that does not own their port, over all ports.
  std::uint64_t astray() {
    std::uint64_t sum = 0;
    for (dataplane::WorkerId worker = 0; worker < 2; ++worker) {
      for (const auto& port : gateway().worker(worker).stats().ports) sum += port.astray.read();
    }
    return sum;
  }

  std::optional<Call> call_;
  std::uint16_t next_ = 0;
};

TEST_F(HandedOver, EachPacketIsAccountedForOnBothSides) {
  make(kTwoWorkers);
  speak("west", 10);
  ASSERT_TRUE(gateway().pass(0));
  EXPECT_EQ(stat(0, &WorkerStats::handed_out), 10U);
  EXPECT_EQ(stat(1, &WorkerStats::handed_in), 0U);
  EXPECT_TRUE(gateway().balanced()) << "also while packets are between two workers";
  ASSERT_TRUE(gateway().pass(1));
  EXPECT_EQ(stat(1, &WorkerStats::handed_in), 10U);
  EXPECT_EQ(stat(1, &WorkerStats::tx), 10U);
  EXPECT_EQ(astray(), 0U) << "it came to the worker that owns its port";
  EXPECT_TRUE(gateway().balanced());
  EXPECT_EQ(call_->received("east").size(), 10U);
}

TEST_F(HandedOver, ReceivedByTheWrongWorkerAndBack) {
  make(kTwoWorkers);
  speak("east", 10);
  ASSERT_TRUE(gateway().pass(0));
  ASSERT_TRUE(gateway().pass(1)) << "unprotects and gives the media to west's worker";
  ASSERT_TRUE(gateway().pass(0));
  EXPECT_EQ(call_->received("west").size(), 10U);
  EXPECT_EQ(stat(0, &WorkerStats::handed_out), 10U);
  EXPECT_EQ(stat(1, &WorkerStats::handed_out), 10U);
  EXPECT_EQ(astray(), 10U) << "received, but not the media that came back";
}

TEST_F(HandedOver, TransmittedByTheWorkerThatHasTheQueue) {
  make(kTwoWorkersOneQueue);
  speak("west", 10);
  ASSERT_TRUE(gateway().pass(0));
  ASSERT_TRUE(gateway().pass(1));
  EXPECT_EQ(stat(1, &WorkerStats::tx), 0U);
  ASSERT_TRUE(gateway().pass(0));
  EXPECT_EQ(stat(0, &WorkerStats::tx), 10U);
  EXPECT_EQ(call_->received("east").size(), 10U);
}

TEST_F(HandedOver, MediaForALegThatWasRemovedMeanwhile) {
  make(kTwoWorkers);
  speak("west", 10);
  ASSERT_TRUE(gateway().pass(0));
  remove_east();
  call_->settle();
  expect_drops(gateway(), {{DropReason::kSinkGone, 10}});
}

TEST_F(HandedOver, MediaIsNotGivenToTheSlotsNextTenant) {
  make(kTwoWorkers);
  speak("west", 10);
  ASSERT_TRUE(gateway().pass(0));
  remove_east();
  add_east_again();
  EXPECT_EQ(call_->received("east").size(), 0U);
  expect_drops(gateway(), {{DropReason::kSinkGone, 10}});
}

TEST_F(HandedOver, ReceivedForAStreamThatWasRemovedMeanwhile) {
  make(kTwoWorkers);
  speak("east", 10);
  ASSERT_TRUE(gateway().pass(0));
  remove_east();
  call_->settle();
  expect_drops(gateway(), {{DropReason::kNoStream, 10}});
}

/// What came in is looked up where it is owned: the port's next tenant has the same keys and takes it.
TEST_F(HandedOver, ReceivedIsTheNextTenantsIfItAuthenticates) {
  make(kTwoWorkers);
  speak("east", 10);
  ASSERT_TRUE(gateway().pass(0));
  remove_east();
  add_east_again();
  EXPECT_EQ(call_->received("west").size(), 10U);
  expect_drops(gateway(), {});
}

TEST_F(HandedOver, FinishedFramesGoOutThoughTheirLegIsGone) {
  make(kTwoWorkersOneQueue);
  speak("west", 10);
  ASSERT_TRUE(gateway().pass(0));
  ASSERT_TRUE(gateway().pass(1));
  remove_east();
  ASSERT_TRUE(gateway().pass(1));
  EXPECT_EQ(gateway().events().size(), 1U);
  EXPECT_EQ(call_->received("east").size(), 10U);
}

TEST_F(HandedOver, WhatIsLeftWhenWorkersStopIsFreedAndCounted) {
  const unsigned buffers = test_pool().available();
  make(kTwoWorkers);
  speak("west", 10);
  ASSERT_TRUE(gateway().pass(0));
  gateway().worker(1).discard_handed_over();
  EXPECT_TRUE(gateway().balanced());
  expect_drops(gateway(), {{DropReason::kSinkGone, 10}});
  EXPECT_EQ(test_pool().available(), buffers);
}

/// A burst fits several times into one pass of the receiving worker's ring: nothing is left behind.
TEST_F(HandedOver, MoreThanABurst) {
  make(kTwoWorkersOneQueue);
  speak("west", 1000);
  EXPECT_EQ(call_->received("east").size(), 1000U);
  expect_drops(gateway(), {});
}

}  // namespace
}  // namespace sallyport::scenario
