#include "dataplane/tx_clock.hpp"

#include <algorithm>
#include <cstddef>

#include "crypto/packet_index.hpp"
#include "crypto/rtp_wire.hpp"

namespace sallyport::dataplane {
namespace {

using crypto::WindowVerdict;

/// A jump ahead of more than this looks like one behind to those who count our sequence numbers (RFC 3711 3.3.1).
constexpr std::uint64_t kMaxAhead = (1 << 15) - 1;
/// So many refused packets in a row are a restart and not a burst of duplicates.
constexpr std::uint8_t kRefusedRun = 16;
/// How far behind the last packet of an SSRC the next source under it starts, in timestamp units.
constexpr std::uint32_t kTimestampStep = 160;

/// Whether the source may use `index` now.
WindowVerdict judge(const TxSource& source, std::uint64_t index) noexcept {
  if (source.used.empty()) return WindowVerdict::kNew;
  if (index > source.used.highest() + kMaxAhead) return WindowVerdict::kTooOld;
  return source.used.check(index);
}

/// A window right below `index` in which all is used but the newest `free` indices.
crypto::ReplayWindow window_below(std::uint64_t index, std::uint64_t free) noexcept {
  constexpr std::uint64_t kAll = ~std::uint64_t{0};
  const std::uint64_t newer = free < 64 ? kAll << free : 0;
  const std::uint64_t older = free < 64 ? kAll : free < 128 ? kAll << (free - 64) : 0;
  return crypto::ReplayWindow::restored(index - 1, {newer, older});
}

/// Counts a refused packet; true when the source has restarted (RFC 3550 A.1: two packets in sequence far from where it
/// was; or a longer run nearby).
bool has_restarted(TxSource& source, std::uint16_t sequence, WindowVerdict verdict) noexcept {
  const bool in_sequence =
      source.refused_run > 0 && sequence == static_cast<std::uint16_t>(source.refused_sequence + 1);
  source.refused_sequence = sequence;
  ++source.refused_run;
  return (verdict == WindowVerdict::kTooOld && in_sequence) || source.refused_run >= kRefusedRun;
}

}  // namespace

TxClock::TxClock(TxMode mode, const TxSeed& seed) noexcept
    : mode_(mode),
      random_(seed.random),
      next_ssrc_(seed.ssrc),
      stride_(seed.ssrc_stride | 1),
      first_span_(static_cast<std::uint16_t>(seed.first_span)) {
  static_assert(offsetof(TxClock, more_) == 64 && kFirstSequenceSpan <= UINT16_MAX);
}

bool TxClock::resume(std::uint32_t out_ssrc, std::uint64_t above, std::uint32_t timestamp) noexcept {
  const std::uint8_t limit = mode_ == TxMode::kFixedSsrc ? std::uint8_t{1} : kFreshSsrcs;
  if (mode_ == TxMode::kPassThrough || sources_used_ != 0 || ssrcs_used_ == limit) return false;
  newest_ssrc_ = ssrcs_used_++;
  ssrc_in(newest_ssrc_) = {.next = above + 1, .last_timestamp = timestamp, .owner = kNobody};
  number_of(newest_ssrc_) = out_ssrc;
  resumed_end_ = ssrcs_used_;
  return true;
}

bool TxClock::take_rtp(std::uint8_t* packet) noexcept {
  if (mode_ == TxMode::kPassThrough) return true;
  const std::uint8_t slot = find_or_add(crypto::rtp_ssrc(packet));
  TxSource& source = source_in(slot);
  const std::uint16_t sequence = crypto::rtp_sequence(packet);
  const std::uint32_t timestamp = crypto::rtp_timestamp(packet);
  std::uint64_t index =
      source.used.empty() ? kFirstIndex + sequence : crypto::estimate_index(source.used.highest(), sequence);
  const WindowVerdict verdict = judge(source, index);
  if (verdict != WindowVerdict::kNew) [[unlikely]] {
    if (!has_restarted(source, sequence, verdict)) return false;
    restart(slot);
    index = kFirstIndex + sequence;
  }
  if (source.used.empty() || ssrc_in(source.ssrc_slot).owner != slot) place(slot, index, timestamp);
  const auto ours = static_cast<std::uint64_t>(static_cast<std::int64_t>(index) + source.index_offset);
  source.used.commit(index);
  source.refused_run = 0;
  note_use(slot);
  const std::uint32_t our_timestamp = timestamp + source.timestamp_offset;
  TxSsrc& ssrc = ssrc_in(source.ssrc_slot);
  if (ours >= ssrc.next) {
    ssrc.next = ours + 1;
    ssrc.last_timestamp = our_timestamp;
  }
  crypto::set_rtp_ssrc(packet, source.out_ssrc);
  crypto::set_rtp_sequence(packet, static_cast<std::uint16_t>(ours));
  crypto::set_rtp_timestamp(packet, our_timestamp);
  return true;
}

const TxSource& TxClock::source_of(std::uint32_t in_ssrc) noexcept { return source_in(find_or_add(in_ssrc)); }

const TxSource* TxClock::mapping_of(std::uint32_t in_ssrc) const noexcept {
  const std::uint8_t slot = find(in_ssrc);
  return slot != kNobody ? &source_in(slot) : nullptr;
}

const TxSource* TxClock::sent_as(std::uint32_t out_ssrc) const noexcept {
  for (std::uint8_t slot = 0; slot < sources_used_; ++slot) {
    const TxSource& source = source_in(slot);
    if (source.out_ssrc == out_ssrc && ssrc_in(source.ssrc_slot).owner == slot) return &source;
  }
  return nullptr;
}

/// The slot of a source, kNobody where it is not known.
std::uint8_t TxClock::find(std::uint32_t in_ssrc) const noexcept {
  for (std::uint8_t slot = 0; slot < sources_used_; ++slot) {
    if (source_in(slot).in_ssrc == in_ssrc) return slot;
  }
  return kNobody;
}

/// Returns its slot.
std::uint8_t TxClock::find_or_add(std::uint32_t in_ssrc) noexcept {
  const std::uint8_t known = find(in_ssrc);
  if (known != kNobody) [[likely]]
    return known;
  const std::uint8_t slot = slot_for_new_source();
  TxSource& source = source_in(slot);
  source = TxSource{};
  source.in_ssrc = in_ssrc;
  note_use(slot);
  choose_ssrc(slot, false);
  return slot;
}

/// A free one, or that of the source that was silent longest.
std::uint8_t TxClock::slot_for_new_source() noexcept {
  if (sources_used_ < kSources) return sources_used_++;
  const auto& last_use = more_->last_use;
  return static_cast<std::uint8_t>(std::min_element(last_use.begin(), last_use.end()) - last_use.begin());
}

/// A source that is alone is not compared with others: it counts as unused until there is a second one.
void TxClock::note_use(std::uint8_t slot) noexcept {
  if (sources_used_ > 1) [[unlikely]]
    more_->last_use[slot] = ++more_->uses;
}

/// One that is to be continued, then a fresh SSRC while there are any; then the one that the source had, or the newest.
void TxClock::choose_ssrc(std::uint8_t slot, bool had_one) noexcept {
  TxSource& source = source_in(slot);
  const std::uint8_t limit = mode_ == TxMode::kFixedSsrc ? std::uint8_t{1} : kFreshSsrcs;
  if (resumed_next_ < resumed_end_) {
    source.ssrc_slot = resumed_next_++;
    ssrc_in(source.ssrc_slot).owner = slot;
  } else if (ssrcs_used_ < limit) {
    newest_ssrc_ = source.ssrc_slot = ssrcs_used_++;
    ssrc_in(newest_ssrc_) = TxSsrc{};
    ssrc_in(newest_ssrc_).owner = slot;
    number_of(newest_ssrc_) = next_ssrc_;
    next_ssrc_ += stride_;
    source.timestamp_offset = mode_ == TxMode::kFixedSsrc ? 0 : static_cast<std::uint32_t>(next_random());
  } else if (!had_one) {
    source.ssrc_slot = newest_ssrc_;
    source.timestamp_offset = 0;
  }
  source.out_ssrc = number_of(source.ssrc_slot);
}

/// Decides where the source's numbers land on its SSRC: anywhere on one that was never sent, else right behind its
/// last. What lies below may have been sent by another source: it counts as used.
void TxClock::place(std::uint8_t slot, std::uint64_t index, std::uint32_t timestamp) noexcept {
  TxSource& source = source_in(slot);
  TxSsrc& ssrc = ssrc_in(source.ssrc_slot);
  ssrc.owner = slot;
  std::uint64_t ours = ssrc.next;
  std::uint64_t free_below = 0;
  if (ssrc.next == 0) {
    ours = mode_ == TxMode::kFixedSsrc ? index - kFirstIndex : kFirstSequenceLow + next_random() % first_span_;
    free_below = ours;
  } else {
    source.timestamp_offset = ssrc.last_timestamp + kTimestampStep - timestamp;
  }
  source.used = window_below(index, free_below);
  source.index_offset = static_cast<std::int64_t>(ours) - static_cast<std::int64_t>(index);
}

void TxClock::restart(std::uint8_t slot) noexcept {
  source_in(slot).used = {};
  choose_ssrc(slot, true);
}

/// SplitMix64: numbers that need to differ, not to be secret.
std::uint64_t TxClock::next_random() noexcept {
  random_ += 0x9e3779b97f4a7c15;
  std::uint64_t z = random_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace sallyport::dataplane
