// A crypto device that leaves jobs without an answer for longer than a worker's patience: their packets are given up
// and control goes on, while nothing that the device may still be using is freed before it gives the jobs back.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/scenario/late_call.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::ContextRetired;
using dataplane::DeviceAnswers;
using dataplane::DeviceSilent;
using dataplane::DropReason;
using dataplane::Event;
using dataplane::RekeyReceive;
using dataplane::RemoveStream;
using dataplane::StreamRetired;
using dataplane::WorkerStats;

using Time = std::chrono::steady_clock;

const std::string kCm = "AES_CM_128_HMAC_SHA1_80";
const std::string kGcm = "AEAD_AES_128_GCM";
constexpr std::chrono::milliseconds kPatience{50};

class Patience : public testing::Test {
 protected:
  explicit Patience(Lateness lateness = {.silent = true}) : engines_(lateness) {}

  void send(std::uint32_t first, std::uint32_t count, const std::string& leg = "west") {
    for (std::uint32_t i = 0; i < count; ++i) call_.send(leg, voice(first + i));
    call_.settle();
  }
  void pass_for(std::chrono::nanoseconds time) {
    for (const auto end = Time::now() + time; Time::now() < end;) call_.gateway().pass();
    take_events();
  }
  /// Until that many jobs are overdue, for ten seconds at most.
  void until_unanswered(std::uint64_t jobs) {
    const auto end = Time::now() + std::chrono::seconds(10);
    while (call_.gateway().total(&WorkerStats::unanswered) != jobs && Time::now() < end) call_.gateway().pass();
    ASSERT_EQ(call_.gateway().total(&WorkerStats::unanswered), jobs);
    take_events();
  }
  /// The device gives back all that it has, and the worker's counters show it.
  void wake() {
    engines_.lateness = {};
    drive(call_, engines_);
    until_unanswered(0);
  }
  void take_events() {
    for (Event& event : call_.gateway().events()) told_.push_back(std::move(event));
  }
  /// How many such events came since the last call; what they own is destroyed.
  template <typename Kind>
  std::size_t told() {
    take_events();
    const std::size_t count = count_of<Kind>(told_);
    std::erase_if(told_, [](const Event& event) { return std::holds_alternative<Kind>(event); });
    return count;
  }
  /// The key before stays for its grace, which nobody lives to see; the one before that one is retired.
  void rekey_receive(std::uint8_t seed) {
    Gateway& gateway = call_.gateway();
    auto context = gateway.make_context(make_key(kCm, seed));
    ASSERT_TRUE(gateway.command(
        0, RekeyReceive{gateway.sink_of("west").stream, std::move(context), gateway.ticks(std::chrono::minutes(1))}));
  }

  LateEngines engines_;
  const unsigned buffers_ = test_pool().available();
  Call call_{{.engines = &engines_, .device_patience = kPatience}, {secure_leg("west", kCm), secure_leg("east", kGcm)}};
  std::vector<Event> told_;
};

class LostOne : public Patience {
 protected:
  LostOne() : Patience({.lost = 3}) {}
};

TEST_F(Patience, IsOverAtLast) {
  send(0, 20);
  EXPECT_EQ(call_.gateway().total(&WorkerStats::unanswered), 0U);
  until_unanswered(20);
  expect_drops(call_.gateway(), {{DropReason::kDeviceSilent, 20}});
  expect_nothing_parked(call_.gateway());
  EXPECT_EQ(told<DeviceSilent>(), 1U);
  EXPECT_EQ(call_.gateway().total(&WorkerStats::silent), 1U);
  EXPECT_EQ(test_pool().available(), buffers_ - 20) << "the device still has them";
}

/// More commands than retired objects may wait for parked packets.
TEST_F(Patience, LetsControlGoOn) {
  constexpr std::size_t kRekeys = 1500;
  send(0, 20);
  std::size_t sent = 0;
  std::size_t retired = 0;
  for (const auto end = Time::now() + std::chrono::seconds(30); retired + 3 < kRekeys && Time::now() < end;) {
    Gateway& gateway = call_.gateway();
    const auto west = gateway.sink_of("west").stream;
    while (sent < kRekeys) {
      auto context = gateway.make_context(make_key(kCm, static_cast<std::uint8_t>(sent)));
      if (!gateway.command(0, RekeyReceive{west, std::move(context), 0})) break;
      ++sent;
    }
    gateway.pass();
    retired += told<ContextRetired>();
  }
  EXPECT_EQ(sent, kRekeys);
  EXPECT_GE(retired, kRekeys - 3) << "all but the newest two, and the one that the device uses";
}

TEST_F(Patience, KeepsTheKeysThatTheDeviceUses) {
  send(0, 20);
  rekey_receive(51);  // its 20 jobs are under the key before
  rekey_receive(52);
  pass_for(kPatience / 4);
  EXPECT_EQ(told<ContextRetired>(), 0U);
  until_unanswered(20);
  pass_for(std::chrono::milliseconds(20));
  EXPECT_EQ(told<ContextRetired>(), 0U) << "it is the device's";
  rekey_receive(53);
  pass_for(std::chrono::milliseconds(5));
  EXPECT_EQ(told<ContextRetired>(), 1U) << "one that the device never saw";
  wake();
  EXPECT_EQ(told<ContextRetired>(), 1U);
  EXPECT_EQ(told<DeviceAnswers>(), 1U);
}

TEST_F(Patience, LetsAStreamGoThatHasOtherKeysByThen) {
  send(0, 20);
  rekey_receive(51);
  rekey_receive(52);
  ASSERT_TRUE(call_.gateway().command(0, RemoveStream{call_.gateway().sink_of("west").stream}));
  until_unanswered(20);
  pass_for(std::chrono::milliseconds(5));
  EXPECT_EQ(told<StreamRetired>(), 1U);
  EXPECT_EQ(told<ContextRetired>(), 0U);
  wake();
  EXPECT_EQ(told<ContextRetired>(), 1U);
}

TEST_F(Patience, KeepsAStreamWhoseKeysTheDeviceUses) {
  send(0, 20);
  ASSERT_TRUE(call_.gateway().command(0, RemoveStream{call_.gateway().sink_of("west").stream}));
  until_unanswered(20);
  pass_for(std::chrono::milliseconds(5));
  EXPECT_EQ(told<StreamRetired>(), 0U);
  wake();
  EXPECT_EQ(told<StreamRetired>(), 1U);
  expect_drops(call_.gateway(), {{DropReason::kDeviceSilent, 20}});
}

/// What was given up stays so; what comes behind it is in order. All buffers are there again.
TEST_F(Patience, IsThereAgainWhenTheDeviceAnswersLate) {
  send(0, 20);
  send(0, 10, "east");
  until_unanswered(30);
  wake();
  EXPECT_EQ(call_.gateway().total(&WorkerStats::silent), 0U);
  EXPECT_EQ(told<DeviceAnswers>(), 1U);
  EXPECT_EQ(test_pool().available(), buffers_);
  send(20, 50);
  drive(call_, engines_);
  expect_in_order(call_.received("east"), 50);
  EXPECT_EQ(call_.received("west").size(), 0U);
  expect_drops(call_.gateway(), {{DropReason::kDeviceSilent, 30}});
}

/// A device that does not answer gets one job each patience; the rest is dropped at once.
TEST_F(Patience, AsksASilentDeviceNowAndThen) {
  send(0, 20);
  until_unanswered(20);
  const std::uint64_t before = engines_.counts.submitted;
  const auto begin = Time::now();
  std::uint32_t sent = 0;
  while (Time::now() - begin < 4 * kPatience) {
    send(20 + sent, 5);
    sent += 5;
  }
  const auto patiences = static_cast<std::uint64_t>((Time::now() - begin) / kPatience);
  EXPECT_GE(engines_.counts.submitted - before, 2U);
  EXPECT_LE(engines_.counts.submitted - before, patiences + 1);
  pass_for(kPatience * 2);
  expect_drops(call_.gateway(), {{DropReason::kDeviceSilent, 20 + sent}});
  EXPECT_EQ(told<DeviceSilent>(), 1U) << "said once";
  wake();
  EXPECT_EQ(test_pool().available(), buffers_);
}

/// What the engine does without its device is no sign of life of the device.
TEST_F(Patience, IsNotRenewedByJobsThatNeverWereWithTheDevice) {
  engines_.lateness.aside = 4;
  std::uint32_t sent = 0;
  for (const auto end = Time::now() + 6 * kPatience; Time::now() < end;) send(sent++, 1);
  EXPECT_EQ(told<DeviceSilent>(), 1U);
  EXPECT_EQ(told<DeviceAnswers>(), 0U);
  EXPECT_EQ(call_.gateway().total(&WorkerStats::silent), 1U);
}

/// It forgot what it had (a reset), and works again: a trial shows it.
TEST_F(Patience, FindsOutThatADeviceWorksAgain) {
  send(0, 20);
  until_unanswered(20);
  engines_.lateness = {.first = engines_.counts.submitted};
  std::uint32_t sequence = 20;
  for (const auto end = Time::now() + std::chrono::seconds(10);
       call_.gateway().total(&WorkerStats::silent) != 0 && Time::now() < end;) {
    send(sequence++, 1);
  }
  EXPECT_EQ(told<DeviceAnswers>(), 1U);
  static_cast<void>(call_.received("east"));
  send(sequence, 100);
  expect_in_order(call_.received("east"), 100);
  EXPECT_EQ(engines_.in_flight(), 20U);
  EXPECT_EQ(call_.gateway().total(&WorkerStats::unanswered), 20U);
}

/// One job got lost: its stream waits for it no longer than that, and the device is not blamed.
TEST_F(LostOne, HoldsItsStreamUpNoLonger) {
  send(0, 10);
  EXPECT_EQ(call_.received("east").size(), 3U);
  until_unanswered(1);
  call_.settle();
  expect_in_order(call_.received("east"), 6);
  send(10, 10);
  expect_in_order(call_.received("east"), 10);
  expect_drops(call_.gateway(), {{DropReason::kDeviceSilent, 1}});
  EXPECT_EQ(told<DeviceSilent>(), 0U);
  wake();
  EXPECT_EQ(test_pool().available(), buffers_);
  EXPECT_EQ(call_.received("east").size(), 0U);
}

TEST(PatienceOver, WithPacketsThatNeverCameBack) {
  const unsigned buffers = test_pool().available();
  {
    LateEngines engines({.silent = true});
    Call call({.engines = &engines, .device_patience = kPatience}, {secure_leg("west", kCm), secure_leg("east", kGcm)});
    Gateway& gateway = call.gateway();
    for (std::uint32_t i = 0; i < 20; ++i) call.send("west", voice(i));
    call.settle();
    ASSERT_TRUE(gateway.command(0, RemoveStream{gateway.sink_of("west").stream}));
    for (const auto end = Time::now() + 3 * kPatience; Time::now() < end;) gateway.pass();
    EXPECT_EQ(gateway.drops(DropReason::kDeviceSilent), 20U);
  }
  EXPECT_EQ(test_pool().available(), buffers);
}

}  // namespace
}  // namespace sallyport::scenario
