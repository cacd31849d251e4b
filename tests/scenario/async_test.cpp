// Packets whose keys belong to an asynchronous crypto device: nothing waits for it, nothing is lost or overtakes within
// a stream, and what its jobs refer to stays until they are back.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/scenario/late_call.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::ContextRetired;
using dataplane::DropReason;
using dataplane::RekeyReceive;
using dataplane::RemoveStream;
using dataplane::StreamRetired;
using dataplane::WorkerStats;

const std::string kCm = "AES_CM_128_HMAC_SHA1_80";
const std::string kGcm = "AEAD_AES_128_GCM";
constexpr std::chrono::seconds kLongGrace{60};

struct LateCase {
  std::string name;
  Lateness lateness;
  std::string west;
  std::string east;
  Layout layout;
};
void PrintTo(const LateCase& test, std::ostream* out) { *out << test.name; }

class Late : public testing::TestWithParam<LateCase> {};

/// Both directions at once, in small bursts, so that jobs of several passes are with the device together.
TEST_P(Late, NothingIsLostOrOvertakes) {
  const LateCase& test = GetParam();
  LateEngines engines(test.lateness);
  const unsigned buffers = test_pool().available();
  {
    Call call({.layout = test.layout, .engines = &engines},
              {secure_leg("west", test.west), secure_leg("east", test.east)});
    constexpr std::uint32_t kPackets = 200;
    for (std::uint32_t i = 0; i < kPackets; ++i) {
      call.send("west", voice(65500 + i));  // wraps on the way
      call.send("east", voice(300 + i));
      if (i % 7 == 0) call.gateway().pass();
      EXPECT_TRUE(call.gateway().balanced());
    }
    drive(call, engines);
    expect_in_order(call.received("east"), kPackets);
    expect_in_order(call.received("west"), kPackets);
    expect_drops(call.gateway(), {});
    expect_nothing_parked(call.gateway());
    EXPECT_EQ(call.gateway().total(&WorkerStats::parked), 4 * kPackets) << "opened and sealed, both ways";
    EXPECT_EQ(engines.counts.wrong_door, 0U);
  }
  EXPECT_EQ(test_pool().available(), buffers);
}

std::vector<LateCase> late_cases() {
  using std::chrono::microseconds;
  return {
      {"AtOnce", {}, kCm, kGcm, kOneWorker},
      {"NextPass", {.polls = 1}, kCm, kCm, kOneWorker},
      {"FiftyPassesShuffled", {.polls = 50, .answers = Answers::kShuffled}, kGcm, kCm, kOneWorker},
      {"ThreePassesReversed", {.polls = 3, .answers = Answers::kReversed}, kGcm, kGcm, kTwoWorkers},
      {"OneQueueShuffled", {.polls = 5, .answers = Answers::kShuffled}, kCm, kGcm, kTwoWorkersOneQueue},
      {"HalfAMillisecond", {.time = microseconds(500), .answers = Answers::kReversed}, kCm, kGcm, kOneWorker},
  };
}

INSTANTIATE_TEST_SUITE_P(Devices, Late, testing::ValuesIn(late_cases()),
                         [](const auto& test) { return test.param.name; });

/// A device that never answers: passes go on at their pace, calls it a fixed number of times each, and other streams do
/// not notice. What finds no room is dropped with a reason of its own.
TEST(SilentDevice, HoldsNobodyElseUp) {
  LateEngines engines({.silent = true});
  const unsigned buffers = test_pool().available();
  {
    Leg plain_west = plain_leg("west");
    plain_west.name = "plain west";
    plain_west.local.port = 21000;
    plain_west.remote.port = 33000;
    plain_west.peer = "plain east";
    Leg plain_east = plain_leg("east");
    plain_east.name = "plain east";
    plain_east.local.port = 21002;
    plain_east.remote.port = 34000;
    plain_east.peer = "plain west";
    Call call({.engines = &engines}, {secure_leg("west", kCm), secure_leg("east", kCm), plain_west, plain_east});
    for (std::uint32_t i = 0; i < 400; ++i) {
      call.send("west", voice(i));
      call.send("plain west", voice(i));
    }
    call.settle();
    EXPECT_EQ(call.received("plain east").size(), 400U);
    EXPECT_EQ(call.received("east").size(), 0U);
    EXPECT_EQ(engines.in_flight(), dataplane::kLaneDepth);
    expect_drops(call.gateway(), {{DropReason::kDeviceFull, 400 - dataplane::kLaneDepth}});
    EXPECT_TRUE(call.gateway().balanced());

    const LateCounts before = engines.counts;
    constexpr std::uint64_t kPasses = 10'000;
    for (std::uint64_t i = 0; i < kPasses; ++i) EXPECT_FALSE(call.gateway().pass()) << "nothing to do is not work";
    EXPECT_EQ(engines.counts.collect_calls - before.collect_calls, kPasses) << "asked once a pass, never waited for";
    EXPECT_EQ(engines.counts.submit_calls, before.submit_calls);
  }
  EXPECT_EQ(test_pool().available(), buffers) << "packets that were parked to the end";
}

TEST(SilentDevice, ThatWakesUpGivesEverythingBack) {
  LateEngines engines({.silent = true});
  Call call({.engines = &engines}, {secure_leg("west", kGcm), secure_leg("east", kCm)});
  for (std::uint32_t i = 0; i < 100; ++i) call.send("west", voice(i));
  call.settle();
  EXPECT_EQ(call.received("east").size(), 0U);
  engines.lateness.silent = false;
  drive(call, engines);
  expect_in_order(call.received("east"), 100);
  expect_nothing_parked(call.gateway());
}

/// A job that gets lost keeps its stream's place; no other stream, nor the other direction, waits for it.
TEST(LostJob, HoldsUpItsOwnStreamAlone) {
  LateEngines engines({.lost = 3});
  Leg west2 = secure_leg("west", kCm);
  west2.name = "west2";
  west2.local.port = 21000;
  west2.remote.port = 33000;
  west2.peer = "east2";
  Leg east2 = plain_leg("east");
  east2.name = "east2";
  east2.local.port = 21002;
  east2.remote.port = 34000;
  east2.peer = "west2";
  Call call({.engines = &engines}, {secure_leg("west", kCm), plain_leg("east"), west2, east2});
  for (std::uint32_t i = 0; i < 10; ++i) call.send("west", voice(i));
  for (std::uint32_t i = 0; i < 10; ++i) call.send("west2", voice(i));
  for (std::uint32_t i = 0; i < 10; ++i) call.send("east", voice(i));
  call.settle();
  EXPECT_EQ(call.received("east").size(), 3U);
  EXPECT_EQ(call.received("east2").size(), 10U);
  EXPECT_EQ(call.received("west").size(), 10U);
  EXPECT_EQ(engines.in_flight(), 1U);
  engines.lateness.lost = kNoJob;
  drive(call, engines);
  EXPECT_EQ(call.received("east").size(), 7U);
}

TEST(FullDevice, DropsWhatItDoesNotTake) {
  LateEngines engines({.polls = 2, .depth = 20});
  Call call({.engines = &engines}, {secure_leg("west", kCm), plain_leg("east")});
  for (std::uint32_t i = 0; i < 50; ++i) call.send("west", voice(i));
  drive(call, engines);
  EXPECT_EQ(call.received("east").size(), 20U);
  expect_drops(call.gateway(), {{DropReason::kDeviceFull, 30}});
  expect_nothing_parked(call.gateway());
}

TEST(FailingDevice, HasAReasonEachWay) {
  LateEngines engines({.fails = true});
  Call call({.engines = &engines}, {secure_leg("west", kGcm), plain_leg("east")});
  for (std::uint32_t i = 0; i < 5; ++i) call.send("west", voice(i));
  for (std::uint32_t i = 0; i < 7; ++i) call.send("east", voice(i));
  drive(call, engines);
  expect_drops(call.gateway(), {{DropReason::kAuthFailed, 5}, {DropReason::kEngineFailed, 7}});
  expect_nothing_parked(call.gateway());
}

/// A stream that is removed while its jobs are away comes back when they are, and takes its packets with it.
TEST(Retirement, OfAStreamWaitsForItsJobs) {
  LateEngines engines({.silent = true});
  Call call({.engines = &engines}, {secure_leg("west", kCm), secure_leg("east", kGcm)});
  Gateway& gateway = call.gateway();
  for (std::uint32_t i = 0; i < 20; ++i) call.send("west", voice(i));
  call.settle();
  ASSERT_TRUE(gateway.command(0, RemoveStream{gateway.sink_of("west").stream}));
  call.settle();
  EXPECT_EQ(gateway.total(&WorkerStats::streams), 1U);
  EXPECT_EQ(count_of<StreamRetired>(gateway.events()), 0U) << "its jobs are with the device";
  call.send("west", voice(20));  // its port is nobody's by now
  engines.lateness.silent = false;
  drive(call, engines);
  EXPECT_EQ(count_of<StreamRetired>(gateway.events()), 1U);
  EXPECT_EQ(call.received("east").size(), 0U);
  expect_drops(gateway, {{DropReason::kNoStream, 21}});
  expect_nothing_parked(gateway);
}

TEST(Retirement, OfTheLegThatSends) {
  LateEngines engines({.silent = true});
  Call call({.engines = &engines}, {plain_leg("west"), secure_leg("east", kGcm)});
  Gateway& gateway = call.gateway();
  for (std::uint32_t i = 0; i < 20; ++i) call.send("west", voice(i));
  call.settle();
  ASSERT_TRUE(gateway.command(0, RemoveStream{gateway.sink_of("east").stream}));
  call.settle();
  EXPECT_EQ(count_of<StreamRetired>(gateway.events()), 0U);
  engines.lateness.silent = false;
  drive(call, engines);
  EXPECT_EQ(count_of<StreamRetired>(gateway.events()), 1U);
  expect_drops(gateway, {{DropReason::kSinkGone, 20}});
}

/// Ten times over, with traffic all the time: each stream comes back once.
TEST(Retirement, UnderTraffic) {
  LateEngines engines({.polls = 6, .answers = Answers::kShuffled});
  Call call({.engines = &engines}, {secure_leg("west", kCm), secure_leg("east", kGcm)});
  Gateway& gateway = call.gateway();
  std::size_t retired = 0;
  for (std::uint16_t turn = 0; turn < 10; ++turn) {
    Leg extra = secure_leg("west", turn % 2 == 0 ? kCm : kGcm);
    extra.name = "extra" + std::to_string(turn);
    extra.local.port = 22000;  // the same one each time
    extra.peer = "east";
    gateway.add({extra});
    Party party(extra.receive_key, std::nullopt);
    for (std::uint32_t i = 0; i < 30; ++i) {
      call.send("west", voice(turn * 30U + i));
      call.inject("west", Frame(extra.remote, extra.local)
                              .macs(kNextHopMacs[0], kGatewayMacs[0])
                              .payload(party.send(voice(i), false))
                              .bytes());
      if (i == 20) {
        ASSERT_TRUE(gateway.command(0, RemoveStream{gateway.sink_of(extra.name).stream}));
      }
      if (i % 4 == 0) gateway.pass();
    }
    retired += count_of<StreamRetired>(gateway.events());
  }
  drive(call, engines);
  retired += count_of<StreamRetired>(gateway.events());
  EXPECT_EQ(retired, 10U);
  EXPECT_GE(call.received("east").size(), 300U) << "the stream that stayed lost nothing";
  expect_nothing_parked(gateway);
}

/// Control does not read its events: what is due waits, and comes later, keys before the stream that they were of.
class SlowControl : public testing::Test {
 protected:
  void SetUp() override {
    for (std::uint32_t i = 0; i < 5; ++i) call_.send("west", voice(i));
    call_.settle();
    for (std::uint8_t i = 0; i < 6; ++i) {
      const Key key = make_key(kCm, static_cast<std::uint8_t>(60 + i));
      ASSERT_TRUE(gateway_.command(0, RekeyReceive{west_, gateway_.make_context(key), gateway_.ticks(kLongGrace)}));
    }
    call_.settle();
  }
  void expect_keys_then_stream() {
    std::vector<dataplane::Event> told;
    for (int turn = 0; turn < 10; ++turn) {
      for (auto& event : gateway_.events()) told.push_back(std::move(event));
      call_.settle();
    }
    ASSERT_EQ(told.size(), 6U) << "five keys that were replaced, and the stream with the last two";
    for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(std::holds_alternative<ContextRetired>(told[i])) << i;
    EXPECT_TRUE(std::holds_alternative<StreamRetired>(told[5]));
  }

  LateEngines engines_{{.silent = true}};
  Call call_{{.event_slots = 4, .engines = &engines_}, {secure_leg("west", kCm), secure_leg("east", kCm)}};
  Gateway& gateway_ = call_.gateway();
  dataplane::StreamId west_ = gateway_.sink_of("west").stream;
};

TEST_F(SlowControl, GetsWhatWaitedForJobs) {
  ASSERT_TRUE(gateway_.command(0, RemoveStream{west_}));
  call_.settle();
  EXPECT_TRUE(gateway_.events().empty());
  engines_.lateness.silent = false;
  drive(call_, engines_);
  expect_keys_then_stream();
}

TEST_F(SlowControl, GetsWhatWaitedForRoom) {
  engines_.lateness.silent = false;
  drive(call_, engines_);
  ASSERT_TRUE(gateway_.command(0, RemoveStream{west_}));
  expect_keys_then_stream();
}

}  // namespace
}  // namespace sallyport::scenario
