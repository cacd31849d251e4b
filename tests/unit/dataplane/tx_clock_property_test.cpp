// Whatever sources do, no index of an SSRC of ours is ever sent twice: that would encrypt two packets with one
// keystream (RFC 3711 9.1). Random behaviour, judged by a model of a sender that knows the RFC and nothing of the
// clock.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>

#include "dataplane/tx_clock.hpp"
#include "tests/scenario/rtp_bytes.hpp"

namespace sallyport::dataplane {
namespace {

using scenario::Bytes;
using scenario::Rtp;

/// Counts ROC as RFC 3711 Appendix A writes it down, and remembers every index of an SSRC.
class IndexModel {
 public:
  struct Answer {
    std::uint64_t index;
    bool used_before;
    bool window_knows;  ///< newer than the window of 128 (RFC 3711 3.3.2): a sender with that memory can tell
  };

  Answer send(std::uint16_t sequence) {
    std::int64_t v = roc_;
    if (!started_) {
      started_ = true;
      highest_sequence_ = sequence;
    } else if (highest_sequence_ < 32768) {
      if (sequence - highest_sequence_ > 32768) v = roc_ == 0 ? 0 : roc_ - 1;
    } else if (highest_sequence_ - 32768 > sequence) {
      v = roc_ + 1;
    }
    const auto index = static_cast<std::uint64_t>(v) << 16 | sequence;
    const std::uint64_t highest = static_cast<std::uint64_t>(roc_) << 16 | highest_sequence_;
    const bool fresh = indices_.insert(index).second;
    if (index > highest) {
      roc_ = v;
      highest_sequence_ = sequence;
    }
    return {index, !fresh, index + 128 > highest};
  }
  std::size_t sent() const { return indices_.size(); }

 private:
  std::int64_t roc_ = 0;
  std::int32_t highest_sequence_ = 0;
  bool started_ = false;
  std::set<std::uint64_t> indices_;
};

/// A source that does, now and then, what real ones do.
class RandomSource {
 public:
  explicit RandomSource(std::mt19937_64& random) : random_(random), sequence_(pick(65536)) {}

  std::uint16_t next() {
    switch (pick(200)) {
      case 0:
        return static_cast<std::uint16_t>(sequence_ = pick(65536));  // restarts anywhere
      case 1:
        return static_cast<std::uint16_t>(sequence_ -= pick(200));  // loops a short capture
      case 2:
        return static_cast<std::uint16_t>(sequence_ += pick(40000));  // lost a lot
      case 3:
        return static_cast<std::uint16_t>(sequence_ += 0x7ffe + pick(4));  // half the sequence space
      case 4:
      case 5:
      case 6:
        return static_cast<std::uint16_t>(sequence_ - pick(300));  // late
      case 7:
      case 8:
        return static_cast<std::uint16_t>(sequence_);  // duplicate
      case 9:
        return static_cast<std::uint16_t>(pick(65536));  // nonsense
      default:
        return static_cast<std::uint16_t>(++sequence_);
    }
  }

 private:
  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

  std::mt19937_64& random_;
  std::uint32_t sequence_;
};

std::uint64_t chosen_seed() {
  const char* given = std::getenv("SALLYPORT_TEST_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 0) : std::random_device{}();
}

class TxClockProperty : public testing::TestWithParam<TxMode> {};

void run_once(TxMode mode, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  TxClock clock(mode, {.ssrc = static_cast<std::uint32_t>(random()),
                       .ssrc_stride = static_cast<std::uint32_t>(random()),
                       .random = random()});
  std::vector<RandomSource> sources(1 + random() % 6, RandomSource(random));
  std::map<std::uint32_t, IndexModel> models;
  std::size_t taken = 0;
  constexpr std::size_t kPackets = 20000;
  std::size_t active = 0;
  for (std::size_t i = 0; i < kPackets; ++i) {
    if (random() % 50 == 0) active = random() % sources.size();
    if (random() % 500 == 0) clock.source_of(static_cast<std::uint32_t>(random() % 8));
    Bytes packet = Rtp().ssrc(static_cast<std::uint32_t>(active)).sequence(sources[active].next()).bytes();
    if (!clock.take_rtp(packet.data())) continue;
    ++taken;
    const auto answer = models[scenario::ssrc_of(packet)].send(scenario::sequence_of(packet));
    ASSERT_FALSE(answer.used_before) << "packet " << i << ", SSRC " << scenario::ssrc_of(packet) << ", index "
                                     << answer.index << ", seed " << seed;
    ASSERT_TRUE(answer.window_knows) << "packet " << i << " would be refused as too old, seed " << seed;
  }
  EXPECT_LE(models.size(), mode == TxMode::kFixedSsrc ? 1U : TxClock::kFreshSsrcs) << "seed " << seed;
  EXPECT_GT(taken, kPackets / 2) << "a clock that refuses everything is safe and useless; seed " << seed;
}

TEST_P(TxClockProperty, NoIndexIsEverSentTwice) {
  const std::uint64_t seed = chosen_seed();
  std::printf("SALLYPORT_TEST_SEED=%llu\n", static_cast<unsigned long long>(seed));
  for (std::uint64_t i = 0; i < 100; ++i) {
    ASSERT_NO_FATAL_FAILURE(run_once(GetParam(), seed + i));
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, TxClockProperty, testing::Values(TxMode::kFreshSsrc, TxMode::kFixedSsrc),
                         [](const auto& mode) {
                           return std::string(mode.param == TxMode::kFreshSsrc ? "FreshSsrc" : "FixedSsrc");
                         });

}  // namespace
}  // namespace sallyport::dataplane
