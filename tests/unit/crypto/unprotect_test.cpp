// The rules of the receiving side: order of estimate, replay check, authentication and commit.
#include <gtest/gtest.h>

#include <numeric>

#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

using test::Bytes;
using test::Endpoint;
using test::make_master;
using test::make_rtcp;
using test::make_rtp;

class Unprotect : public testing::TestWithParam<Suite> {
 protected:
  Unprotect()
      : engine_(make_engine(EngineKind::kIpsecMb)),
        sender_(*engine_, GetParam(), make_master(1), {.max_ssrcs = 100}),
        receiver_(*engine_, GetParam(), make_master(1), {.max_ssrcs = 2}) {}

  Bytes sealed(std::uint16_t sequence, std::uint32_t ssrc = 1) {
    Bytes packet = make_rtp({.ssrc = ssrc, .sequence = sequence});
    EXPECT_EQ(sender_.protect(PacketKind::kRtp, packet), Verdict::kOk);
    return packet;
  }
  Bytes sealed_rtcp(std::uint32_t ssrc = 1) {
    Bytes packet = make_rtcp(ssrc, 20);
    EXPECT_EQ(sender_.protect(PacketKind::kRtcp, packet), Verdict::kOk);
    return packet;
  }
  Verdict receive(Bytes packet) { return receiver_.unprotect(PacketKind::kRtp, packet); }
  Verdict receive_rtcp(Bytes packet) { return receiver_.unprotect(PacketKind::kRtcp, packet); }

  /// Receives all in one burst; the packets become what unprotect made of them.
  std::vector<Verdict> receive_burst(std::vector<Bytes>& packets) {
    std::vector<SrtpPacket> burst;
    for (Bytes& packet : packets) {
      burst.push_back(
          test::describe(PacketKind::kRtp, packet.data(), packet.size(), packet.size(), receiver_.context()));
    }
    unprotect(*engine_, receiver_.workspace(), burst);
    std::vector<Verdict> verdicts;
    for (std::size_t i = 0; i < burst.size(); ++i) {
      packets[i].resize(burst[i].length);
      verdicts.push_back(burst[i].verdict);
    }
    return verdicts;
  }

  std::unique_ptr<Engine> engine_;
  Endpoint sender_;
  Endpoint receiver_;
};

TEST_P(Unprotect, RestoresThePacket) {
  Bytes packet = sealed(77);
  ASSERT_EQ(receiver_.unprotect(PacketKind::kRtp, packet), Verdict::kOk);
  EXPECT_EQ(packet, make_rtp({.ssrc = 1, .sequence = 77}));
  EXPECT_EQ(receiver_.last_index(), 77U);
  Bytes report = sealed_rtcp();
  ASSERT_EQ(receiver_.unprotect(PacketKind::kRtcp, report), Verdict::kOk);
  EXPECT_EQ(report, make_rtcp(1, 20));
}

TEST_P(Unprotect, EveryFlippedByteIsCaughtAndTeachesNothing) {
  const Bytes good = sealed(500);
  // Not the first byte: a flip there makes another version or header length.
  for (std::size_t byte = 1; byte < good.size(); ++byte) {
    Endpoint receiver(*engine_, GetParam(), make_master(1), {.max_ssrcs = 2});
    Bytes forged = good;
    forged[byte] ^= 0x04;
    EXPECT_EQ(receiver.unprotect(PacketKind::kRtp, forged), Verdict::kAuthFailed) << byte;
    EXPECT_EQ(receiver.context().ssrc_count(), 0U) << byte;
    Bytes packet = good;
    EXPECT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk) << byte;
  }
}

TEST_P(Unprotect, AForgedSequenceNumberDoesNotMoveTheWindow) {
  ASSERT_EQ(receive(sealed(100)), Verdict::kOk);
  for (const std::uint16_t sequence : std::initializer_list<std::uint16_t>{101, 5000, 30000, 40000, 65535}) {
    Bytes forged = make_rtp({.ssrc = 1, .sequence = sequence, .payload = 176});
    EXPECT_NE(receive(forged), Verdict::kOk);
  }
  EXPECT_EQ(receiver_.context().find_ssrc(1)->rtp.highest(), 100U);
  EXPECT_EQ(receive(sealed(101)), Verdict::kOk);
}

TEST_P(Unprotect, ForgedRtcpIsCaught) {
  const Bytes good = sealed_rtcp();
  for (std::size_t byte = 1; byte < good.size(); ++byte) {
    Bytes packet = good;
    packet[byte] ^= 0x01;
    EXPECT_EQ(receive_rtcp(packet), Verdict::kAuthFailed) << byte;
  }
  EXPECT_EQ(receiver_.context().ssrc_count(), 0U);
  EXPECT_EQ(receive_rtcp(good), Verdict::kOk);
}

TEST_P(Unprotect, ReplayAndTheWindowsEdges) {
  std::vector<Bytes> packets;
  for (std::uint16_t sequence = 1; sequence <= 200; ++sequence) packets.push_back(sealed(sequence));
  EXPECT_EQ(receive(packets[199]), Verdict::kOk);
  EXPECT_EQ(receive(packets[199]), Verdict::kReplayed);
  EXPECT_EQ(receive(packets[99]), Verdict::kOk) << "reordered by 100 (field case 16)";
  EXPECT_EQ(receive(packets[99]), Verdict::kReplayed);
  EXPECT_EQ(receive(packets[72]), Verdict::kOk) << "last inside the window";
  EXPECT_EQ(receive(packets[71]), Verdict::kTooOld);
}

TEST_P(Unprotect, RtcpReplay) {
  const Bytes first = sealed_rtcp();
  const Bytes second = sealed_rtcp();
  EXPECT_EQ(receive_rtcp(second), Verdict::kOk);
  EXPECT_EQ(receive_rtcp(first), Verdict::kOk);
  EXPECT_EQ(receive_rtcp(first), Verdict::kReplayed);
  EXPECT_EQ(receive_rtcp(second), Verdict::kReplayed);
}

TEST_P(Unprotect, DuplicateInsideABurst) {
  std::vector<Bytes> burst{sealed(1), sealed(2)};
  burst.push_back(burst[0]);
  burst.push_back(burst[1]);
  EXPECT_EQ(receive_burst(burst), (std::vector{Verdict::kOk, Verdict::kOk, Verdict::kReplayed, Verdict::kReplayed}));
}

TEST_P(Unprotect, WrapInsideABurstOfAKnownSsrc) {
  ASSERT_EQ(receive(sealed(65500)), Verdict::kOk);
  std::vector<Bytes> burst;
  for (std::uint16_t sequence = 65520; sequence != 40; ++sequence) {
    Bytes packet = sealed(sequence);
    if (sequence < 65530 || sequence > 10) burst.push_back(packet);  // loss around the wrap (field case 15)
  }
  for (const Verdict verdict : receive_burst(burst)) EXPECT_EQ(verdict, Verdict::kOk);
}

TEST_P(Unprotect, WrapInsideTheFirstBurstOfAnSsrc) {
  std::vector<Bytes> burst;
  for (std::uint16_t sequence = 65520; sequence != 30; ++sequence) burst.push_back(sealed(sequence));
  std::swap(burst[3], burst[20]);
  for (const Verdict verdict : receive_burst(burst)) EXPECT_EQ(verdict, Verdict::kOk);
  EXPECT_EQ(burst[40], make_rtp({.ssrc = 1, .sequence = 24}));
  EXPECT_EQ(receiver_.context().find_ssrc(1)->rtp.highest(), 65536U + 29);
}

/// Field case 15: starts at 65530, and all of it is lost until after the wrap.
TEST_P(Unprotect, StartLostOverTheWrap) {
  const Bytes late = sealed(65530);
  for (std::uint16_t sequence = 65531; sequence != 14; ++sequence) static_cast<void>(sealed(sequence));
  std::vector<Bytes> burst{sealed(14), sealed(15), sealed(16)};
  for (const Verdict verdict : receive_burst(burst)) EXPECT_EQ(verdict, Verdict::kOk);
  EXPECT_EQ(receiver_.context().find_ssrc(1)->rtp.highest(), 65536U + 16);
  EXPECT_EQ(receive(sealed(17)), Verdict::kOk);
  EXPECT_EQ(receive(late), Verdict::kOk) << "late, and of ROC 0";
}

/// Field case 13: the sender keeps its ROC at a re-key, as RFC 3711 says, or starts again from 0, as many do.
TEST_P(Unprotect, ReKeyWithRocKeptOrReset) {
  for (const bool reset : {false, true}) {
    Endpoint new_sender(*engine_, GetParam(), make_master(2));
    Endpoint new_receiver(*engine_, GetParam(), make_master(2));
    Endpoint before(*engine_, GetParam(), make_master(1));
    before.context().find_or_add_ssrc(1)->rtp.commit(5 * 65536 + 3000);
    new_receiver.context().continue_from(before.context());
    if (!reset) new_sender.context().continue_from(before.context());
    for (std::uint16_t sequence = 3001; sequence < 3010; ++sequence) {
      Bytes packet = make_rtp({.ssrc = 1, .sequence = sequence});
      ASSERT_EQ(new_sender.protect(PacketKind::kRtp, packet), Verdict::kOk);
      EXPECT_EQ(new_receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk) << sequence << " " << reset;
      EXPECT_EQ(new_receiver.last_index(), (reset ? 0U : 5U * 65536U) + sequence);
    }
  }
}

TEST_P(Unprotect, ThreeWraps) {
  std::uint64_t index = 60000;
  for (int i = 0; i < 12; ++i, index += 20000) {
    Bytes packet = make_rtp({.ssrc = 1, .sequence = static_cast<std::uint16_t>(index)});
    ASSERT_EQ(sender_.protect(PacketKind::kRtp, packet), Verdict::kOk);
    EXPECT_EQ(sender_.last_index(), index);
    ASSERT_EQ(receive(packet), Verdict::kOk) << i;
  }
}

TEST_P(Unprotect, SsrcLimitOnlyCountsAuthenticOnes) {
  for (std::uint32_t ssrc = 100; ssrc < 110; ++ssrc) {
    Bytes forged = sealed(1, ssrc);
    forged[20] ^= 1;
    EXPECT_EQ(receive(forged), Verdict::kAuthFailed);
  }
  EXPECT_EQ(receive(sealed(1, 1)), Verdict::kOk);
  EXPECT_EQ(receive(sealed(1, 2)), Verdict::kOk);
  EXPECT_EQ(receive(sealed(1, 3)), Verdict::kSsrcLimit);
  EXPECT_EQ(receive(sealed(2, 1)), Verdict::kOk) << "known ones go on";
}

TEST_P(Unprotect, ReturnToAnOldSsrcKeepsItsWindow) {
  const Bytes old = sealed(50, 1);
  EXPECT_EQ(receive(old), Verdict::kOk);
  EXPECT_EQ(receive(sealed(9, 2)), Verdict::kOk);
  EXPECT_EQ(receive(old), Verdict::kReplayed);
  EXPECT_EQ(receive(sealed(51, 1)), Verdict::kOk);
}

TEST_P(Unprotect, UnencryptedRtcpIsRefused) {
  if (!GetParam().encrypts()) return;
  Bytes report = sealed_rtcp();
  const std::size_t word = report.size() - (GetParam().aead() ? 4 : 4 + GetParam().rtcp_tag_len);
  report[word] &= 0x7f;
  EXPECT_EQ(receive_rtcp(report), Verdict::kNotEncrypted);
}

TEST_P(Unprotect, EveryTruncationIsMalformedOrRefused) {
  const Bytes good = sealed(3);
  const std::size_t least = 12 + GetParam().rtp_tag_len;
  for (std::size_t length = 0; length < good.size(); ++length) {
    const Bytes packet(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(receive(packet), length < least ? Verdict::kMalformed : Verdict::kAuthFailed) << length;
  }
  const Bytes report = sealed_rtcp();
  for (std::size_t length = 0; length < report.size(); ++length) {
    const Bytes packet(report.begin(), report.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_NE(receive_rtcp(packet), Verdict::kOk) << length;
  }
}

/// With AEAD only where another key or ROC may still be tried, as for this SSRC's first packet.
TEST_P(Unprotect, ARefusedPacketIsLeftAsItWas) {
  Bytes packet = sealed(8);
  packet[30] ^= 1;
  const Bytes before = packet;
  EXPECT_EQ(receiver_.unprotect(PacketKind::kRtp, packet), Verdict::kAuthFailed);
  EXPECT_EQ(packet, before);
}

TEST_P(Unprotect, EmptyBurstIsNothing) { unprotect(*engine_, receiver_.workspace(), {}); }

INSTANTIATE_TEST_SUITE_P(EverySuite, Unprotect, testing::ValuesIn(kSuites),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace sallyport::crypto
