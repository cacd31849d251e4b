#include "dataplane/rx_quality.hpp"

#include "crypto/packet_index.hpp"

namespace sallyport::dataplane {
namespace {

/// Further behind than this is a restart if the next packet goes on from there (RFC 3550 A.1, MAX_MISORDER).
constexpr std::uint64_t kMaxMisorder = 100;

}  // namespace

void RxQuality::count(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp, Tsc arrival,
                      double units_per_tick) noexcept {
  if (!started_ || ssrc != ssrc_.read()) start(ssrc, sequence);
  const std::uint64_t index = crypto::estimate_index(highest_, sequence);
  if (index > highest_) {
    highest_ = index;
    behind_known_ = false;
  } else if (highest_ - index > kMaxMisorder) {
    if (behind_known_ && sequence == static_cast<std::uint16_t>(behind_ + 1)) {
      start(ssrc, sequence);
    } else {
      behind_ = sequence;
      behind_known_ = true;
    }
  }
  received_.add();
  expected_now_.set(highest_ - base_ + 1);

  // RFC 3550 A.8; the first packet only sets the transit time.
  const auto arrival_units =
      static_cast<std::uint32_t>(static_cast<std::uint64_t>(static_cast<double>(arrival) * units_per_tick));
  const std::uint32_t transit = arrival_units - timestamp;
  if (highest_ != base_) {
    const auto difference = static_cast<std::int32_t>(transit - transit_);
    const std::uint32_t distance =
        static_cast<std::uint32_t>(difference < 0 ? -static_cast<std::int64_t>(difference) : difference);
    const std::uint32_t jitter = jitter16_.read();
    jitter16_.set(jitter + distance - ((jitter + 8) >> 4));
  }
  transit_ = transit;
}

void RxQuality::start(std::uint32_t ssrc, std::uint16_t sequence) noexcept {
  expected_before_.add(expected_now_.read());
  expected_now_.set(0);
  ssrc_.set(ssrc);
  jitter16_.set(0);
  // One ROC up, so that packets reordered across the first one have an index below it.
  base_ = highest_ = (std::uint64_t{1} << 16) + sequence;
  behind_known_ = false;
  started_ = true;
}

}  // namespace sallyport::dataplane
