// Session parameters and MKIs on the wire (RFC 3711 3.1, 3.4, RFC 4568 6.3, RFC 7714 8.2, 9.2), on every suite.
#include "crypto/session_parameters.hpp"

#include <gtest/gtest.h>

#include "crypto/error.hpp"
#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

using test::Bytes;
using test::Endpoint;
using test::make_master;
using test::make_rtcp;
using test::make_rtp;

constexpr std::size_t kHeader = 12;

class Parameters : public testing::TestWithParam<Suite> {
 protected:
  std::unique_ptr<Engine> engine_ = make_engine(EngineKind::kIpsecMb);

  bool text_is_clear(const Bytes& sealed, const Bytes& clear, std::size_t header) {
    return std::equal(clear.begin() + static_cast<std::ptrdiff_t>(header), clear.end(),
                      sealed.begin() + static_cast<std::ptrdiff_t>(header));
  }
};

TEST_P(Parameters, AnMkiLiesWhereTheRfcPutsIt) {
  for (const std::size_t length : {1U, 4U, 16U, 128U}) {
    Bytes value(length);
    for (std::size_t i = 0; i < length; ++i) value[i] = static_cast<std::uint8_t>(0xA0 + i);
    const ContextOptions options{.mki = Mki(value)};
    Endpoint sender(*engine_, GetParam(), make_master(1), options);
    Endpoint plain(*engine_, GetParam(), make_master(1));
    Endpoint receiver(*engine_, GetParam(), make_master(1), options);
    for (const PacketKind kind : {PacketKind::kRtp, PacketKind::kRtcp}) {
      const Bytes clear = kind == PacketKind::kRtp ? make_rtp({.sequence = 7}) : make_rtcp(1, 20);
      Bytes packet = clear;
      Bytes without = clear;
      ASSERT_EQ(sender.protect(kind, packet), Verdict::kOk);
      ASSERT_EQ(plain.protect(kind, without), Verdict::kOk);
      ASSERT_EQ(packet.size(), without.size() + length);
      // HMAC suites: before the tag; AEAD: the last. All else is as without it.
      const std::size_t behind = GetParam().aead()          ? 0
                                 : kind == PacketKind::kRtp ? GetParam().rtp_tag_len
                                                            : GetParam().rtcp_tag_len;
      const auto at = packet.end() - static_cast<std::ptrdiff_t>(behind + length);
      EXPECT_TRUE(std::equal(value.begin(), value.end(), at));
      Bytes cut = packet;
      cut.erase(cut.end() - static_cast<std::ptrdiff_t>(behind + length),
                cut.end() - static_cast<std::ptrdiff_t>(behind));
      EXPECT_EQ(cut, without);
      Bytes wrong = packet;
      wrong[static_cast<std::size_t>(at - packet.begin())] ^= 1;
      const Bytes before = wrong;
      EXPECT_EQ(receiver.unprotect(kind, wrong), Verdict::kUnknownMki);
      EXPECT_EQ(wrong, before);
      Bytes forged = packet;
      forged[kHeader] ^= 1;
      const Bytes forged_before = forged;
      EXPECT_EQ(receiver.unprotect(kind, forged), Verdict::kAuthFailed);
      EXPECT_EQ(forged, forged_before) << "the trailer was written over MKI and tag, and put back";
      EXPECT_EQ(receiver.unprotect(kind, packet), Verdict::kOk);
      EXPECT_EQ(packet, clear);
    }
  }
}

TEST_P(Parameters, SeveralMasterKeysShareSsrcsAndWindows) {
  std::vector<MasterKeyEntry> keys;
  for (std::uint32_t i = 1; i <= 3; ++i) keys.push_back({make_master(i), Mki(i, 2), 0});
  Context sender(*engine_, GetParam(), keys);
  Context receiver(*engine_, GetParam(), keys);
  const WorkspacePtr workspace = make_workspace();
  const auto pass = [&](Context& context, Bytes& packet, bool seal) {
    const std::size_t length = packet.size();
    if (seal) packet.resize(length + context.overhead(PacketKind::kRtp));
    SrtpPacket described = test::describe(PacketKind::kRtp, packet.data(), length, packet.size(), context);
    seal ? protect(*engine_, *workspace, {&described, 1}) : unprotect(*engine_, *workspace, {&described, 1});
    packet.resize(described.length);
    return described.verdict;
  };
  std::vector<Bytes> sealed;
  for (std::uint16_t sequence = 0; sequence < 9; ++sequence) {
    ASSERT_TRUE(sender.send_with(static_cast<std::uint8_t>(sequence % 3)));
    sealed.push_back(make_rtp({.sequence = sequence}));
    ASSERT_EQ(pass(sender, sealed.back(), true), Verdict::kOk);
  }
  EXPECT_FALSE(sender.send_with(3));
  for (std::uint16_t sequence = 0; sequence < 9; ++sequence) {
    Bytes packet = sealed[sequence];
    EXPECT_EQ(pass(receiver, packet, false), Verdict::kOk);
    EXPECT_EQ(packet, make_rtp({.sequence = sequence}));
    packet = sealed[sequence];
    EXPECT_EQ(pass(receiver, packet, false), Verdict::kReplayed);
  }
  EXPECT_EQ(receiver.ssrc_count(), 1U);
}

TEST_P(Parameters, UnencryptedSrtpIsAuthenticatedAndClear) {
  const ContextOptions options{.parameters = {.unencrypted_srtp = true}};
  Endpoint sender(*engine_, GetParam(), make_master(1), options);
  Endpoint receiver(*engine_, GetParam(), make_master(1), options);
  const Bytes clear = make_rtp({.sequence = 7, .csrcs = 1});
  Bytes packet = clear;
  ASSERT_EQ(sender.protect(PacketKind::kRtp, packet), Verdict::kOk);
  EXPECT_TRUE(text_is_clear(packet, clear, 0));
  Bytes forged = packet;
  forged[40] ^= 1;
  EXPECT_EQ(receiver.unprotect(PacketKind::kRtp, forged), Verdict::kAuthFailed);
  EXPECT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk);
  EXPECT_EQ(packet, clear);
  // SRTCP is encrypted as ever.
  Bytes report = make_rtcp(1, 20);
  ASSERT_EQ(sender.protect(PacketKind::kRtcp, report), Verdict::kOk);
  EXPECT_EQ(text_is_clear(report, make_rtcp(1, 20), 8), !GetParam().encrypts());
  EXPECT_EQ(receiver.unprotect(PacketKind::kRtcp, report), Verdict::kOk);
}

TEST_P(Parameters, UnencryptedSrtcpHasItsEBitClear) {
  const ContextOptions options{.parameters = {.unencrypted_srtcp = true}};
  Endpoint sender(*engine_, GetParam(), make_master(1), options);
  Endpoint receiver(*engine_, GetParam(), make_master(1), options);
  Endpoint strict(*engine_, GetParam(), make_master(1));
  Endpoint tolerant(*engine_, GetParam(), make_master(1), {.parameters = {.accept_unencrypted_srtcp = true}});
  const Bytes clear = make_rtcp(1, 20);
  for (std::uint32_t index = 0; index < 3; ++index) {
    Bytes packet = clear;
    ASSERT_EQ(sender.protect(PacketKind::kRtcp, packet), Verdict::kOk);
    EXPECT_TRUE(text_is_clear(packet, clear, 0));
    const std::size_t word = packet.size() - (GetParam().aead() ? 4 : 4 + GetParam().rtcp_tag_len);
    EXPECT_EQ(load_be32(packet.data() + word), index);
    Bytes forged = packet;
    forged[10] ^= 1;
    const Bytes forged_before = forged;
    EXPECT_EQ(receiver.unprotect(PacketKind::kRtcp, forged), Verdict::kAuthFailed);
    EXPECT_EQ(forged, forged_before);
    Bytes for_strict = packet;
    EXPECT_EQ(strict.unprotect(PacketKind::kRtcp, for_strict),
              GetParam().encrypts() ? Verdict::kNotEncrypted : Verdict::kOk);
    Bytes for_tolerant = packet;
    EXPECT_EQ(tolerant.unprotect(PacketKind::kRtcp, for_tolerant), Verdict::kOk);
    EXPECT_EQ(for_tolerant, clear);
    EXPECT_EQ(receiver.unprotect(PacketKind::kRtcp, packet), Verdict::kOk);
    EXPECT_EQ(packet, clear);
  }
}

TEST_P(Parameters, UnauthenticatedSrtpHasNoTag) {
  const ContextOptions options{.parameters = {.unauthenticated_srtp = true}};
  if (GetParam().aead()) {
    EXPECT_THROW(Endpoint(*engine_, GetParam(), make_master(1), options), SetupError);
    return;
  }
  Endpoint sender(*engine_, GetParam(), make_master(1), options);
  Endpoint receiver(*engine_, GetParam(), make_master(1), options);
  const Bytes clear = make_rtp({.sequence = 7});
  Bytes packet = clear;
  ASSERT_EQ(sender.protect(PacketKind::kRtp, packet), Verdict::kOk);
  EXPECT_EQ(packet.size(), clear.size());
  const Bytes again = packet;
  EXPECT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk);
  EXPECT_EQ(packet, clear);
  packet = again;
  EXPECT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kReplayed);
  // RFC 3711 3.4: SRTCP is always authenticated.
  Bytes report = make_rtcp(1, 20);
  ASSERT_EQ(sender.protect(PacketKind::kRtcp, report), Verdict::kOk);
  report[9] ^= 1;
  EXPECT_EQ(receiver.unprotect(PacketKind::kRtcp, report), Verdict::kAuthFailed);
}

TEST_P(Parameters, AWiderWindowRemembersMore) {
  for (const std::uint16_t window : std::initializer_list<std::uint16_t>{129, 256, 1000, 4096}) {
    const std::uint64_t size = (window + 63U) / 64 * 64;
    Endpoint sender(*engine_, GetParam(), make_master(1));
    Endpoint receiver(*engine_, GetParam(), make_master(1), {.parameters = {.replay_window = window}});
    std::vector<Bytes> packets;
    for (std::uint16_t sequence = 0; sequence <= size; ++sequence) {
      packets.push_back(make_rtp({.sequence = sequence}));
      ASSERT_EQ(sender.protect(PacketKind::kRtp, packets.back()), Verdict::kOk);
    }
    const auto receive = [&](std::size_t i) {
      Bytes packet = packets[i];
      return receiver.unprotect(PacketKind::kRtp, packet);
    };
    ASSERT_EQ(receive(size), Verdict::kOk);
    EXPECT_EQ(receive(0), Verdict::kTooOld) << window;
    EXPECT_EQ(receive(1), Verdict::kOk) << window;
    EXPECT_EQ(receive(1), Verdict::kReplayed) << window;
    EXPECT_EQ(receive(size - 130), size == 129 ? Verdict::kTooOld : Verdict::kOk) << window;
    EXPECT_EQ(receive(size - 130), Verdict::kReplayed) << window;
    EXPECT_EQ(receive(size), Verdict::kReplayed) << window;
    EXPECT_EQ(receive(size - 1), Verdict::kOk) << window;
  }
}

INSTANTIATE_TEST_SUITE_P(EverySuite, Parameters, testing::ValuesIn(kSuites),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(SessionParameters, OutOfRangeIsRefusedWithTheReason) {
  const Suite& suite = *find_suite("AES_CM_128_HMAC_SHA1_80");
  EXPECT_NO_THROW(check_parameters(suite, {.key_derivation_rate = 24, .replay_window = 4096}));
  for (const SessionParameters& wrong :
       {SessionParameters{.key_derivation_rate = 7}, SessionParameters{.key_derivation_rate = 25},
        SessionParameters{.replay_window = 127}, SessionParameters{.replay_window = 4097}}) {
    EXPECT_THROW(check_parameters(suite, wrong), SetupError);
  }
}

TEST(MkiValue, IsABigEndianNumberOfItsLength) {
  const Mki one(1, 4);
  EXPECT_EQ(test::to_hex(one.bytes()), "00000001");
  EXPECT_EQ(test::to_hex(Mki(4294967295, 128).bytes()), std::string(248, '0') + "ffffffff");
  EXPECT_THROW(Mki(256, 1), SetupError);
  EXPECT_THROW(Mki(1, 0), SetupError);
  EXPECT_THROW(Mki(1, 129), SetupError);
  EXPECT_THROW(Mki(Bytes(129)), SetupError);
}

TEST(MasterKeys, NeedMkisThatTellThemApart) {
  const auto engine = make_engine(EngineKind::kOpenSsl);
  const auto make = [&](std::initializer_list<Mki> mkis, const ContextOptions& options = {}) {
    std::vector<MasterKeyEntry> keys;
    for (const Mki& mki : mkis) keys.push_back({make_master(1), mki, 0});
    Context(*engine, kSuites[0], keys, options);
  };
  EXPECT_NO_THROW(make({Mki(1, 1), Mki(2, 1)}));
  EXPECT_NO_THROW(make({Mki()}));
  EXPECT_THROW(make({}), SetupError);
  EXPECT_THROW(make({Mki(), Mki()}), SetupError);
  EXPECT_THROW(make({Mki(1, 1), Mki(2, 2)}), SetupError);
  EXPECT_THROW(make({Mki(1, 1), Mki(1, 1)}), SetupError);
  EXPECT_THROW(make({Mki(1, 1), Mki(2, 1)}, {.parameters = {.key_derivation_rate = 16}}), SetupError);
}

}  // namespace
}  // namespace sallyport::crypto
