// What a context knows and how it moves: lifetimes, epochs, ROCs that are searched or set, export and import.
#include <gtest/gtest.h>

#include "crypto/context.hpp"
#include "crypto/error.hpp"
#include "crypto/roc_search.hpp"
#include "crypto/state_blob.hpp"
#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

using test::Bytes;
using test::Endpoint;
using test::make_master;
using test::make_rtcp;
using test::make_rtp;

constexpr std::uint32_t kSsrc = 1;

class ContextState : public testing::TestWithParam<Suite> {
 protected:
  const Suite& suite() const { return *find_suite(GetParam().name); }

  /// Sends the packet of that index, whatever was sent before.
  static Verdict send_at(Endpoint& sender, std::uint64_t index, Bytes& packet) {
    SsrcState* state = sender.context().find_or_add_ssrc(kSsrc);
    state->expect_near(index == 0 ? 0 : index - 1);
    packet = make_rtp({.ssrc = kSsrc, .sequence = static_cast<std::uint16_t>(index)});
    return sender.protect(PacketKind::kRtp, packet);
  }

  std::unique_ptr<Engine> engine_ = make_engine(EngineKind::kIpsecMb);
};

TEST_P(ContextState, ALifetimeIsSaidAtNineTenthsAndEndsTheStream) {
  constexpr std::uint64_t kLifetime = 1024;
  Endpoint sender(*engine_, suite(), make_master(1), {.lifetime = kLifetime});
  std::uint64_t sent = 0;
  std::uint64_t told_at = 0;
  Bytes packet;
  for (std::uint16_t sequence = 0; sequence < 2000; ++sequence) {
    packet = make_rtp({.ssrc = kSsrc, .sequence = sequence});
    if (sender.protect(PacketKind::kRtp, packet) != Verdict::kOk) break;
    ++sent;
    if (!sender.last_attention()) continue;
    const Attention attention = sender.context().take_attention();
    EXPECT_NE(attention.lifetime_due, attention.lifetime_over);
    if (attention.lifetime_due) told_at = sent;
  }
  EXPECT_EQ(sent, kLifetime);
  EXPECT_GE(told_at, kLifetime * 85 / 100);
  EXPECT_LE(told_at, kLifetime * 92 / 100);
  packet = make_rtp({.ssrc = kSsrc, .sequence = 3000});
  EXPECT_EQ(sender.protect(PacketKind::kRtp, packet), Verdict::kKeyExhausted);
  Bytes other = make_rtp({.ssrc = 2, .sequence = 1});
  EXPECT_EQ(sender.protect(PacketKind::kRtp, other), Verdict::kKeyExhausted) << "the key's, not the SSRC's";
  Bytes report = make_rtcp(kSsrc, 20);
  EXPECT_EQ(sender.protect(PacketKind::kRtcp, report), Verdict::kOk) << "SRTCP counts by itself";
}

TEST_P(ContextState, ALifetimeCountsForReceivingToo) {
  Endpoint sender(*engine_, suite(), make_master(1));
  Endpoint receiver(*engine_, suite(), make_master(1), {.lifetime = 4});
  for (std::uint16_t sequence = 0; sequence < 6; ++sequence) {
    Bytes packet = make_rtp({.ssrc = kSsrc, .sequence = sequence});
    ASSERT_EQ(sender.protect(PacketKind::kRtp, packet), Verdict::kOk);
    Bytes forged = packet;
    forged.back() ^= 1;
    EXPECT_NE(receiver.unprotect(PacketKind::kRtp, forged), Verdict::kOk) << "and counts nothing";
    EXPECT_EQ(receiver.unprotect(PacketKind::kRtp, packet), sequence < 4 ? Verdict::kOk : Verdict::kKeyExhausted);
    Bytes report = make_rtcp(kSsrc, 20);
    ASSERT_EQ(sender.protect(PacketKind::kRtcp, report), Verdict::kOk);
    EXPECT_EQ(receiver.unprotect(PacketKind::kRtcp, report), sequence < 4 ? Verdict::kOk : Verdict::kKeyExhausted);
  }
}

TEST_P(ContextState, EachEpochHasItsKeysWhichAreAskedForInTime) {
  constexpr ContextOptions kOptions{.parameters = {.key_derivation_rate = 8}};
  const MasterKey master = make_master(1);
  Endpoint sender(*engine_, suite(), master, kOptions);
  Endpoint receiver(*engine_, suite(), master, kOptions);
  const auto serve = [&](Endpoint& endpoint) {
    if (!endpoint.last_attention()) return;
    const Attention attention = endpoint.context().take_attention();
    if (attention.rtp_epoch) {
      endpoint.context().install(
          std::make_unique<EpochKey>(*engine_, suite(), master, PacketKind::kRtp, *attention.rtp_epoch));
    }
  };
  for (std::uint64_t index = 0; index < 256 * 12; ++index) {
    const Bytes clear = make_rtp({.ssrc = kSsrc, .sequence = static_cast<std::uint16_t>(index)});
    Bytes packet = clear;
    ASSERT_EQ(sender.protect(PacketKind::kRtp, packet), Verdict::kOk) << index;
    serve(sender);
    ASSERT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk) << index;
    serve(receiver);
    ASSERT_EQ(packet, clear);
  }
}

TEST_P(ContextState, WithoutTheEpochsKeysNothingIsSentOrTaken) {
  constexpr ContextOptions kOptions{.parameters = {.key_derivation_rate = 8}};
  const MasterKey master = make_master(1);
  Endpoint sender(*engine_, suite(), master, {.parameters = kOptions.parameters, .rtp_epoch = 40});
  Endpoint receiver(*engine_, suite(), master, kOptions);
  Bytes packet;
  EXPECT_EQ(send_at(sender, 43 * 256, packet), Verdict::kNoSessionKey);
  EXPECT_EQ(sender.context().take_attention().rtp_epoch, 43U);
  ASSERT_EQ(send_at(sender, 41 * 256, packet), Verdict::kOk);
  EXPECT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kNoSessionKey);
  ASSERT_EQ(receiver.context().take_attention().rtp_epoch, 41U);
  receiver.context().install(std::make_unique<EpochKey>(*engine_, suite(), master, PacketKind::kRtp, 41));
  EXPECT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk) << "and now it has shown what it claimed";
  EXPECT_EQ(receiver.context().take_attention().rtp_epoch, 41U) << "for its place among the others";
}

/// What a forged sequence number asks for must not push out keys that are in use.
TEST_P(ContextState, ForgedEpochsDoNotPushOutKeysInUse) {
  constexpr ContextOptions kOptions{.parameters = {.key_derivation_rate = 8}};
  const MasterKey master = make_master(1);
  Endpoint sender(*engine_, suite(), master, kOptions);
  Endpoint receiver(*engine_, suite(), master, kOptions);
  for (std::uint16_t sequence = 0; sequence < 100; ++sequence) {
    Bytes packet = make_rtp({.ssrc = kSsrc, .sequence = sequence});
    ASSERT_EQ(sender.protect(PacketKind::kRtp, packet), Verdict::kOk);
    ASSERT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk);
    Bytes forged = make_rtp({.ssrc = 99, .sequence = static_cast<std::uint16_t>(sequence * 600 + 2048)});
    EXPECT_NE(receiver.unprotect(PacketKind::kRtp, forged), Verdict::kOk);
    const Attention attention = receiver.context().take_attention();
    if (!attention.rtp_epoch) continue;
    receiver.context().install(
        std::make_unique<EpochKey>(*engine_, suite(), master, PacketKind::kRtp, *attention.rtp_epoch));
  }
}

/// A late joiner: each of its first packets tries another ROC beyond the likely ones.
TEST_P(ContextState, ALateJoinerIsFoundByItsRoc) {
  for (const std::uint64_t roc : {0U, 1U, 2U, 17U, 63U}) {
    Endpoint sender(*engine_, suite(), make_master(1));
    Endpoint receiver(*engine_, suite(), make_master(1));
    Bytes packet;
    unsigned lost = 0;
    for (std::uint64_t i = 0; i < kRocSearch + 2; ++i) {
      ASSERT_EQ(send_at(sender, (roc << 16) + 1000 + i, packet), Verdict::kOk);
      if (receiver.unprotect(PacketKind::kRtp, packet) == Verdict::kOk) break;
      ++lost;
      EXPECT_EQ(receiver.context().ssrc_count(), 0U) << "nothing is learned from a packet that is not authentic";
    }
    EXPECT_LE(lost, kRocSearch + 1) << roc;
    EXPECT_EQ(receiver.context().roc(kSsrc), roc);
    ASSERT_EQ(send_at(sender, (roc << 16) + 1200, packet), Verdict::kOk);
    EXPECT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk);
  }
}

TEST_P(ContextState, ARocThatIsSetNeedsNoSearch) {
  for (const std::uint16_t sequence : std::initializer_list<std::uint16_t>{0, 5, 40000, 65535}) {
    Endpoint sender(*engine_, suite(), make_master(1));
    Endpoint receiver(*engine_, suite(), make_master(1));
    ASSERT_TRUE(receiver.context().set_roc(kSsrc, 70000));
    EXPECT_EQ(receiver.context().roc(kSsrc), 70000U);
    EXPECT_EQ(receiver.context().roc(2), std::nullopt);
    const std::uint64_t index = (std::uint64_t{70000} << 16) + sequence;
    Bytes packet;
    ASSERT_EQ(send_at(sender, index, packet), Verdict::kOk);
    ASSERT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk) << sequence;
    ASSERT_EQ(send_at(sender, index + 1, packet), Verdict::kOk);
    EXPECT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk) << sequence;
    EXPECT_FALSE(receiver.context().set_roc(kSsrc, 3)) << "it was met";
  }
}

/// A sender that went on while nothing arrived, for 2^15 packets and more (M5: long loss).
TEST_P(ContextState, ASenderIsFoundAgainAfterALongLoss) {
  for (const std::uint64_t gap : {std::uint64_t{40000}, std::uint64_t{65536 * 3}, std::uint64_t{65536 * 20 + 5}}) {
    Endpoint sender(*engine_, suite(), make_master(1));
    Endpoint receiver(*engine_, suite(), make_master(1));
    Bytes packet;
    ASSERT_EQ(send_at(sender, 1000, packet), Verdict::kOk);
    ASSERT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk);
    unsigned lost = 0;
    for (std::uint64_t i = 0; i < kRocSearch + kFailuresBeforeSearch + 2; ++i) {
      ASSERT_EQ(send_at(sender, 1000 + gap + i, packet), Verdict::kOk);
      if (receiver.unprotect(PacketKind::kRtp, packet) == Verdict::kOk) break;
      ++lost;
    }
    EXPECT_LE(lost, kRocSearch + kFailuresBeforeSearch) << gap;
    EXPECT_EQ(receiver.context().roc(kSsrc), (1000 + gap) >> 16);
  }
}

TEST_P(ContextState, AStateGoesToAStandbyAndNoIndexIsUsedTwice) {
  SecretBytes<32> key;
  key.data()[3] = 7;
  const ContextOptions options{.lifetime = 1 << 20};
  Endpoint sender(*engine_, suite(), make_master(1), options);
  Endpoint receiver(*engine_, suite(), make_master(1));
  Bytes packet;
  std::vector<Bytes> reports(3, make_rtcp(kSsrc, 20));
  ASSERT_EQ(send_at(sender, 65500, packet), Verdict::kOk);
  ASSERT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk);
  for (Bytes& report : reports) ASSERT_EQ(sender.protect(PacketKind::kRtcp, report), Verdict::kOk);

  StateSnapshot snapshot(options);
  sender.context().snapshot(snapshot);
  const std::vector<std::uint8_t> blob = seal_state(snapshot, key);
  // The active one goes on for a while before it fails.
  for (std::uint64_t i = 1; i < 10000; ++i) {
    packet = make_rtp({.ssrc = kSsrc, .sequence = static_cast<std::uint16_t>(65500 + i)});
    ASSERT_EQ(sender.protect(PacketKind::kRtp, packet), Verdict::kOk);
    if (i <= 9000) continue;
    ASSERT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk);
  }

  Endpoint standby(*engine_, suite(), make_master(1), options);
  standby.context().restore(open_state(blob, key), Resume::kSending);
  EXPECT_LT(standby.context().use().rtp_left(), snapshot.keys[0].rtp_left) << "the jump counts as used";
  const std::uint64_t jumped = 65500 + kJumpAhead;
  for (const std::uint64_t index : {jumped - 9000, jumped - 1, jumped}) {
    packet = make_rtp({.ssrc = kSsrc, .sequence = static_cast<std::uint16_t>(index)});
    EXPECT_NE(standby.protect(PacketKind::kRtp, packet), Verdict::kOk) << "may have been used";
  }
  packet = make_rtp({.ssrc = kSsrc, .sequence = static_cast<std::uint16_t>(jumped + 1)});
  ASSERT_EQ(standby.protect(PacketKind::kRtp, packet), Verdict::kOk);
  EXPECT_EQ(standby.last_index(), jumped + 1);
  EXPECT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk) << "the receiver follows the jump";
  Bytes report = make_rtcp(kSsrc, 20);
  ASSERT_EQ(standby.protect(PacketKind::kRtcp, report), Verdict::kOk);
  EXPECT_EQ(standby.last_index(), 2 + kJumpAhead + 1);
}

TEST_P(ContextState, AReceivingStateKeepsItsWindows) {
  SecretBytes<32> key;
  for (const std::uint16_t window : std::initializer_list<std::uint16_t>{128, 512}) {
    for (const std::uint16_t standby_window : std::initializer_list<std::uint16_t>{128, 512, 1024}) {
      const ContextOptions options{.max_ssrcs = 3, .parameters = {.replay_window = window}};
      Endpoint sender(*engine_, suite(), make_master(1));
      Endpoint receiver(*engine_, suite(), make_master(1), options);
      std::vector<Bytes> packets;
      for (std::uint16_t sequence = 0; sequence < 400; ++sequence) {
        packets.push_back(make_rtp({.ssrc = kSsrc, .sequence = sequence}));
        ASSERT_EQ(sender.protect(PacketKind::kRtp, packets.back()), Verdict::kOk);
        Bytes packet = packets.back();
        if (sequence % 3 == 0) continue;
        ASSERT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk);
      }
      StateSnapshot snapshot(options);
      receiver.context().snapshot(snapshot);
      Endpoint standby(*engine_, suite(), make_master(1),
                       {.max_ssrcs = 3, .parameters = {.replay_window = standby_window}});
      standby.context().restore(open_state(seal_state(snapshot, key), key), Resume::kReceiving);
      EXPECT_EQ(standby.context().roc(kSsrc), 0U);
      for (const std::uint16_t sequence :
           std::initializer_list<std::uint16_t>{398, 397, 396, 300, 301, 250, 249, 100, 99, 1, 0}) {
        Bytes packet = packets[sequence];
        const bool known = 399 - sequence < std::min(window, standby_window);
        EXPECT_EQ(standby.unprotect(PacketKind::kRtp, packet) == Verdict::kOk, known && sequence % 3 == 0)
            << sequence << " of " << window << " in " << standby_window;
      }
    }
  }
}

/// A re-key leaves a window empty, and RTCP may come before RTP: no index may be used twice then either.
TEST_P(ContextState, AStandbyJumpsWhereNothingWasSentYet) {
  SecretBytes<32> key;
  for (const std::uint16_t window : std::initializer_list<std::uint16_t>{128, 1024}) {
    const ContextOptions options{.parameters = {.replay_window = window}};
    Endpoint before(*engine_, suite(), make_master(1), options);
    Endpoint active(*engine_, suite(), make_master(2), options);
    Endpoint standby(*engine_, suite(), make_master(2), options);
    Bytes packet;
    ASSERT_EQ(send_at(before, 1299, packet), Verdict::kOk);
    Bytes report = make_rtcp(2, 20);
    ASSERT_EQ(before.protect(PacketKind::kRtcp, report), Verdict::kOk);
    active.context().continue_from(before.context());
    StateSnapshot snapshot(options);
    active.context().snapshot(snapshot);
    standby.context().restore(open_state(seal_state(snapshot, key), key), Resume::kSending);
    for (const std::uint16_t sequence : std::initializer_list<std::uint16_t>{1300, 1301, 5000}) {
      packet = make_rtp({.ssrc = kSsrc, .sequence = sequence});
      ASSERT_EQ(active.protect(PacketKind::kRtp, packet), Verdict::kOk);
      packet = make_rtp({.ssrc = kSsrc, .sequence = sequence});
      EXPECT_NE(standby.protect(PacketKind::kRtp, packet), Verdict::kOk) << sequence;
    }
    for (const std::uint32_t ssrc : {kSsrc, 2U}) {
      report = make_rtcp(ssrc, 20);
      ASSERT_EQ(active.protect(PacketKind::kRtcp, report), Verdict::kOk);
      report = make_rtcp(ssrc, 20);
      ASSERT_EQ(standby.protect(PacketKind::kRtcp, report), Verdict::kOk);
      EXPECT_GT(standby.last_index(), active.last_index());
    }
  }
}

TEST_P(ContextState, ASnapshotIsOfTheMomentAndWhole) {
  SecretBytes<32> key;
  Endpoint sender(*engine_, suite(), make_master(1));
  StateSnapshot snapshot(ContextOptions{});
  for (std::uint16_t sequence = 100; sequence < 103; ++sequence) {
    Bytes packet = make_rtp({.ssrc = kSsrc, .sequence = sequence});
    ASSERT_EQ(sender.protect(PacketKind::kRtp, packet), Verdict::kOk);
    sender.context().snapshot(snapshot);
    ASSERT_EQ(snapshot.ssrcs.size(), 1U);
    EXPECT_EQ(snapshot.ssrcs[0].rtp.highest(), sequence);
  }
  for (std::uint32_t ssrc = 2; ssrc < 4; ++ssrc) {
    Bytes packet = make_rtp({.ssrc = ssrc, .sequence = 1});
    ASSERT_EQ(sender.protect(PacketKind::kRtp, packet), Verdict::kOk);
  }
  StateSnapshot small(ContextOptions{.max_ssrcs = 1});
  sender.context().snapshot(small);
  EXPECT_FALSE(small.complete);
  EXPECT_THROW(seal_state(small, key), SetupError);
  EXPECT_THROW(Context(*engine_, suite(), make_master(1)).restore(small, Resume::kSending), SetupError);
}

/// Each master key says by itself that it is nearly over.
TEST_P(ContextState, EachMasterKeyHasItsLifetime) {
  std::vector<MasterKeyEntry> keys;
  keys.push_back({make_master(1), Mki(1, 1), 10});
  keys.push_back({make_master(2), Mki(2, 1), 20});
  Context context(*engine_, suite(), keys);
  for (std::uint8_t slot = 0; slot < 2; ++slot) {
    ASSERT_TRUE(context.send_with(slot));
    SsrcState* state = context.find_or_add_ssrc(kSsrc);
    unsigned taken = 0;
    while (context.take_rtp(*state, slot)) ++taken;
    EXPECT_EQ(taken, slot == 0 ? 10U : 20U);
    const Attention attention = context.take_attention();
    EXPECT_TRUE(attention.lifetime_due);
    EXPECT_TRUE(attention.lifetime_over);
    EXPECT_EQ(attention.key_slot, slot);
  }
}

/// Two SSRCs may be in epochs far apart.
TEST_P(ContextState, SsrcsInDifferentEpochsDoNotPushEachOtherOut) {
  constexpr ContextOptions kOptions{.parameters = {.key_derivation_rate = 8}};
  const MasterKey master = make_master(1);
  Endpoint sender(*engine_, suite(), master, kOptions);
  unsigned refused = 0;
  for (std::uint16_t i = 0; i < 1024; ++i) {
    for (const std::uint32_t ssrc : {1U, 2U}) {
      Bytes packet = make_rtp({.ssrc = ssrc, .sequence = static_cast<std::uint16_t>(i + (ssrc == 2 ? 4096 : 0))});
      refused += sender.protect(PacketKind::kRtp, packet) != Verdict::kOk ? 1 : 0;
      const Attention attention = sender.context().take_attention();
      if (!attention.rtp_epoch) continue;
      sender.context().install(
          std::make_unique<EpochKey>(*engine_, suite(), master, PacketKind::kRtp, *attention.rtp_epoch));
    }
  }
  EXPECT_LE(refused, 1U) << "the first packet in an epoch that nobody could foresee";
}

INSTANTIATE_TEST_SUITE_P(EverySuite, ContextState, testing::ValuesIn(kSuites),
                         [](const auto& tested) { return std::string(tested.param.name); });

class Blob : public testing::Test {
 protected:
  Blob() {
    snapshot_.key_count = 1;
    snapshot_.complete = true;
    snapshot_.keys[0].fingerprint = fingerprint_of(kSuites[0], make_master(1));
    snapshot_.ssrcs.push_back({7, false, ReplayWindow::near(5), ReplayWindow::near(6)});
  }
  StateSnapshot snapshot_;
  SecretBytes<32> key_;
};

TEST_F(Blob, EveryAlteredByteAndLengthIsRefused) {
  const std::vector<std::uint8_t> good = seal_state(snapshot_, key_);
  EXPECT_EQ(open_state(good, key_).ssrcs.at(0).ssrc, 7U);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::vector<std::uint8_t> altered = good;
    altered[i] ^= 0x10;
    EXPECT_THROW(open_state(altered, key_), SetupError) << i;
    EXPECT_THROW(open_state(std::span(good).first(i), key_), SetupError) << i;
  }
  SecretBytes<32> other;
  other.data()[0] = 1;
  EXPECT_THROW(open_state(good, other), SetupError);
}

TEST_F(Blob, IsOnlyForWhatItsLabelSays) {
  const Bytes label{1, 2, 3};
  const Bytes other{1, 2, 4};
  const std::vector<std::uint8_t> blob = seal_state(snapshot_, key_, label);
  EXPECT_NO_THROW(open_state(blob, key_, label));
  EXPECT_THROW(open_state(blob, key_, other), SetupError);
  EXPECT_THROW(open_state(blob, key_), SetupError);
}

TEST_F(Blob, IsNeverTheSameTwice) { EXPECT_NE(seal_state(snapshot_, key_), seal_state(snapshot_, key_)); }

TEST_F(Blob, FitsOnlyAContextOfItsKind) {
  const auto engine = make_engine(EngineKind::kOpenSsl);
  EXPECT_NO_THROW(Context(*engine, kSuites[0], make_master(1)).restore(snapshot_, Resume::kReceiving));
  EXPECT_THROW(Context(*engine, kSuites[1], make_master(1)).restore(snapshot_, Resume::kReceiving), SetupError);
  EXPECT_THROW(Context(*engine, kSuites[0], make_master(1), {.mki = Mki(1, 1)}).restore(snapshot_, Resume::kReceiving),
               SetupError);
  Context begun(*engine, kSuites[0], make_master(1));
  begun.find_or_add_ssrc(1);
  EXPECT_THROW(begun.restore(snapshot_, Resume::kReceiving), SetupError);
  EXPECT_THROW(Context(*engine, kSuites[0], make_master(2)).restore(snapshot_, Resume::kReceiving), SetupError)
      << "of another master key";
  snapshot_.ssrcs.resize(9);
  EXPECT_THROW(Context(*engine, kSuites[0], make_master(1)).restore(snapshot_, Resume::kReceiving), SetupError);
}

}  // namespace
}  // namespace sallyport::crypto
