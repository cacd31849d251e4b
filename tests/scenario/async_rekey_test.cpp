// New keys while jobs under the old ones are with an asynchronous crypto device, and between a device and an engine
// that works within the call.
#include <gtest/gtest.h>

#include "tests/scenario/late_call.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::ContextRetired;
using dataplane::DropReason;
using dataplane::RekeyReceive;
using dataplane::RekeySend;

const std::string kCm = "AES_CM_128_HMAC_SHA1_80";
const std::string kGcm = "AEAD_AES_128_GCM";
constexpr std::chrono::seconds kLongGrace{60};

class AsyncRekey : public testing::Test {
 protected:
  void rekey_receive(const Key& key, std::chrono::nanoseconds grace) {
    Gateway& gateway = call_.gateway();
    ASSERT_TRUE(gateway.command(
        0, RekeyReceive{gateway.sink_of("west").stream, gateway.make_context(key), gateway.ticks(grace)}));
  }
  void send(Party& party, std::uint32_t sequence) {
    call_.inject("west", call_.frame("west", party.send(voice(sequence), false), false).bytes());
  }

  /// GCM is none of the device's business.
  LateEngines engines_{{.polls = 2, .answers = Answers::kReversed},
                       [](const crypto::Suite& suite) { return !suite.aead(); }};
  Call call_{{.engines = &engines_}, {secure_leg("west", kCm), plain_leg("east")}};
  Party old_party_{make_key(kCm, 1), std::nullopt};
  Key new_key_ = make_key(kCm, 51);
  Party new_party_{new_key_, std::nullopt};
};

/// A packet under the previous key fails under the new one first: two jobs, and it keeps its place.
TEST_F(AsyncRekey, OldAndNewKeyInterleavedLoseNothing) {
  for (std::uint32_t i = 0; i < 20; ++i) send(old_party_, 1000 + i);
  call_.gateway().pass();
  rekey_receive(new_key_, kLongGrace);
  for (std::uint32_t i = 20; i < 120; ++i) {
    send(i % 3 == 0 ? new_party_ : old_party_, 1000 + i);
    if (i % 8 == 0) call_.gateway().pass();
  }
  drive(call_, engines_);
  const auto got = call_.received("east");
  ASSERT_EQ(got.size(), 120U);
  for (std::uint32_t i = 0; i < 120; ++i) EXPECT_EQ(got[i].clear, voice(1000 + i)) << i;
  expect_drops(call_.gateway(), {});
  EXPECT_GT(engines_.counts.submitted, 120U + 60U);
}

/// The key that is in use by jobs goes back to control only when they are done, and they are done under it.
TEST_F(AsyncRekey, AKeyThatIsInUseStays) {
  engines_.lateness.silent = true;
  for (std::uint32_t i = 0; i < 10; ++i) send(old_party_, i);
  call_.settle();
  rekey_receive(new_key_, std::chrono::nanoseconds(0));
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(400);  // every stream was swept
  while (std::chrono::steady_clock::now() < until) call_.gateway().pass();
  send(new_party_, 10);
  call_.settle();
  EXPECT_EQ(count_of<ContextRetired>(call_.gateway().events()), 0U);
  engines_.lateness.silent = false;
  drive(call_, engines_);
  EXPECT_EQ(call_.received("east").size(), 11U);
  EXPECT_EQ(count_of<ContextRetired>(call_.gateway().events()), 1U);
}

TEST_F(AsyncRekey, OfTheSendingDirection) {
  engines_.lateness.silent = true;
  for (std::uint32_t i = 0; i < 10; ++i) call_.send("east", voice(i));
  call_.settle();
  Gateway& gateway = call_.gateway();
  ASSERT_TRUE(gateway.command(0, RekeySend{gateway.sink_of("west").stream, gateway.make_context(new_key_)}));
  call_.settle();
  EXPECT_EQ(count_of<ContextRetired>(gateway.events()), 0U);
  engines_.lateness.silent = false;
  drive(call_, engines_);
  EXPECT_EQ(call_.received("west").size(), 10U) << "sealed under the old key";
  EXPECT_EQ(count_of<ContextRetired>(gateway.events()), 1U);
  call_.replace_party("west", Party(std::nullopt, new_key_));
  call_.send("east", voice(10));
  drive(call_, engines_);
  EXPECT_EQ(call_.received("west").size(), 1U);
}

/// To a suite that is done within the call, and back: the packets of both queue in one lane.
TEST_F(AsyncRekey, ToAnotherEngineAndBack) {
  engines_.lateness.polls = 20;
  for (std::uint32_t i = 0; i < 10; ++i) send(old_party_, i);
  call_.gateway().pass();
  const Key gcm_key = make_key(kGcm, 90);
  Party gcm_party(gcm_key, std::nullopt);
  rekey_receive(gcm_key, kLongGrace);
  for (std::uint32_t i = 10; i < 20; ++i) send(i % 2 == 0 ? gcm_party : old_party_, i);
  drive(call_, engines_);
  for (std::uint32_t i = 20; i < 30; ++i) send(i % 2 == 0 ? gcm_party : old_party_, i);
  call_.gateway().pass();
  rekey_receive(new_key_, kLongGrace);
  for (std::uint32_t i = 30; i < 50; ++i) send(i % 2 == 0 ? gcm_party : new_party_, i);
  drive(call_, engines_);
  const auto got = call_.received("east");
  ASSERT_EQ(got.size(), 50U);
  for (std::uint32_t i = 0; i < 50; ++i) EXPECT_EQ(got[i].clear, voice(i)) << i;
  EXPECT_EQ(engines_.counts.wrong_door, 0U);
  expect_nothing_parked(call_.gateway());
}

/// What is sealed within the call does not overtake what the device has.
TEST_F(AsyncRekey, OfTheSendingDirectionToAnotherEngine) {
  Gateway& gateway = call_.gateway();
  engines_.lateness.silent = true;
  for (std::uint32_t i = 0; i < 10; ++i) call_.send("east", voice(i));
  call_.settle();
  const Key gcm_key = make_key(kGcm, 90);
  ASSERT_TRUE(gateway.command(0, RekeySend{gateway.sink_of("west").stream, gateway.make_context(gcm_key)}));
  for (std::uint32_t i = 10; i < 20; ++i) call_.send("east", voice(i));
  for (int i = 0; i < 10; ++i) gateway.pass();
  EXPECT_TRUE(gateway.collect(Side::kWest).empty());
  engines_.lateness.silent = false;
  for (int i = 0; i < 10; ++i) gateway.pass();
  const std::vector<Bytes> frames = gateway.collect(Side::kWest);
  ASSERT_EQ(frames.size(), 20U);
  Party gcm_party(std::nullopt, gcm_key);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    Party& party = i < 10 ? call_.party("west") : gcm_party;
    EXPECT_TRUE(party.receive(read_frame(frames[i]).payload, false)) << i;
  }
}

/// Many senders begin with ROC 0 again behind a re-key: the second guess is another job.
TEST_F(AsyncRekey, ASenderMayResetItsRoc) {
  for (std::uint32_t i = 0; i < 3; ++i) {
    send(old_party_, (65000 + i * 16000) & 0xffff);
    drive(call_, engines_);
  }
  ASSERT_EQ(call_.received("east").size(), 3U);
  rekey_receive(new_key_, kLongGrace);
  for (std::uint32_t i = 0; i < 50; ++i) send(new_party_, 31465 + i);
  drive(call_, engines_);
  EXPECT_EQ(call_.received("east").size(), 50U);
}

/// A retry that the device does not take: the packet is lost with the device's reason, not with the key's.
TEST_F(AsyncRekey, ARetryThatFindsNoRoom) {
  rekey_receive(new_key_, kLongGrace);
  for (std::uint32_t i = 0; i < 5; ++i) send(old_party_, i);
  call_.gateway().pass();
  ASSERT_EQ(engines_.in_flight(), 5U);
  engines_.lateness.depth = 0;
  drive(call_, engines_);
  expect_drops(call_.gateway(), {{DropReason::kDeviceFull, 5}});
  expect_nothing_parked(call_.gateway());
}

}  // namespace
}  // namespace sallyport::scenario
