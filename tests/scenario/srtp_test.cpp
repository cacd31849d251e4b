// What may be agreed beside suite and key (RFC 4568 6.1, 6.3): MKI, session parameters, lifetimes, derivation rates,
// wide windows; and what a worker and control say to each other about keys. The far ends are the model's.
#include <gtest/gtest.h>

#include "crypto/engines/openssl.hpp"
#include "crypto/state_blob.hpp"
#include "tests/scenario/scenario.hpp"

namespace sallyport::scenario {
namespace {

using crypto::Direction;
using crypto::Mki;
using dataplane::DropReason;

const std::string kCm = "AES_CM_128_HMAC_SHA1_80";
const std::string kGcm = "AEAD_AES_256_GCM";

/// Both directions of a leg with changed keys.
Leg changed(Leg leg, const std::function<Key(const Key&)>& change) {
  leg.receive_key = change(*leg.receive_key);
  leg.send_key = change(*leg.send_key);
  return leg;
}

/// Numbers stay as they are, so that RTCP, too, comes out as it went in.
Leg passing_through(Leg leg) {
  leg.tx_mode = dataplane::TxMode::kPassThrough;
  return leg;
}

/// The gateway rests after each `every`-th packet, so that control can answer.
Sends resting(Sends sends, std::size_t every) {
  for (std::size_t i = every - 1; i < sends.size(); i += every) sends[i].after_a_rest();
  return sends;
}

Sends both_ways(std::size_t count) {
  Sends sends = talk("west", 100, count) + talk("east", 900, count);
  for (const char* leg : {"west", "east"}) {
    for (std::uint32_t i = 0; i < 3; ++i) sends.push_back(Send::rtcp(leg, receiver_report(5 + i)));
  }
  return sends;
}

Scenario with_keys(std::string name, std::string description, const std::string& suite,
                   const std::function<Key(const Key&)>& change) {
  return {.name = std::move(name),
          .description = std::move(description),
          .legs = {passing_through(changed(secure_leg("west", suite), change)),
                   passing_through(secure_leg("east", suite == kGcm ? kCm : kGcm))},
          .sends = both_ways(50)};
}

std::vector<Scenario> parameters() {
  std::vector<Scenario> all;
  for (const std::string& suite : {kCm, kGcm, std::string("F8_128_HMAC_SHA1_80"), std::string("NULL_HMAC_SHA1_80"),
                                   std::string("AES_256_CM_HMAC_SHA1_32")}) {
    std::string tail = suite;
    std::erase(tail, '_');
    const auto add = [&](const std::string& name, const std::string& description,
                         const std::function<Key(const Key&)>& change) {
      all.push_back(with_keys(name + tail, description, suite, change));
    };
    add("Mki", "an MKI of four bytes", [](const Key& key) { return key.with_mki(Mki(1, 4)); });
    add("LongMki", "one of 128 bytes", [](const Key& key) { return key.with_mki(Mki(0xffffffff, 128)); });
    add("UnencryptedRtp", "UNENCRYPTED_SRTP", [](const Key& key) { return key.with({.unencrypted_srtp = true}); });
    add("UnencryptedRtcp", "UNENCRYPTED_SRTCP", [](const Key& key) { return key.with({.unencrypted_srtcp = true}); });
    add("WideWindow", "a replay window of 1000", [](const Key& key) { return key.with({.replay_window = 1000}); });
    if (!crypto::find_suite(suite)->aead()) {
      add("UnauthenticatedRtp", "UNAUTHENTICATED_SRTP",
          [](const Key& key) { return key.with({.unauthenticated_srtp = true}); });
      add("Everything", "all at once, with an MKI", [](const Key& key) {
        return key.with({.unencrypted_srtp = true, .unencrypted_srtcp = true, .unauthenticated_srtp = true})
            .with_mki(Mki(7, 1));
      });
    }
    add("Tolerant", "SRTCP may come unencrypted, as some phones send it (field case 11)",
        [](const Key& key) { return key.with({.accept_unencrypted_srtcp = true}); });
  }
  return all;
}

std::vector<Scenario> epochs() {
  std::vector<Scenario> all;
  for (const std::string& suite : {kCm, kGcm, std::string("F8_128_HMAC_SHA1_32")}) {
    std::string tail = suite;
    std::erase(tail, '_');
    const auto change = [](const Key& key) { return key.with({.key_derivation_rate = 8}); };
    all.push_back({.name = "Epochs" + tail,
                   .description = "eight epochs of 256 packets, both ways at once; no packet waits for its keys",
                   .legs = {changed(secure_leg("west", suite), change), changed(secure_leg("east", kGcm), change)},
                   .sends = resting(talk("west", 0, 2000), 100) + resting(talk("east", 0, 2000), 100)});
    all.push_back(
        {.name = "EpochOverTheWrap" + tail,
         .description = "a party that begins far on has its keys after a packet; then the sequence wraps, and "
                        "the epochs go on",
         .legs = {changed(secure_leg("west", suite), change), plain_leg("east")},
         .sends = Sends{Send("west", Rtp().sequence(65000)).dropped()} + resting(talk("west", 65001, 1200), 1),
         .drops = {{DropReason::kNoSessionKey, 1}}});
  }
  return all;
}

class Srtp : public testing::TestWithParam<ScenarioRun> {};

TEST_P(Srtp, Plays) { play(GetParam().scenario, GetParam().engine, GetParam().layout); }

const auto kNames = [](const auto& run) { return name_of(run.param); };
INSTANTIATE_TEST_SUITE_P(Parameters, Srtp, testing::ValuesIn(runs_of(parameters())), kNames);
INSTANTIATE_TEST_SUITE_P(Epochs, Srtp, testing::ValuesIn(runs_of(epochs())), kNames);

/// A call between a leg with a key of the test's choice (west) and a plain one.
class KeyTalk {
 public:
  explicit KeyTalk(const std::function<Key(const Key&)>& change, GatewayOptions options = {},
                   const std::string& suite = kCm)
      : call(options, {changed(secure_leg("west", suite), change), plain_leg("east")}) {}

  Gateway& gateway() { return call.gateway(); }
  dataplane::StreamId west() { return gateway().sink_of("west").stream; }
  void command(dataplane::Command&& command) {
    ASSERT_TRUE(gateway().command(0, std::move(command)));
    call.settle();
  }
  /// `count` packets each way, one by one; how many came out at the far ends.
  std::size_t talk(std::uint16_t first, std::size_t count) {
    std::size_t heard = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const Bytes packet = Rtp().sequence(static_cast<std::uint16_t>(first + i)).bytes();
      call.send("west", packet);
      call.send("east", packet);
      heard += call.received("east").size() + call.received("west").size();
    }
    return heard;
  }
  template <class Kind>
  std::vector<Kind> told() {
    std::vector<Kind> all;
    for (auto& event : gateway().events()) {
      if (auto* one = std::get_if<Kind>(&event)) all.push_back(std::move(*one));
    }
    return all;
  }

  Call call;
};

/// RFC 3711 3.2.1: the MKI says which key, from one packet to the next.
TEST(MasterKeys, AreSwitchedWithoutLoss) {
  KeyTalk talk([](const Key& key) {
    return key.with_mki(Mki(1, 2)).with_another(static_cast<std::uint8_t>(key.master[0] + 100), Mki(2, 2));
  });
  EXPECT_EQ(talk.talk(0, 20), 40U);
  talk.call.party("west").send_with(1);
  EXPECT_EQ(talk.talk(20, 20), 40U) << "the party sends with its other key";
  talk.command(dataplane::SendWithKey{talk.west(), 1});
  EXPECT_EQ(talk.talk(40, 20), 40U) << "so do we";
  talk.call.party("west").send_with(0);
  talk.command(dataplane::SendWithKey{talk.west(), 0});
  EXPECT_EQ(talk.talk(60, 20), 40U);
  talk.command(dataplane::SendWithKey{talk.west(), 7});
  EXPECT_EQ(talk.talk(80, 20), 40U) << "a key that is not there changes nothing";
  expect_drops(talk.gateway(), {});
}

/// The stream stops rather than use a keystream again; control hears of it in time, and once.
TEST(KeyLifetimes, AreToldAtNinetyPercentAndAtTheEnd) {
  KeyTalk talk([](const Key& key) { return key.with_lifetime(1000); });
  const auto& stream = talk.gateway().stream("west");
  EXPECT_EQ(talk.talk(0, 800), 1600U);
  EXPECT_TRUE(talk.told<dataplane::KeyLifetime>().empty());
  EXPECT_EQ(talk.talk(800, 180), 360U);
  const auto due = talk.told<dataplane::KeyLifetime>();
  ASSERT_EQ(due.size(), 2U) << "one for each direction";
  EXPECT_FALSE(due[0].over || due[1].over);
  EXPECT_TRUE(due[0].context == stream.rx.get() && due[1].context == stream.tx.get());
  EXPECT_EQ(due[0].stream, talk.west());
  talk.talk(980, 40);
  const auto over = talk.told<dataplane::KeyLifetime>();
  ASSERT_EQ(over.size(), 2U);
  EXPECT_TRUE(over[0].over && over[1].over);
  expect_drops(talk.gateway(), {{DropReason::kKeyExhausted, 40}});
  EXPECT_TRUE(talk.told<dataplane::KeyLifetime>().empty()) << "said once";
}

TEST(KeyLifetimes, AreToldLaterWhereTheRingOfEventsWasFull) {
  KeyTalk talk([](const Key& key) { return key.with_lifetime(100); }, {.event_slots = 4});
  // Keys of streams that are not there come back at once: the ring is full but for one.
  for (int i = 0; i < 3; ++i) {
    talk.command(dataplane::RekeySend{{7, 9}, talk.gateway().make_context(make_key(kCm, 50))});
  }
  talk.talk(0, 150);
  std::size_t retired = 0;
  std::size_t over = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (over < 2 && std::chrono::steady_clock::now() < deadline) {
    for (const auto& event : talk.gateway().events()) {
      retired += std::holds_alternative<dataplane::ContextRetired>(event);
      const auto* lifetime = std::get_if<dataplane::KeyLifetime>(&event);
      over += lifetime != nullptr && lifetime->over;
    }
    talk.gateway().pass();
  }
  EXPECT_EQ(retired, 3U);
  EXPECT_EQ(over, 2U);
}

TEST(KeyLifetimes, AreSeenInTheCounters) {
  KeyTalk talk([](const Key& key) { return key.with_lifetime(1000); }, {.max_streams = 2});
  talk.talk(0, 500);
  const auto& counters = talk.gateway().stream("west");
  // On a slow machine they have been looked up in the middle, too.
  const auto looked_up = [&] { return counters.send_key_used.read() > 470 && counters.receive_key_used.read() > 470; };
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!looked_up() && std::chrono::steady_clock::now() < deadline) talk.gateway().pass();
  EXPECT_NEAR(counters.send_key_used.read(), 500, 30);
  EXPECT_NEAR(counters.receive_key_used.read(), 500, 30);
}

TEST(Rocs, AreSetForLateJoiners) {
  KeyTalk talk([](const Key& key) { return key; });
  Party party(make_key(kCm, 1), std::nullopt);
  const auto send = [&](std::uint32_t index) {
    const Bytes wire = party.send(Rtp().sequence(static_cast<std::uint16_t>(index)).bytes(), false);
    talk.call.inject("west", talk.call.frame("west", wire, false).bytes());
    return talk.call.received("east").size();
  };
  for (std::uint32_t index = 0; index < (100U << 16); index += 1 << 14)
    party.send(Rtp().sequence(static_cast<std::uint16_t>(index)).bytes(), false);
  EXPECT_EQ(send(100U << 16), 0U) << "too far to be found";
  talk.command(dataplane::SetRoc{talk.west(), 0x11111111, 100});
  EXPECT_EQ(send((100U << 16) + 1), 1U);
  EXPECT_TRUE(talk.told<dataplane::RocRefused>().empty());
  talk.command(dataplane::SetRoc{talk.west(), 0x11111111, 7});
  const auto refused = talk.told<dataplane::RocRefused>();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].ssrc, 0x11111111U);
  EXPECT_EQ(send((100U << 16) + 2), 1U) << "it stays where it was";
}

TEST(Epochs, KeysThatAreOverComeBack) {
  KeyTalk talk([](const Key& key) { return key.with({.key_derivation_rate = 8}); });
  EXPECT_EQ(talk.talk(0, 256 * 20), 2U * 256 * 20);
  const auto retired = talk.told<dataplane::EpochKeyRetired>();
  EXPECT_GE(retired.size(), 2 * (20 - crypto::EpochRing::kEpochs));
  for (const auto& event : retired) EXPECT_NE(event.key, nullptr);
  expect_drops(talk.gateway(), {});
}

TEST(Epochs, ForAKeyThatHasGoneComeBackUnused) {
  KeyTalk talk([](const Key& key) { return key; });
  crypto::OpenSslEngine engine;
  const Key key = make_key(kCm, 1);
  for (const dataplane::StreamId stream : {talk.west(), dataplane::StreamId{7, 9}}) {
    auto made =
        std::make_unique<crypto::EpochKey>(engine, *key.suite, key.entries()[0].master, crypto::PacketKind::kRtp, 3);
    talk.command(dataplane::InstallEpochKey{stream, nullptr, std::move(made)});
    EXPECT_EQ(talk.told<dataplane::EpochKeyRetired>().size(), 1U);
  }
}

/// A new key goes on in the epoch that the stream is in, and late packets of the old one are read.
TEST(Epochs, GoOnOverARekey) {
  KeyTalk talk([](const Key& key) { return key.with({.key_derivation_rate = 8}); });
  EXPECT_EQ(talk.talk(0, 1000), 2000U);
  const Key next = make_key(kCm, 90).with({.key_derivation_rate = 8});
  talk.command(dataplane::RekeyReceive{talk.west(), talk.gateway().make_context(next, {.rtp_epoch = 3}),
                                       talk.gateway().ticks(std::chrono::seconds(60))});
  Party party(next, std::nullopt);
  std::size_t heard = 0;
  for (std::uint16_t sequence = 1000; sequence < 2000; ++sequence) {
    Party& speaker = sequence % 10 == 0 ? talk.call.party("west") : party;
    talk.call.inject("west",
                     talk.call.frame("west", speaker.send(Rtp().sequence(sequence).bytes(), false), false).bytes());
    heard += talk.call.received("east").size();
  }
  EXPECT_EQ(heard, 1000U);
  expect_drops(talk.gateway(), {});
}

/// A direction's state goes from one gateway to another, which goes on without repeating an index, and takes no replay
/// (field cases 16 and 24).
TEST(States, GoOnInAnotherGateway) {
  const crypto::SecretBytes<32> sealing_key;
  const crypto::ContextOptions options{.max_ssrcs = 8};
  std::vector<std::uint8_t> sent_state, received_state;
  Bytes old_packet;
  std::uint32_t out_ssrc = 0;
  std::uint16_t last_sequence = 0;
  std::uint32_t last_timestamp = 0;
  Party receiver(std::nullopt, secure_leg("west", kCm).send_key);
  Party sender(secure_leg("west", kCm).receive_key, std::nullopt);
  {
    KeyTalk talk([](const Key& key) { return key; });
    for (std::uint16_t i = 0; i < 100; ++i) {
      old_packet = sender.send(Rtp().sequence(i).timestamp(i * 160U).bytes(), false);
      talk.call.inject("west", talk.call.frame("west", old_packet, false).bytes());
      talk.call.send("east", Rtp().sequence(i).timestamp(i * 160U).bytes());
    }
    const auto got = talk.call.received("west");
    ASSERT_EQ(got.size(), 100U);
    for (const Received& one : got) ASSERT_TRUE(receiver.receive(one.frame.payload, false));
    out_ssrc = ssrc_of(got.back().clear);
    last_sequence = sequence_of(got.back().clear);
    last_timestamp = timestamp_of(got.back().clear);
    for (const Direction direction : {Direction::kSeal, Direction::kOpen}) {
      talk.command(dataplane::SnapshotState{talk.west(), direction, std::make_unique<crypto::StateSnapshot>(options)});
      auto taken = talk.told<dataplane::StateTaken>();
      ASSERT_TRUE(taken.size() == 1 && taken[0].taken && taken[0].direction == direction);
      (direction == Direction::kSeal ? sent_state : received_state) = crypto::seal_state(*taken[0].state, sealing_key);
    }
    talk.command(dataplane::SnapshotState{{7, 9}, Direction::kSeal, std::make_unique<crypto::StateSnapshot>(options)});
    const auto none = talk.told<dataplane::StateTaken>();
    ASSERT_EQ(none.size(), 1U);
    EXPECT_FALSE(none[0].taken);
  }
  Leg standby = secure_leg("west", kCm);
  standby.adjust = [&](dataplane::Stream& stream) {
    stream.tx->restore(crypto::open_state(sent_state, sealing_key), crypto::Resume::kSending);
    stream.rx->restore(crypto::open_state(received_state, sealing_key), crypto::Resume::kReceiving);
    const std::uint64_t used = stream.tx->find_ssrc(out_ssrc)->rtp.highest();
    EXPECT_EQ(used, last_sequence + crypto::kJumpAhead);
    EXPECT_TRUE(stream.clock.resume(out_ssrc, used, last_timestamp));
  };
  Call call({}, {standby, plain_leg("east")});
  call.replace_party("west", Party(std::nullopt, std::nullopt));
  call.inject("west", call.frame("west", old_packet, false).bytes());
  EXPECT_TRUE(call.received("east").empty());
  call.inject("west", call.frame("west", sender.send(Rtp().sequence(100).bytes(), false), false).bytes());
  EXPECT_EQ(call.received("east").size(), 1U);
  expect_drops(call.gateway(), {{DropReason::kReplayed, 1}});
  for (std::uint16_t i = 0; i < 50; ++i) call.send("east", Rtp().sequence(i).timestamp(i * 160U).ssrc(0x77).bytes());
  const auto got = call.received("west");
  ASSERT_EQ(got.size(), 50U);
  for (const Received& one : got) {
    EXPECT_TRUE(receiver.receive(one.frame.payload, false)) << "the party goes on with what it knows";
    EXPECT_EQ(ssrc_of(one.frame.payload), out_ssrc);
  }
  EXPECT_EQ(sequence_of(got[0].frame.payload), static_cast<std::uint16_t>(last_sequence + crypto::kJumpAhead + 1));
}

}  // namespace
}  // namespace sallyport::scenario
