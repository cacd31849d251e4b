#include "dataplane/rx_quality.hpp"

#include <cstdlib>

#include "crypto/packet_index.hpp"

namespace sallyport::dataplane {
namespace {

/// Further behind (MAX_MISORDER) or ahead (MAX_DROPOUT) than this is a restart if the next packet goes on from there
/// (RFC 3550 A.1).
constexpr std::uint64_t kMaxMisorder = 100;
constexpr std::uint64_t kMaxDropout = 3000;

}  // namespace

void RxQuality::count(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp, Tsc arrival) noexcept {
  received_.add();
  const auto arrival_units =
      static_cast<std::uint32_t>(static_cast<std::uint64_t>(static_cast<double>(arrival) * units_per_tick()));
  const std::uint32_t transit = arrival_units - timestamp;
  Step step = Step::kStarts;
  if (ssrc == ssrc_.read() && base_.read() != 0) {
    step = advance(sequence);
  } else {
    start(ssrc, sequence);
  }
  if (step == Step::kFar) return;
  if (step == Step::kFollows) count_jitter(static_cast<std::int32_t>(transit - transit_));
  transit_ = transit;
}

RxQuality::Step RxQuality::advance(std::uint16_t sequence) noexcept {
  const std::uint64_t highest = highest_.read();
  const std::uint64_t index = crypto::estimate_index(highest, sequence);
  if (index > highest && index - highest < kMaxDropout) {
    highest_.set(index);
    far_known_ = false;
    return Step::kFollows;
  }
  if (index <= highest && highest - index <= kMaxMisorder) return Step::kFollows;
  if (far_known_ && sequence == static_cast<std::uint16_t>(far_ + 1)) {
    start(ssrc_.read(), far_);
    highest_.add();
    return Step::kStarts;
  }
  far_ = sequence;
  far_known_ = true;
  return Step::kFar;
}

void RxQuality::start(std::uint32_t ssrc, std::uint16_t sequence) noexcept {
  expected_before_.set(expected());
  ssrc_.set(ssrc);
  jitter16_.set(0);
  // One ROC up, so that packets reordered across the first one have an index below it.
  base_.set((std::uint32_t{1} << 16) + sequence);
  highest_.set(base_.read());
  far_known_ = false;
}

/// RFC 3550 A.8; `difference` of two transit times.
void RxQuality::count_jitter(std::int32_t difference) noexcept {
  const auto distance = static_cast<std::uint32_t>(std::abs(std::int64_t{difference}));
  const std::uint32_t jitter = jitter16_.read();
  jitter16_.set(jitter + distance - ((jitter + 8) >> 4));
}

}  // namespace sallyport::dataplane
