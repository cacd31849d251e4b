// Re-key grace: while a previous key is still accepted, no packet that either key authenticates is lost (M5).
#include <gtest/gtest.h>

#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

using test::Bytes;
using test::Endpoint;
using test::make_master;
using test::make_rtcp;
using test::make_rtp;

struct ReKey {
  Suite before;
  Suite after;
};

std::vector<ReKey> every_pair() {
  std::vector<ReKey> pairs;
  for (const Suite& before : kSuites) {
    for (const Suite& after : kSuites) pairs.push_back({before, after});
  }
  return pairs;
}

class Fallback : public testing::TestWithParam<ReKey> {
 protected:
  Fallback()
      : engine_(make_engine(EngineKind::kIpsecMb)),
        old_sender_(*engine_, GetParam().before, make_master(1)),
        new_sender_(*engine_, GetParam().after, make_master(2)),
        old_(*engine_, GetParam().before, make_master(1)),
        new_(*engine_, GetParam().after, make_master(2)),
        workspace_(make_workspace()) {}

  static Bytes seal(Endpoint& sender, std::uint16_t sequence, std::size_t payload = 160) {
    Bytes packet = make_rtp({.ssrc = 1, .sequence = sequence, .payload = payload});
    EXPECT_EQ(sender.protect(PacketKind::kRtp, packet), Verdict::kOk);
    return packet;
  }

  SrtpPacket grace(Bytes& packet, PacketKind kind = PacketKind::kRtp) {
    SrtpPacket described = test::describe(kind, packet.data(), packet.size(), packet.size(), new_.context());
    described.fallback = &old_.context();
    return described;
  }

  /// Opens one packet during the grace time.
  SrtpPacket receive(Bytes& packet, PacketKind kind = PacketKind::kRtp) {
    SrtpPacket described = grace(packet, kind);
    unprotect(*engine_, *workspace_, {&described, 1});
    packet.resize(described.length);
    return described;
  }

  std::unique_ptr<Engine> engine_;
  Endpoint old_sender_;
  Endpoint new_sender_;
  Endpoint old_;
  Endpoint new_;
  WorkspacePtr workspace_;
};

TEST_P(Fallback, EitherKeyOpens) {
  for (const bool old : {true, false, true, false}) {
    static std::uint16_t sequence = 100;
    ++sequence;
    Bytes packet = seal(old ? old_sender_ : new_sender_, sequence);
    const SrtpPacket result = receive(packet);
    EXPECT_EQ(result.verdict, Verdict::kOk);
    EXPECT_EQ(result.used_fallback, old);
    EXPECT_EQ(packet, make_rtp({.ssrc = 1, .sequence = sequence}));
  }
}

TEST_P(Fallback, MixedInOneBurstWithForgeriesAndDuplicates) {
  std::vector<Bytes> packets;
  std::vector<Verdict> expected;
  std::vector<bool> by_old_key;
  for (std::uint16_t i = 0; i < 60; ++i) {
    const bool old = i % 2 == 0;
    Bytes packet = seal(old ? old_sender_ : new_sender_, static_cast<std::uint16_t>(1000 + i), i);
    const bool forged = i % 7 == 3;
    if (forged) packet.back() ^= 1;
    packets.push_back(packet);
    expected.push_back(forged ? Verdict::kAuthFailed : Verdict::kOk);
    by_old_key.push_back(old && !forged);
  }
  packets.push_back(packets[10]);  // old key, seen by then
  std::vector<SrtpPacket> burst;
  for (Bytes& packet : packets) burst.push_back(grace(packet));
  unprotect(*engine_, *workspace_, burst);
  for (std::uint16_t i = 0; i < 60; ++i) {
    EXPECT_EQ(burst[i].verdict, expected[i]) << i;
    EXPECT_EQ(burst[i].used_fallback, by_old_key[i]) << i;
    if (expected[i] != Verdict::kOk) continue;
    packets[i].resize(burst[i].length);
    EXPECT_EQ(packets[i], make_rtp({.ssrc = 1, .sequence = static_cast<std::uint16_t>(1000 + i), .payload = i})) << i;
  }
  EXPECT_NE(burst[60].verdict, Verdict::kOk) << "replayed under the old key";
}

TEST_P(Fallback, OldKeyOpensWhatTheNewKeysWindowWouldCallOldOrSeen) {
  Bytes ahead = seal(new_sender_, 30000);
  ASSERT_EQ(receive(ahead).verdict, Verdict::kOk);
  Bytes late = seal(old_sender_, 20000);
  EXPECT_EQ(receive(late).verdict, Verdict::kOk);
  Bytes same_index = seal(old_sender_, 30000);
  EXPECT_EQ(receive(same_index).verdict, Verdict::kOk);
}

TEST_P(Fallback, WhatNeitherOpensIsLeftWholeAndKeepsItsFirstVerdict) {
  Bytes good = seal(new_sender_, 5);
  Bytes copy = good;
  ASSERT_EQ(receive(good).verdict, Verdict::kOk);
  EXPECT_EQ(receive(copy).verdict, Verdict::kReplayed);

  Bytes forged = seal(new_sender_, 6);
  forged[20] ^= 1;
  const Bytes before = forged;
  const SrtpPacket result = receive(forged);
  EXPECT_EQ(result.verdict, Verdict::kAuthFailed);
  EXPECT_FALSE(result.used_fallback);
  if (!GetParam().before.aead()) {
    EXPECT_EQ(forged, before);
  }
}

TEST_P(Fallback, RtcpToo) {
  for (Endpoint* sender : {&old_sender_, &new_sender_, &old_sender_}) {
    Bytes report = make_rtcp(1, 40);
    ASSERT_EQ(sender->protect(PacketKind::kRtcp, report), Verdict::kOk);
    const SrtpPacket result = receive(report, PacketKind::kRtcp);
    EXPECT_EQ(result.verdict, Verdict::kOk);
    EXPECT_EQ(result.used_fallback, sender == &old_sender_);
    EXPECT_EQ(report, make_rtcp(1, 40));
  }
}

INSTANTIATE_TEST_SUITE_P(EveryPairOfSuites, Fallback, testing::ValuesIn(every_pair()), [](const auto& tested) {
  return std::string(tested.param.before.name) + "_to_" + std::string(tested.param.after.name);
});

}  // namespace
}  // namespace sallyport::crypto
