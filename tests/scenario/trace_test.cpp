// What a trace says of packets: of good ones, of those that are dropped at each stage, of those that pass several
// workers, and what it never says.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/scenario/late_call.hpp"
#include "tests/scenario/watched.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::DropReason;
using dataplane::HandOver;
using dataplane::Stage;
namespace step = dataplane::step;

constexpr const char* kSuite = "AES_CM_128_HMAC_SHA1_80";

/// The kinds of steps, in order, as one word each; with the worker in front where there are two.
std::string path(const std::vector<SeenStep>& steps, bool with_worker = false) {
  constexpr const char* kNames[] = {"arrived",     "handed_over", "taken", "found",  "parked",
                                    "transformed", "routed",      "sent",  "dropped"};
  std::string all;
  for (const SeenStep& one : steps) {
    all.append(all.empty() ? "" : " ");
    if (with_worker) all.append(std::to_string(one.worker)).append(":");
    all.append(kNames[one.record.step.index()]);
  }
  return all;
}

template <typename Step>
const Step& last(const std::vector<SeenStep>& steps) {
  const auto found = std::find_if(steps.rbegin(), steps.rend(),
                                  [](const SeenStep& one) { return std::holds_alternative<Step>(one.record.step); });
  if (found == steps.rend()) throw std::runtime_error("no such step: " + path(steps));
  return std::get<Step>(found->record.step);
}

TEST(Trace, FollowsAGoodPacketThroughEveryStage) {
  Call call({}, {secure_leg("west", kSuite), secure_leg("east", "AEAD_AES_128_GCM")});
  TraceOnAll trace(call.gateway(), "west", 1);
  call.send("west", Rtp().sequence(7).ssrc(0x1234).timestamp(800).payload_type(8).bytes());
  const Received got = call.received_one("east");
  const auto packets = trace.packets();
  ASSERT_EQ(packets.size(), 1U);
  const auto& steps = packets.begin()->second;
  ASSERT_EQ(path(steps), "arrived found transformed routed transformed sent");
  const auto& arrived = std::get<step::Arrived>(steps[0].record.step);
  EXPECT_EQ(arrived.port, 0);
  EXPECT_EQ(arrived.length, 14 + 20 + 8 + 12 + 160 + 10);
  const auto& found = std::get<step::Found>(steps[1].record.step);
  EXPECT_EQ(found.leg, call.gateway().sink_of("west").stream);
  EXPECT_EQ(found.numbers.sequence, 7);
  EXPECT_EQ(found.numbers.ssrc, 0x1234U);
  EXPECT_EQ(found.numbers.timestamp, 800U);
  EXPECT_EQ(found.numbers.type, 8);
  const auto& opened = std::get<step::Transformed>(steps[2].record.step);
  EXPECT_EQ(opened.direction, crypto::Direction::kOpen);
  EXPECT_EQ(opened.verdict, crypto::Verdict::kOk);
  EXPECT_EQ(opened.suite->name, kSuite);
  EXPECT_EQ(opened.index, 7U);
  EXPECT_FALSE(opened.used_fallback);
  EXPECT_EQ(opened.length, 172);
  const auto& routed = std::get<step::Routed>(steps[3].record.step);
  EXPECT_EQ(routed.leg, call.gateway().sink_of("east").stream);
  EXPECT_EQ(routed.numbers.ssrc, ssrc_of(got.clear));
  EXPECT_EQ(routed.numbers.sequence, sequence_of(got.clear));
  const auto& sealed = std::get<step::Transformed>(steps[4].record.step);
  EXPECT_EQ(sealed.direction, crypto::Direction::kSeal);
  EXPECT_EQ(sealed.suite->name, "AEAD_AES_128_GCM");
  EXPECT_EQ(sealed.index & 0xffff, sequence_of(got.clear));
  const auto& sent = std::get<step::Sent>(steps[5].record.step);
  EXPECT_EQ(sent.port, 1);
  EXPECT_EQ(sent.length, 14 + 20 + 8 + 12 + 160 + 16);
  for (std::size_t i = 1; i < steps.size(); ++i) EXPECT_GE(steps[i].record.at, steps[i - 1].record.at);
}

TEST(Trace, SaysThatAWrongTagWasDroppedByUnprotect) {
  Call call({}, {secure_leg("west", kSuite), plain_leg("east")});
  TraceOnAll trace(call.gateway(), "west", 2);
  Bytes wire = call.party("west").send(Rtp().sequence(1).bytes(), false);
  wire.back() ^= 1;
  call.inject("west", call.frame("west", wire, false).bytes());
  EXPECT_TRUE(call.received("east").empty());
  const auto packets = trace.packets();
  ASSERT_EQ(packets.size(), 1U);
  const auto& steps = packets.begin()->second;
  ASSERT_EQ(path(steps), "arrived found transformed dropped");
  EXPECT_EQ(last<step::Transformed>(steps).verdict, crypto::Verdict::kAuthFailed);
  EXPECT_EQ(last<step::Dropped>(steps).reason, DropReason::kAuthFailed);
  EXPECT_EQ(last<step::Dropped>(steps).where, Stage::kUnprotect);
}

TEST(Trace, NamesTheStageThatDrops) {
  Leg deaf = plain_leg("east");
  deaf.next_hop_known = false;
  Call call({.east_slots = 2}, {plain_leg("west"), deaf});
  TraceOnAll trace(call.gateway(), "west", 8);
  call.inject("west", call.frame("west", Rtp().bytes(), false).from({"192.0.2.98", 30000}).bytes());
  call.send("west", Rtp().bytes());
  call.settle();
  const auto packets = trace.packets();
  ASSERT_EQ(packets.size(), 2U);
  const auto& stranger = packets.begin()->second;
  EXPECT_EQ(path(stranger), "arrived dropped");
  EXPECT_EQ(last<step::Dropped>(stranger).reason, DropReason::kWrongSource);
  EXPECT_EQ(last<step::Dropped>(stranger).where, Stage::kClassify);
  const auto& nowhere = packets.rbegin()->second;
  EXPECT_EQ(path(nowhere), "arrived found dropped");
  EXPECT_EQ(last<step::Dropped>(nowhere).reason, DropReason::kNoNextHop);
  EXPECT_EQ(last<step::Dropped>(nowhere).where, Stage::kRoute);
}

TEST(Trace, SaysWhatThePortDidNotTake) {
  Call call({.east_slots = 4}, {plain_leg("west"), plain_leg("east")});
  TraceOnAll trace(call.gateway(), "west", 8);
  for (std::uint16_t i = 0; i < 5; ++i) call.send("west", Rtp().sequence(i).bytes());
  EXPECT_EQ(call.received("east").size(), 3U);
  std::size_t sent = 0;
  for (const auto& [mark, steps] : trace.packets()) {
    if (path(steps) == "arrived found routed sent") {
      ++sent;
    } else {
      EXPECT_EQ(path(steps), "arrived found routed dropped");
      EXPECT_EQ(last<step::Dropped>(steps).reason, DropReason::kTxFull);
      EXPECT_EQ(last<step::Dropped>(steps).where, Stage::kTransmit);
    }
  }
  EXPECT_EQ(sent, 3U);
}

TEST(Trace, FollowsAPacketFromWorkerToWorker) {
  Call call({.layout = kTwoWorkers}, {plain_leg("west"), secure_leg("east", kSuite)});
  TraceOnAll trace(call.gateway(), "east", 1);
  call.send("east", Rtp().bytes());  // worker 0 receives it, worker 1 has its leg, worker 0 the other one
  call.received_one("west");
  const auto packets = trace.packets();
  ASSERT_EQ(packets.size(), 1U);
  const auto& steps = packets.begin()->second;
  EXPECT_EQ(path(steps, true),
            "0:arrived 0:handed_over 1:taken 1:found 1:transformed 1:handed_over 0:taken 0:routed 0:sent");
  EXPECT_EQ(std::get<step::HandedOver>(steps[1].record.step).why, HandOver::kReceived);
  EXPECT_EQ(std::get<step::Taken>(steps[2].record.step).from, 0);
  EXPECT_EQ(std::get<step::HandedOver>(steps[5].record.step).why, HandOver::kMedia);
  EXPECT_EQ(std::get<step::HandedOver>(steps[5].record.step).to, 0);
}

TEST(Trace, FollowsAFrameToTheWorkerThatHasTheQueue) {
  Call call({.layout = kTwoWorkersOneQueue}, {plain_leg("west"), secure_leg("east", kSuite)});
  TraceOnAll trace(call.gateway(), "west", 1);
  call.send("west", Rtp().bytes());
  call.received_one("east");
  const auto packets = trace.packets();
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(path(packets.begin()->second, true),
            "0:arrived 0:found 0:handed_over 1:taken 1:routed 1:transformed 1:handed_over 0:taken 0:sent");
}

TEST(Trace, SaysWhichKeyAuthenticated) {
  Call call({}, {secure_leg("west", kSuite), plain_leg("east")});
  Gateway& gateway = call.gateway();
  call.send("west", Rtp().sequence(1).bytes());
  call.received_one("east");
  ASSERT_TRUE(gateway.command(
      0, dataplane::RekeyReceive{gateway.sink_of("west").stream, gateway.make_context(make_key(kSuite, 9)),
                                 gateway.ticks(std::chrono::seconds(60))}));
  gateway.pass(0);
  TraceOnAll trace(gateway, "west", 1);
  call.send("west", Rtp().sequence(2).bytes());
  call.received_one("east");
  EXPECT_TRUE(last<step::Transformed>(trace.packets().begin()->second).used_fallback);
}

TEST(Trace, FollowsRtcpOnThePortAbove) {
  Call call({}, {plain_leg("west"), secure_leg("east", kSuite)});
  TraceOnAll trace(call.gateway(), "west", 1);
  call.send_rtcp("west", receiver_report(0xabcd));
  call.received_one("east");
  const auto packets = trace.packets();
  ASSERT_EQ(packets.size(), 1U);
  const auto& steps = packets.begin()->second;
  EXPECT_EQ(path(steps), "arrived found routed transformed sent");
  EXPECT_EQ(last<step::Found>(steps).numbers.kind, crypto::PacketKind::kRtcp);
  EXPECT_EQ(last<step::Found>(steps).numbers.type, 201);
  EXPECT_EQ(last<step::Found>(steps).numbers.ssrc, 0xabcdU);
}

TEST(Trace, FollowsAsManyAsWereAskedForAndNoOtherLeg) {
  Call call({}, {plain_leg("west"), plain_leg("east")});
  TraceOnAll trace(call.gateway(), "west", 3);
  for (std::uint16_t i = 0; i < 10; ++i) {
    call.send("west", Rtp().sequence(i).bytes());
    call.send("east", Rtp().sequence(i).ssrc(5).bytes());
  }
  EXPECT_EQ(call.received("east").size(), 10U);
  const auto packets = trace.packets();
  ASSERT_EQ(packets.size(), 3U);
  for (const auto& [mark, steps] : packets) EXPECT_EQ(last<step::Found>(steps).numbers.sequence, mark.second);
}

TEST(Trace, FollowsPacketsThroughACryptoDevice) {
  LateEngines engines({.polls = 3});
  Call call({.engines = &engines}, {secure_leg("west", kSuite), secure_leg("east", "AEAD_AES_128_GCM")});
  TraceOnAll trace(call.gateway(), "west", 2);
  call.send("west", voice(7));
  drive(call, engines);
  Bytes wire = call.party("west").send(voice(8), false);
  wire.back() ^= 1;
  call.inject("west", call.frame("west", wire, false).bytes());
  drive(call, engines);
  const auto packets = trace.packets();
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(path(packets.begin()->second), "arrived found parked transformed routed parked transformed sent");
  const auto& wrong = packets.rbegin()->second;
  EXPECT_EQ(path(wrong), "arrived found parked transformed dropped");
  EXPECT_EQ(last<step::Dropped>(wrong).where, Stage::kUnprotect);
}

/// The buffers of traced packets go round: what they were is not taken for what they are.
TEST(Trace, ForgetsThePacketsOfAnEarlierTrace) {
  Call call({}, {plain_leg("west"), plain_leg("east")});
  {
    TraceOnAll first(call.gateway(), "west", 1000, 1);
    for (std::uint16_t i = 0; i < 500; ++i) call.send("west", Rtp().sequence(i).bytes());
    EXPECT_EQ(call.received("east").size(), 500U);
    EXPECT_EQ(first.packets().size(), 500U);
  }
  TraceOnAll second(call.gateway(), "west", 1, 2);
  for (std::uint16_t i = 500; i < 1000; ++i) call.send("west", Rtp().sequence(i).bytes());
  EXPECT_EQ(call.received("east").size(), 500U);
  const auto packets = second.packets();
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(path(packets.begin()->second), "arrived found routed sent");
}

TEST(Trace, EndsWhenItIsToldTo) {
  Call call({}, {plain_leg("west"), plain_leg("east")});
  TraceOnAll trace(call.gateway(), "west", 1000);
  call.send("west", Rtp().sequence(1).bytes());
  call.received_one("east");
  trace.stop();
  const auto events = call.gateway().events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(std::holds_alternative<dataplane::TraceEnded>(events.front()));
  call.send("west", Rtp().sequence(2).bytes());
  call.received_one("east");
  EXPECT_EQ(trace.packets().size(), 1U);
}

/// A record is plain memory: whatever part of a key or of what was said came into it would be found there.
TEST(Trace, HasNeitherKeysNorPayload) {
  const Leg west = secure_leg("west", kSuite);
  Call call({}, {west, secure_leg("east", kSuite)});
  TraceOnAll trace(call.gateway(), "west", 64);
  std::vector<Bytes> secrets{west.receive_key->master, west.send_key->master};
  for (std::uint16_t i = 0; i < 32; ++i) {
    const Bytes clear = Rtp().sequence(i).bytes();
    secrets.emplace_back(clear.begin() + 12, clear.end());
    Bytes wire = call.party("west").send(clear, false);
    secrets.emplace_back(wire.begin() + 12, wire.end());
    if (i % 4 == 0) wire.back() ^= 1;
    call.inject("west", call.frame("west", wire, false).bytes());
  }
  EXPECT_EQ(call.received("east").size(), 24U);
  for (const auto& [mark, steps] : trace.packets()) {
    for (const SeenStep& one : steps) {
      const auto* raw = reinterpret_cast<const std::uint8_t*>(&one.record);
      const Bytes memory(raw, raw + sizeof one.record);
      for (const Bytes& secret : secrets) {
        for (std::size_t at = 0; at + 4 <= secret.size(); at += 4) {
          const auto hit = std::search(memory.begin(), memory.end(), secret.begin() + static_cast<std::ptrdiff_t>(at),
                                       secret.begin() + static_cast<std::ptrdiff_t>(at + 4));
          EXPECT_EQ(hit, memory.end()) << path(steps);
        }
      }
    }
  }
}

TEST(Trace, CountsStepsForWhichThereWasNoRoom) {
  Call call({}, {plain_leg("west"), plain_leg("east")});
  TraceOnAll trace(call.gateway(), "west", 1);
  dataplane::PacketMeta meta{};
  ASSERT_TRUE(trace.of(0).choose(meta, call.gateway().stream("west").address_slot, 20000));
  for (int i = 0; i < 20; ++i) trace.of(0).note(meta, step::Parked{crypto::Direction::kOpen});
  EXPECT_EQ(trace.of(0).lost(), 4U) << "room for sixteen steps of one packet";
  EXPECT_FALSE(trace.of(0).choose(meta, call.gateway().stream("west").address_slot, 20000));
  EXPECT_FALSE(trace.of(0).follows(meta));
}

}  // namespace
}  // namespace sallyport::scenario
