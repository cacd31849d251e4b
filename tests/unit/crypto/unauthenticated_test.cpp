// UNAUTHENTICATED_SRTP (RFC 4568 6.3.3): no tag says whether an index was guessed right, so that what RFC 3711 3.3.1
// makes of the packets one after the other is all there is. How they fall into bursts must change nothing, nor that
// their jobs are away for a while.
#include <gtest/gtest.h>

#include <random>

#include "crypto/pending_packet.hpp"
#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

using test::Bytes;
using test::Endpoint;
using test::make_master;
using test::make_rtp;

/// What a receiver made of a packet.
struct Outcome {
  Verdict verdict;
  std::uint64_t index;  ///< of a packet that was opened
  Bytes packet;

  bool operator==(const Outcome&) const = default;
};
void PrintTo(const Outcome& outcome, std::ostream* out) {
  *out << "verdict " << static_cast<int>(outcome.verdict) << ", index " << outcome.index << ", "
       << test::to_hex(outcome.packet).substr(0, 64);
}

Outcome outcome_of(const SrtpPacket& packet) {
  const bool opened = packet.verdict == Verdict::kOk;
  return {packet.verdict, opened ? packet.index : 0, Bytes(packet.data, packet.data + packet.length)};
}

class Unauthenticated : public testing::TestWithParam<Suite> {
 protected:
  static constexpr std::uint32_t kSsrcs = 3;

  ContextOptions options(std::uint16_t window = 128) const {
    return {.max_ssrcs = kSsrcs, .parameters = {.unauthenticated_srtp = true, .replay_window = window}};
  }

  /// The packet that the sender makes of `index`.
  Bytes sealed(std::uint64_t index, std::uint32_t ssrc = 1) {
    SsrcState* const state = sender_.context().find_or_add_ssrc(ssrc);
    state->expect_near(index == 0 ? 0 : index - 1);
    Bytes packet = make_rtp({.ssrc = ssrc, .sequence = static_cast<std::uint16_t>(index), .payload = 20});
    EXPECT_EQ(sender_.protect(PacketKind::kRtp, packet), Verdict::kOk);
    return packet;
  }

  std::vector<Outcome> in_bursts(Endpoint& receiver, std::vector<Bytes> packets, std::size_t burst) {
    std::vector<Outcome> outcomes;
    for (std::size_t first = 0; first < packets.size(); first += burst) {
      std::vector<SrtpPacket> described;
      for (std::size_t i = first; i < std::min(first + burst, packets.size()); ++i) {
        Bytes& packet = packets[i];
        described.push_back(
            test::describe(PacketKind::kRtp, packet.data(), packet.size(), packet.size(), receiver.context()));
      }
      unprotect(*engine_, receiver.workspace(), described);
      for (const SrtpPacket& packet : described) outcomes.push_back(outcome_of(packet));
    }
    return outcomes;
  }

  /// All jobs are away at once, as with an asynchronous engine, and come back last first.
  std::vector<Outcome> pending(Endpoint& receiver, std::vector<Bytes> packets) {
    std::vector<PendingPacket> away(packets.size());
    std::vector<bool> begun;
    for (std::size_t i = 0; i < packets.size(); ++i) {
      Bytes& packet = packets[i];
      away[i].packet() =
          test::describe(PacketKind::kRtp, packet.data(), packet.size(), packet.size(), receiver.context());
      begun.push_back(away[i].begin_unprotect());
    }
    for (std::size_t i = packets.size(); i-- > 0;) {
      if (!begun[i]) continue;
      do {
        engine_->open({&away[i].job(), 1});
      } while (away[i].continue_unprotect());
    }
    std::vector<Outcome> outcomes;
    for (PendingPacket& packet : away) outcomes.push_back(outcome_of(packet.packet()));
    return outcomes;
  }

  /// Wraps, losses, repeats and disorder of some SSRCs; the first packets are around a wrap.
  std::vector<Bytes> traffic(std::mt19937& random) {
    std::vector<std::uint64_t> next(kSsrcs + 1);  // one more than there is room for
    for (std::uint64_t& index : next) index = 65536 - random() % 40;
    std::vector<Bytes> packets;
    for (int i = 0; i < 150; ++i) {
      if (!packets.empty() && random() % 8 == 0) {
        packets.push_back(packets[random() % packets.size()]);
        continue;
      }
      const std::size_t ssrc = random() % next.size();
      std::uint64_t& index = next[ssrc];
      index += random() % 16 == 0 ? random() % 30000 : 1 + random() % 3;
      packets.push_back(sealed(index - (random() % 4 == 0 ? random() % 20 : 0), static_cast<std::uint32_t>(ssrc + 1)));
    }
    return packets;
  }

  std::unique_ptr<Engine> engine_ = make_engine(EngineKind::kIpsecMb);
  Endpoint sender_{
      *engine_, GetParam(), make_master(1), {.max_ssrcs = kSsrcs + 1, .parameters = {.unauthenticated_srtp = true}}};
};

TEST_P(Unauthenticated, WrapInsideTheFirstBurstOfAnSsrc) {
  for (const bool away : {false, true}) {
    Endpoint receiver(*engine_, GetParam(), make_master(1), options());
    std::vector<Bytes> packets;
    for (std::uint64_t index = 65520; index < 65536 + 30; ++index) packets.push_back(sealed(index));
    const std::vector<Outcome> got = away ? pending(receiver, packets) : in_bursts(receiver, packets, kMaxBurst);
    for (std::size_t i = 0; i < got.size(); ++i) {
      const std::uint64_t index = 65520 + i;
      const Bytes clear = make_rtp({.ssrc = 1, .sequence = static_cast<std::uint16_t>(index), .payload = 20});
      EXPECT_EQ(got[i], (Outcome{Verdict::kOk, index, clear})) << i << " " << away;
    }
    EXPECT_EQ(receiver.context().find_ssrc(1)->rtp.highest(), 65536U + 29);
  }
}

/// The packet that was refused may be wanted by another key: its bytes are as they came.
TEST_P(Unauthenticated, ARepeatInOneBurstIsRefusedAndLeftAsItWas) {
  Endpoint receiver(*engine_, GetParam(), make_master(1), options());
  const Bytes packet = sealed(70000);
  const std::vector<Outcome> got = in_bursts(receiver, {packet, packet, packet}, kMaxBurst);
  EXPECT_EQ(got[0].verdict, Verdict::kOk);
  EXPECT_EQ(got[1], (Outcome{Verdict::kReplayed, 0, packet}));
  EXPECT_EQ(got[2], (Outcome{Verdict::kReplayed, 0, packet}));
}

TEST_P(Unauthenticated, BurstsChangeNothing) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    const std::vector<Bytes> packets = traffic(random);
    const std::uint16_t window = seed % 2 == 0 ? 128 : 256;
    const auto receiver = [&] {
      return std::make_unique<Endpoint>(*engine_, GetParam(), make_master(1), options(window));
    };
    const std::vector<Outcome> one_by_one = in_bursts(*receiver(), packets, 1);
    for (const std::size_t burst : {std::size_t{2}, std::size_t{7}, kMaxBurst}) {
      ASSERT_EQ(in_bursts(*receiver(), packets, burst), one_by_one) << "seed " << seed << ", bursts of " << burst;
    }
    ASSERT_EQ(pending(*receiver(), packets), one_by_one) << "seed " << seed << ", pending";
  }
}

/// Without a tag every guess looks right: nothing may be guessed where the crypto implementation itself failed.
TEST_P(Unauthenticated, AFailedJobIsNoWrongGuess) {
  Endpoint receiver(*engine_, GetParam(), make_master(1), options());
  for (std::uint64_t index = 100; index < 140; ++index) {
    Bytes wire = sealed(index);
    PendingPacket packet;
    packet.packet() = test::describe(PacketKind::kRtp, wire.data(), wire.size(), wire.size(), receiver.context());
    ASSERT_TRUE(packet.begin_unprotect());
    packet.job().ok = false;
    ASSERT_FALSE(packet.continue_unprotect());
    EXPECT_EQ(packet.packet().verdict, Verdict::kEngineFailed);
  }
  EXPECT_EQ(in_bursts(receiver, {sealed(140)}, 1)[0].index, 140U);
}

std::vector<Suite> suites_with_tags() {
  std::vector<Suite> suites;
  std::ranges::copy_if(kSuites, std::back_inserter(suites), [](const Suite& suite) { return !suite.aead(); });
  return suites;
}

INSTANTIATE_TEST_SUITE_P(EverySuite, Unauthenticated, testing::ValuesIn(suites_with_tags()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace sallyport::crypto
