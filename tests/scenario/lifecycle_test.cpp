// Streams that come and go, and a control side that is slow to read what it is told.
#include <gtest/gtest.h>

#include "tests/scenario/call.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::AddStream;
using dataplane::DropReason;
using dataplane::RemoveStream;
using dataplane::SetNextHop;
using dataplane::StreamRetired;

const std::string kCm = "AES_CM_128_HMAC_SHA1_80";

std::vector<std::unique_ptr<dataplane::Stream>> retired(std::vector<dataplane::Event> events) {
  std::vector<std::unique_ptr<dataplane::Stream>> streams;
  for (auto& event : events) {
    if (auto* gone = std::get_if<StreamRetired>(&event)) streams.push_back(std::move(gone->stream));
  }
  return streams;
}

TEST(Lifecycle, RemovedStreamComesBackWithItsCounters) {
  Call call({}, {plain_leg("west"), plain_leg("east")});
  call.send("west", Rtp().bytes());
  ASSERT_EQ(call.received("east").size(), 1U);
  Gateway& gateway = call.gateway();
  EXPECT_EQ(gateway.total(&dataplane::WorkerStats::streams), 2U);
  ASSERT_TRUE(gateway.command(0, RemoveStream{gateway.sink_of("east").stream}));
  call.settle();
  const auto streams = retired(gateway.events());
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_EQ(streams.front()->sent.read(), 1U);
  EXPECT_EQ(gateway.total(&dataplane::WorkerStats::streams), 1U);
  call.send("west", Rtp().sequence(1).bytes());
  call.settle();
  expect_drops(gateway, {{DropReason::kSinkGone, 1}});
}

TEST(Lifecycle, RemovingTwiceDoesNothing) {
  Call call({}, {plain_leg("west"), plain_leg("east")});
  Gateway& gateway = call.gateway();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(gateway.command(0, RemoveStream{gateway.sink_of("east").stream}));
  call.settle();
  EXPECT_EQ(retired(gateway.events()).size(), 1U);
}

TEST(Lifecycle, StreamOnATakenPortIsRefusedAndComesBack) {
  Call call({}, {plain_leg("west"), plain_leg("east")});
  auto second = std::make_unique<dataplane::Stream>();
  second->id = {10, 1};
  second->local_port = 20000;
  const dataplane::Stream* raw = second.get();
  ASSERT_TRUE(call.gateway().command(0, AddStream{std::move(second)}));
  call.settle();
  auto events = call.gateway().events();
  ASSERT_EQ(events.size(), 1U);
  const auto& refused = std::get<StreamRetired>(events.front());
  EXPECT_TRUE(refused.refused);
  EXPECT_EQ(refused.stream.get(), raw);
  call.send("west", Rtp().bytes());
  EXPECT_EQ(call.received("east").size(), 1U);
}

/// What comes back may be put in again, elsewhere or here: its keys know what they have seen and sent.
TEST(Lifecycle, AStreamThatIsAddedAgainRemembers) {
  Call call({}, {secure_leg("west", kCm), plain_leg("east")});
  Gateway& gateway = call.gateway();
  std::vector<Bytes> frames;
  const auto talk = [&](std::uint16_t sequence) {
    frames.push_back(
        call.frame("west", call.party("west").send(Rtp().sequence(sequence).bytes(), false), false).bytes());
    call.inject("west", frames.back());
    call.send("east", Rtp().sequence(sequence).bytes());
    call.send_rtcp("east", sender_report(0x11111111, sequence));
  };
  for (std::uint16_t sequence = 0; sequence < 20; ++sequence) talk(sequence);
  EXPECT_EQ(call.received("east").size(), 20U);
  EXPECT_EQ(call.received("west").size(), 40U);
  ASSERT_TRUE(gateway.command(0, RemoveStream{gateway.sink_of("west").stream}));
  call.settle();
  auto back = retired(gateway.events());
  ASSERT_EQ(back.size(), 1U);
  back.front()->removed = false;
  ASSERT_TRUE(gateway.command(0, AddStream{std::move(back.front())}));
  call.settle();
  const std::vector<Bytes> heard = frames;
  for (const Bytes& frame : heard) call.inject("west", frame);
  EXPECT_EQ(call.received("east").size(), 0U);
  expect_drops(gateway, {{DropReason::kReplayed, 20}});
  for (std::uint16_t sequence = 20; sequence < 40; ++sequence) talk(sequence);
  EXPECT_EQ(call.received("east").size(), 20U);
  EXPECT_EQ(call.received("west").size(), 40U) << "the party takes each index of SRTP and SRTCP once";
  EXPECT_EQ(gateway.stream("west").tx->ssrc_count(), 1U);
}

TEST(Lifecycle, ARemoteChangesWhileTheStreamGoesOn) {
  Leg east = plain_leg("east");
  east.source_check = dataplane::SourceCheck::kAddressAndPort;
  dataplane::SetRemote to_party;
  east.adjust = [&to_party](dataplane::Stream& stream) {
    to_party.remote = stream.remote;
    to_party.header = stream.header;
    stream.remote.port = 39998;
    stream.header.forget_next_hop();
  };
  Call call({}, {plain_leg("west"), east});
  Gateway& gateway = call.gateway();
  call.send("west", Rtp().bytes());
  call.send("east", Rtp().bytes());
  EXPECT_EQ(call.received("west").size() + call.received("east").size(), 0U);
  to_party.stream = gateway.sink_of("east").stream;
  ASSERT_TRUE(gateway.command(0, to_party));
  to_party.stream = {9, 9};
  ASSERT_TRUE(gateway.command(0, to_party));
  call.send("west", Rtp().sequence(1).bytes());
  call.send("east", Rtp().sequence(1).bytes());
  EXPECT_EQ(call.received("west").size(), 1U);
  EXPECT_EQ(call.received("east").size(), 1U);
  expect_drops(gateway, {{DropReason::kNoNextHop, 1}, {DropReason::kWrongSource, 1}});
}

TEST(Lifecycle, NextHopComesGoesAndChanges) {
  Leg east = plain_leg("east");
  east.next_hop_known = false;
  Call call({}, {plain_leg("west"), east});
  Gateway& gateway = call.gateway();
  const auto stream = gateway.sink_of("east").stream;
  const drivers::MacAddress ours{kGatewayMacs[1]};
  const drivers::MacAddress next_hop{kNextHopMacs[1]};
  call.send("west", Rtp().sequence(1).bytes());
  EXPECT_EQ(call.received("east").size(), 0U);
  ASSERT_TRUE(gateway.command(0, SetNextHop{stream, ours, next_hop, true}));
  call.send("west", Rtp().sequence(2).bytes());
  EXPECT_EQ(call.received("east").size(), 1U);
  ASSERT_TRUE(gateway.command(0, SetNextHop{stream, {}, {}, false}));
  ASSERT_TRUE(gateway.command(0, SetNextHop{{9, 9}, ours, next_hop, true}));
  call.send("west", Rtp().sequence(3).bytes());
  EXPECT_EQ(call.received("east").size(), 0U);
  expect_drops(gateway, {{DropReason::kNoNextHop, 2}});
}

/// While control does not read its events, commands wait and media goes on; nothing is lost and nothing is destroyed by
/// a worker.
TEST(Lifecycle, FullEventRingHoldsCommandsBack) {
  std::vector<Leg> legs{plain_leg("west"), plain_leg("east")};
  for (std::uint16_t i = 0; i < 10; ++i) {
    Leg extra = plain_leg("west");
    extra.name = "extra" + std::to_string(i);
    extra.local.port = static_cast<std::uint16_t>(21000 + 2 * i);
    legs.push_back(extra);
  }
  Call call({.event_slots = 4}, legs);
  Gateway& gateway = call.gateway();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(gateway.command(0, RemoveStream{gateway.sink_of("extra" + std::to_string(i)).stream}));
  }
  call.settle();
  EXPECT_EQ(gateway.total(&dataplane::WorkerStats::streams), 9U) << "three events, then no room for two more";
  call.send("west", Rtp().bytes());
  EXPECT_EQ(call.received("east").size(), 1U);

  std::size_t got = 0;
  for (int turn = 0; turn < 10; ++turn) {
    got += retired(gateway.events()).size();
    call.settle();
  }
  EXPECT_EQ(got, 10U);
  EXPECT_EQ(gateway.total(&dataplane::WorkerStats::streams), 2U);
}

TEST(Lifecycle, AtMostEightCommandsAPass) {
  Call call({}, {plain_leg("west"), plain_leg("east")});
  Gateway& gateway = call.gateway();
  for (std::uint32_t i = 0; i < 20; ++i) {
    auto stream = std::make_unique<dataplane::Stream>();
    stream->id = {10 + i, 1};
    stream->local_port = static_cast<std::uint16_t>(22000 + 2 * i);
    ASSERT_TRUE(gateway.command(0, AddStream{std::move(stream)}));
  }
  for (const std::uint64_t expected : {8U, 16U, 20U}) {
    gateway.pass();
    EXPECT_EQ(gateway.total(&dataplane::WorkerStats::streams), 2 + expected);
  }
}

}  // namespace
}  // namespace sallyport::scenario
