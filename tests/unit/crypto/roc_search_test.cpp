// The first guess of an index against RFC 3711 Appendix A, and the end of the index space across a re-key.
#include "crypto/roc_search.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

using test::Bytes;
using test::Endpoint;
using test::make_master;
using test::make_rtp;

constexpr std::uint64_t kLastRoc = std::uint64_t{0xffffffff} << 16;

/// RFC 3711 Appendix A, word for word: ROC arithmetic is modulo 2^32.
std::uint64_t appendix_a(std::uint32_t roc, std::uint16_t s_l, std::uint16_t seq) {
  std::uint32_t v = roc;
  if (s_l < 32768) {
    if (seq - s_l > 32768) v = roc - 1;
  } else {
    if (s_l - 32768 > seq) v = roc + 1;
  }
  return std::uint64_t{v} << 16 | seq;
}

SsrcState inherited(std::uint64_t highest) {
  SsrcState state;
  state.become(1);
  state.expect_near(highest);
  return state;
}

TEST(FirstGuess, OfAnInheritedRocFollowsAppendixA) {
  std::mt19937 random(7);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint32_t rocs[] = {1, 2, static_cast<std::uint32_t>(random()) | 1, 0xfffffffe, 0xffffffff};
    const std::uint32_t roc = rocs[random() % std::size(rocs)];
    const auto newest = static_cast<std::uint16_t>(random());
    const auto sequence = static_cast<std::uint16_t>(random());
    const SsrcState state = inherited(std::uint64_t{roc} << 16 | newest);
    ASSERT_EQ(first_guess(&state, sequence), appendix_a(roc, newest, sequence))
        << roc << " " << newest << " " << sequence;
  }
}

/// What a key has met itself does not come round: at the end of the space it is exhausted (RFC 3711 9.2).
TEST(FirstGuess, UnderTheSameKeyDoesNotWrap) {
  SsrcState state = inherited(0);
  state.commit_rtp(kMaxRtpIndex);
  EXPECT_EQ(first_guess(&state, 0), kMaxRtpIndex + 1);
}

class EndOfIndices : public testing::TestWithParam<Suite> {
 protected:
  EndOfIndices() { before_.find_or_add_ssrc(1)->rtp.commit(kLastRoc | 0xfff8); }

  Bytes rtp(std::uint16_t sequence) const { return make_rtp({.ssrc = 1, .sequence = sequence}); }

  std::unique_ptr<Engine> engine_ = make_engine(EngineKind::kIpsecMb);
  Context before_{*engine_, GetParam(), make_master(1)};
  Endpoint sender_{*engine_, GetParam(), make_master(2)};
  Endpoint receiver_{*engine_, GetParam(), make_master(2)};
};

/// A re-key near the end, as RFC 3711 9.2 asks for: the new key begins again whether the sender keeps its ROC, which
/// wraps, or resets it; the sequence number may be before its own wrap by then, or behind it.
TEST_P(EndOfIndices, AReKeyGoesOn) {
  for (const bool reset : {false, true}) {
    for (const std::uint16_t first : std::initializer_list<std::uint16_t>{0xfff9, 0xffff, 0, 5, 0x7000}) {
      Endpoint sender(*engine_, GetParam(), make_master(2));
      Endpoint receiver(*engine_, GetParam(), make_master(2));
      receiver.context().continue_from(before_);
      if (!reset) sender.context().continue_from(before_);
      Bytes packet = rtp(first);
      ASSERT_EQ(sender.protect(PacketKind::kRtp, packet), Verdict::kOk) << reset << " " << first;
      EXPECT_EQ(sender.last_index(), reset || first < 0x8000 ? first : kLastRoc | first);
      EXPECT_EQ(receiver.unprotect(PacketKind::kRtp, packet), Verdict::kOk) << reset << " " << first;
      EXPECT_EQ(receiver.last_index(), sender.last_index());
      EXPECT_EQ(packet, rtp(first));
    }
  }
}

/// Once it has met an index of the last ROC itself, the key is at its end with it.
TEST_P(EndOfIndices, AKeyThatMetItIsExhausted) {
  sender_.context().continue_from(before_);
  receiver_.context().continue_from(before_);
  Bytes packet = rtp(0xffff);
  ASSERT_EQ(sender_.protect(PacketKind::kRtp, packet), Verdict::kOk);
  ASSERT_EQ(receiver_.unprotect(PacketKind::kRtp, packet), Verdict::kOk);
  packet = rtp(0);
  EXPECT_EQ(sender_.protect(PacketKind::kRtp, packet), Verdict::kKeyExhausted);
  Endpoint other(*engine_, GetParam(), make_master(2));
  packet = rtp(0);
  ASSERT_EQ(other.protect(PacketKind::kRtp, packet), Verdict::kOk);
  EXPECT_EQ(receiver_.unprotect(PacketKind::kRtp, packet), Verdict::kKeyExhausted);
}

INSTANTIATE_TEST_SUITE_P(EverySuite, EndOfIndices, testing::ValuesIn(kSuites),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace sallyport::crypto
