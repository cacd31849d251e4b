// The rules of the sending side, on every engine and suite: what index a packet gets, and that none is given twice.
#include <gtest/gtest.h>

#include "crypto/packet_index.hpp"
#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

using test::Bytes;
using test::Endpoint;
using test::make_master;
using test::make_rtcp;
using test::make_rtp;

class Protect : public testing::TestWithParam<Suite> {
 protected:
  Protect() : engine_(make_engine(EngineKind::kIpsecMb)), sender_(*engine_, GetParam(), make_master(1), {.max_ssrcs = 2}) {}

  Verdict send(std::uint16_t sequence, std::uint32_t ssrc = 1) {
    Bytes packet = make_rtp({.ssrc = ssrc, .sequence = sequence});
    return sender_.protect(PacketKind::kRtp, packet);
  }

  std::unique_ptr<Engine> engine_;
  Endpoint sender_;
};

TEST_P(Protect, AnIndexIsNeverUsedTwice) {
  EXPECT_EQ(send(1000), Verdict::kOk);
  EXPECT_EQ(send(1001), Verdict::kOk);
  EXPECT_EQ(send(1000), Verdict::kIndexUsed);
  EXPECT_EQ(send(1001), Verdict::kIndexUsed);
  EXPECT_EQ(send(999), Verdict::kOk) << "late but new";
  EXPECT_EQ(send(999), Verdict::kIndexUsed);
}

TEST_P(Protect, ARewindBeyondTheWindowIsRefused) {
  EXPECT_EQ(send(1000), Verdict::kOk);
  EXPECT_EQ(send(1000 - 127), Verdict::kOk);
  EXPECT_EQ(send(1000 - 128), Verdict::kTooOld);
  EXPECT_EQ(send(1), Verdict::kTooOld);
}

TEST_P(Protect, RefusedPacketsStayAsTheyWere) {
  EXPECT_EQ(send(5), Verdict::kOk);
  Bytes packet = make_rtp({.ssrc = 1, .sequence = 5});
  const Bytes before = packet;
  EXPECT_EQ(sender_.protect(PacketKind::kRtp, packet), Verdict::kIndexUsed);
  EXPECT_EQ(packet, before);
}

TEST_P(Protect, SequenceWrapRaisesTheRoc) {
  EXPECT_EQ(send(65535), Verdict::kOk);
  EXPECT_EQ(sender_.last_index(), 65535U);
  EXPECT_EQ(send(0), Verdict::kOk);
  EXPECT_EQ(sender_.last_index(), 65536U);
  EXPECT_EQ(send(65534), Verdict::kOk);
  EXPECT_EQ(sender_.last_index(), 65534U);
}

TEST_P(Protect, OneBurstSeesItsOwnIndicesAndWrap) {
  std::array<std::uint16_t, 6> sequences{65534, 65535, 0, 65535, 1, 1};
  std::array<std::uint64_t, 6> indices{65534, 65535, 65536, 65535, 65537, 65537};
  std::array<Bytes, 6> buffers;
  std::array<SrtpPacket, 6> burst;
  for (std::size_t i = 0; i < burst.size(); ++i) {
    buffers[i] = make_rtp({.ssrc = 1, .sequence = sequences[i]});
    const std::size_t length = buffers[i].size();
    buffers[i].resize(length + 16);
    burst[i] = test::describe(PacketKind::kRtp, buffers[i].data(), length, buffers[i].size(), sender_.context());
  }
  protect(*engine_, sender_.workspace(), burst);
  for (std::size_t i = 0; i < burst.size(); ++i) {
    const bool repeated = i == 3 || i == 5;
    EXPECT_EQ(burst[i].verdict, repeated ? Verdict::kIndexUsed : Verdict::kOk) << i;
    if (!repeated) {
      EXPECT_EQ(burst[i].index, indices[i]) << i;
    }
  }
}

TEST_P(Protect, SsrcsAreCountedAndNeverForgotten) {
  EXPECT_EQ(send(10, 1), Verdict::kOk);
  EXPECT_EQ(send(10, 2), Verdict::kOk);
  EXPECT_EQ(send(10, 3), Verdict::kSsrcLimit);
  EXPECT_EQ(send(11, 1), Verdict::kOk);
  EXPECT_EQ(send(10, 1), Verdict::kIndexUsed);
}

TEST_P(Protect, MalformedPacketsAreRefused) {
  Bytes wrong_version = make_rtp({});
  wrong_version[0] = 0x00;
  EXPECT_EQ(sender_.protect(PacketKind::kRtp, wrong_version), Verdict::kMalformed);
  Bytes stub(11, 0x80);
  EXPECT_EQ(sender_.protect(PacketKind::kRtp, stub), Verdict::kMalformed);
  Bytes rtcp_stub(7, 0x80);
  EXPECT_EQ(sender_.protect(PacketKind::kRtcp, rtcp_stub), Verdict::kMalformed);
  EXPECT_EQ(sender_.context().ssrc_count(), 0U) << "nothing learned";
}

TEST_P(Protect, HeaderBeyondTheEndIsRefused) {
  Bytes packet = make_rtp({.payload = 4});
  packet.resize(64);
  SrtpPacket described = test::describe(PacketKind::kRtp, packet.data(), 16, 64, sender_.context());
  described.header_len = 17;
  protect(*engine_, sender_.workspace(), {&described, 1});
  EXPECT_EQ(described.verdict, Verdict::kMalformed);
}

TEST_P(Protect, TailRoomIsChecked) {
  for (const PacketKind kind : {PacketKind::kRtp, PacketKind::kRtcp}) {
    const std::size_t overhead = srtp_overhead(GetParam(), kind);
    Bytes packet = kind == PacketKind::kRtp ? make_rtp({.sequence = 1}) : make_rtcp(1, 20);
    const std::size_t length = packet.size();
    packet.resize(length + overhead);
    SrtpPacket described = test::describe(kind, packet.data(), length, packet.size() - 1, sender_.context());
    protect(*engine_, sender_.workspace(), {&described, 1});
    EXPECT_EQ(described.verdict, Verdict::kNoRoom);
    EXPECT_EQ(described.length, length);
    described.room = static_cast<std::uint16_t>(packet.size());
    protect(*engine_, sender_.workspace(), {&described, 1});
    EXPECT_EQ(described.verdict, Verdict::kOk) << "a packet without room uses up no index";
    EXPECT_EQ(described.length, length + overhead);
  }
}

TEST_P(Protect, RtcpIndicesCountFromZeroPerSsrc) {
  for (std::uint64_t expected = 0; expected < 3; ++expected) {
    for (const std::uint32_t ssrc : {1U, 2U}) {
      Bytes packet = make_rtcp(ssrc, 20);
      EXPECT_EQ(sender_.protect(PacketKind::kRtcp, packet), Verdict::kOk);
      EXPECT_EQ(sender_.last_index(), expected);
      const std::size_t word = packet.size() - (GetParam().aead() ? 4 : 4 + GetParam().rtcp_tag_len);
      const std::uint64_t encrypted = GetParam().encrypts() ? 0x80000000U : 0;
      EXPECT_EQ(load_be32(packet.data() + word), encrypted | expected) << "E bit and index on the wire";
    }
  }
}

TEST_P(Protect, ExhaustedKeysRefuse) {
  ASSERT_EQ(send(65535), Verdict::kOk);
  SsrcState* state = sender_.context().find_ssrc(1);
  ASSERT_NE(state, nullptr);
  state->rtp.commit(kMaxRtpIndex);
  EXPECT_EQ(send(0), Verdict::kKeyExhausted);
  EXPECT_EQ(send(65535), Verdict::kIndexUsed);
  state->rtcp.commit(kMaxSrtcpIndex);
  Bytes packet = make_rtcp(1, 20);
  EXPECT_EQ(sender_.protect(PacketKind::kRtcp, packet), Verdict::kKeyExhausted);
}

/// RFC 3711 3.4: a re-key does not reset the SRTCP index.
TEST_P(Protect, SrtcpIndexGoesOnAcrossRekeys) {
  const auto index_after = [this](Context& context, int packets) {
    for (int i = 0; i < packets; ++i) {
      Bytes packet = make_rtcp(1, 20);
      EXPECT_EQ(sender_.protect(PacketKind::kRtcp, packet), Verdict::kOk);
    }
    return context.find_ssrc(1)->rtcp.highest();
  };
  EXPECT_EQ(index_after(sender_.context(), 3), 2U);
  Context second(*engine_, GetParam(), make_master(2));
  second.continue_from(sender_.context());
  EXPECT_EQ(second.find_ssrc(1)->rtcp.highest(), 3U) << "the next one, none of which is used yet";
  EXPECT_TRUE(second.find_ssrc(1)->rtcp.empty());
  Context third(*engine_, GetParam(), make_master(3));
  third.continue_from(second);
  EXPECT_EQ(third.find_ssrc(1)->rtcp.highest(), 3U) << "no RTCP was sent under the second key";
  sender_.context().find_ssrc(1)->rtcp = ReplayWindow::near(3);
  EXPECT_EQ(index_after(sender_.context(), 1), 3U);
}

TEST_P(Protect, PayloadIsEncryptedAndHeaderIsNot) {
  Bytes packet = make_rtp({.sequence = 9, .csrcs = 2, .extension_words = 2});
  const Bytes clear = packet;
  const std::size_t header = 12 + 8 + 12;
  ASSERT_EQ(sender_.protect(PacketKind::kRtp, packet), Verdict::kOk);
  EXPECT_TRUE(std::equal(clear.begin(), clear.begin() + header, packet.begin()));
  EXPECT_EQ(std::equal(clear.begin() + header, clear.begin() + header + 16, packet.begin() + header),
            !GetParam().encrypts());
}

INSTANTIATE_TEST_SUITE_P(EverySuite, Protect, testing::ValuesIn(kSuites),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace sallyport::crypto
