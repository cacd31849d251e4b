// New keys in the middle of a call (requirement M5): no packet that either key authenticates is lost, and ROC goes on.
#include <gtest/gtest.h>

#include "tests/scenario/call.hpp"

namespace sallyport::scenario {
namespace {

using dataplane::DropReason;
using dataplane::RekeyReceive;
using dataplane::RekeySend;

const std::string kCm = "AES_CM_128_HMAC_SHA1_80";
const std::string kGcm = "AEAD_AES_128_GCM";
constexpr std::chrono::seconds kLongGrace{60};

struct Change {
  std::string name;
  std::string before;
  std::string after;
};
void PrintTo(const Change& change, std::ostream* out) { *out << change.before << " to " << change.after; }

class Rekey : public testing::TestWithParam<Change> {
 protected:
  Rekey() : call_({}, {secure_leg("west", GetParam().before), plain_leg("east")}) {}

  void rekey_receive(const Key& key, std::chrono::nanoseconds grace) {
    Gateway& gateway = call_.gateway();
    ASSERT_TRUE(gateway.command(
        0, RekeyReceive{gateway.sink_of("west").stream, gateway.make_context(key), gateway.ticks(grace)}));
    call_.settle();
  }
  Bytes packet(std::uint32_t sequence) {
    return Rtp().sequence(static_cast<std::uint16_t>(sequence)).timestamp(sequence * 160).bytes();
  }
  /// The frame in which a party sends.
  void send(Party& party, std::uint32_t sequence) {
    call_.inject("west", call_.frame("west", party.send(packet(sequence), false), false).bytes());
  }
  unsigned retired_contexts() {
    unsigned count = 0;
    for (const auto& event : call_.gateway().events()) {
      count += std::holds_alternative<dataplane::ContextRetired>(event);
    }
    return count;
  }

  Call call_;
  Key old_key_ = make_key(GetParam().before, 1);
  Key new_key_ = make_key(GetParam().after, 51);
  Party old_party_{old_key_, std::nullopt};
  Party new_party_{new_key_, std::nullopt};
};

TEST_P(Rekey, OldAndNewKeyInterleavedLoseNothing) {
  for (std::uint32_t i = 0; i < 50; ++i) send(old_party_, 1000 + i);
  rekey_receive(new_key_, kLongGrace);
  for (std::uint32_t i = 50; i < 250; ++i) send(i % 3 == 0 ? new_party_ : old_party_, 1000 + i);
  const auto got = call_.received("east");
  ASSERT_EQ(got.size(), 250U);
  for (std::uint32_t i = 0; i < 250; ++i) EXPECT_EQ(got[i].clear, packet(1000 + i));
  expect_drops(call_.gateway(), {});
  EXPECT_EQ(retired_contexts(), 0U) << "the old key lives through its grace time";
}

TEST_P(Rekey, ReplaysAreCaughtUnderBothKeys) {
  rekey_receive(new_key_, kLongGrace);
  for (Party* party : {&old_party_, &new_party_}) {
    const std::uint32_t sequence = party == &old_party_ ? 1 : 2;
    const Bytes frame = call_.frame("west", party->send(packet(sequence), false), false).bytes();
    call_.inject("west", frame);
    call_.inject("west", frame);
  }
  EXPECT_EQ(call_.received("east").size(), 2U);
  EXPECT_EQ(call_.gateway().drops(DropReason::kReplayed) + call_.gateway().drops(DropReason::kAuthFailed), 2U);
}

TEST_P(Rekey, RocGoesOn) {
  for (std::uint32_t i = 0; i < 5; ++i) {
    const std::uint32_t sequence = (65000 + i * 16000) & 0xffff;
    send(old_party_, sequence);
    call_.settle();
    ASSERT_NO_THROW(new_party_.send(packet(sequence), false)) << "the new key's sender keeps its ROC (RFC 3711 8.1)";
  }
  ASSERT_EQ(call_.received("east").size(), 5U);
  rekey_receive(new_key_, kLongGrace);
  send(new_party_, (65000 + 5 * 16000) & 0xffff);
  EXPECT_EQ(call_.received("east").size(), 1U);
}

/// Many senders begin with ROC 0 again, whatever the RFC says (field case 13).
TEST_P(Rekey, ASenderMayResetItsRoc) {
  for (std::uint32_t i = 0; i < 3; ++i) {
    send(old_party_, (65000 + i * 16000) & 0xffff);
    call_.settle();
  }
  ASSERT_EQ(call_.received("east").size(), 3U);
  rekey_receive(new_key_, kLongGrace);
  for (std::uint32_t i = 0; i < 50; ++i) send(new_party_, 31465 + i);
  EXPECT_EQ(call_.received("east").size(), 50U);
}

TEST_P(Rekey, AfterTheGraceTimeTheOldKeyIsGone) {
  send(old_party_, 1);
  ASSERT_EQ(call_.received("east").size(), 1U);
  rekey_receive(new_key_, std::chrono::nanoseconds(0));
  send(old_party_, 2);
  send(new_party_, 3);
  EXPECT_EQ(call_.received("east").size(), 1U);
  expect_drops(call_.gateway(), {{DropReason::kAuthFailed, 1}});
  unsigned retired = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (retired == 0 && std::chrono::steady_clock::now() < deadline) {
    call_.gateway().pass();
    retired += retired_contexts();
  }
  EXPECT_EQ(retired, 1U) << "control gets the old key back to wipe it";
}

TEST_P(Rekey, ASecondOneWithinTheGraceTimeGivesTheOldestKeyBack) {
  rekey_receive(new_key_, kLongGrace);
  const Key third_key = make_key(GetParam().after, 71);
  rekey_receive(third_key, kLongGrace);
  EXPECT_EQ(retired_contexts(), 1U);
  Party third(third_key, std::nullopt);
  send(new_party_, 1);
  send(third, 2);
  EXPECT_EQ(call_.received("east").size(), 2U);
}

TEST_P(Rekey, OfAStreamThatIsGoneGivesTheKeyBack) {
  Gateway& gateway = call_.gateway();
  ASSERT_TRUE(gateway.command(0, RekeyReceive{{7, 9}, gateway.make_context(new_key_), 0}));
  ASSERT_TRUE(gateway.command(0, RekeySend{{7, 9}, gateway.make_context(new_key_)}));
  call_.settle();
  EXPECT_EQ(retired_contexts(), 2U);
}

/// The sending direction: the far party gets every packet, before with the old key, behind with the new, numbers go on.
TEST_P(Rekey, OfTheSendingDirection) {
  call_.send("east", packet(10));
  const auto before = call_.received_one("west");
  Gateway& gateway = call_.gateway();
  ASSERT_TRUE(gateway.command(0, RekeySend{gateway.sink_of("west").stream, gateway.make_context(new_key_)}));
  call_.settle();
  call_.replace_party("west", Party(std::nullopt, new_key_));
  call_.send("east", packet(11));
  const auto after = call_.received_one("west");
  EXPECT_EQ(ssrc_of(after.clear), ssrc_of(before.clear));
  EXPECT_EQ(sequence_of(after.clear), static_cast<std::uint16_t>(sequence_of(before.clear) + 1));
  EXPECT_EQ(retired_contexts(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Suites, Rekey,
                         testing::Values(Change{"SameCm", kCm, kCm}, Change{"SameGcm", kGcm, kGcm},
                                         Change{"CmToGcm", kCm, kGcm}, Change{"GcmToCm", kGcm, kCm}),
                         [](const auto& change) { return change.param.name; });

}  // namespace
}  // namespace sallyport::scenario
