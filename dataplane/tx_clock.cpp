#include "dataplane/tx_clock.hpp"

#include <algorithm>

#include "crypto/packet_index.hpp"
#include "crypto/rtp_wire.hpp"

namespace sallyport::dataplane {
namespace {

using crypto::WindowVerdict;

/// A jump ahead of more than this looks like one behind to those who count our sequence numbers (RFC 3711 3.3.1).
constexpr std::uint64_t kMaxAhead = (1 << 15) - 1;
/// So many refused packets in a row are a restart and not a burst of duplicates.
constexpr std::uint16_t kRefusedRun = 16;
/// How far behind the last packet of an SSRC the next source under it starts, in timestamp units.
constexpr std::uint32_t kTimestampStep = 160;

/// Whether the source may use `index` now.
WindowVerdict judge(const TxSource& source, std::uint64_t index) noexcept {
  if (source.used.empty()) return WindowVerdict::kNew;
  if (index > source.used.highest() + kMaxAhead) return WindowVerdict::kTooOld;
  const WindowVerdict verdict = source.used.check(index);
  const bool below_floor = static_cast<std::int64_t>(index) + source.index_offset < source.floor;
  return verdict == WindowVerdict::kNew && below_floor ? WindowVerdict::kSeen : verdict;
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
      next_ssrc_(seed.ssrc),
      stride_(seed.ssrc_stride | 1),
      random_(seed.random),
      first_span_(seed.first_span) {}

bool TxClock::resume(std::uint32_t out_ssrc, std::uint64_t above, std::uint32_t timestamp) noexcept {
  const std::uint8_t limit = mode_ == TxMode::kFixedSsrc ? std::uint8_t{1} : kFreshSsrcs;
  if (mode_ == TxMode::kPassThrough || sources_used_ != 0 || ssrcs_used_ == limit) return false;
  newest_ssrc_ = ssrcs_used_++;
  ssrc_in(newest_ssrc_) = {.ssrc = out_ssrc, .last_timestamp = timestamp, .next = above + 1};
  owners_[newest_ssrc_] = kNobody;
  resumed_end_ = ssrcs_used_;
  return true;
}

bool TxClock::take_rtp(std::uint8_t* packet) noexcept {
  if (mode_ == TxMode::kPassThrough) return true;
  TxSource& source = find_or_add(crypto::rtp_ssrc(packet));
  const std::uint16_t sequence = crypto::rtp_sequence(packet);
  const std::uint32_t timestamp = crypto::rtp_timestamp(packet);
  std::uint64_t index =
      source.used.empty() ? kFirstIndex + sequence : crypto::estimate_index(source.used.highest(), sequence);
  const WindowVerdict verdict = judge(source, index);
  if (verdict != WindowVerdict::kNew) [[unlikely]] {
    if (!has_restarted(source, sequence, verdict)) return false;
    restart(source);
    index = kFirstIndex + sequence;
  }
  TxSsrc& ssrc = ssrc_in(source.ssrc_slot);
  if (source.used.empty() || owners_[source.ssrc_slot] != slot_of(source)) place(source, index, timestamp);
  const auto ours = static_cast<std::uint64_t>(static_cast<std::int64_t>(index) + source.index_offset);
  source.used.commit(index);
  source.refused_run = 0;
  source.last_use = ++uses_;
  const std::uint32_t our_timestamp = timestamp + source.timestamp_offset;
  if (ours >= ssrc.next) {
    ssrc.next = ours + 1;
    ssrc.last_timestamp = our_timestamp;
  }
  crypto::set_rtp_ssrc(packet, source.out_ssrc);
  crypto::set_rtp_sequence(packet, static_cast<std::uint16_t>(ours));
  crypto::set_rtp_timestamp(packet, our_timestamp);
  return true;
}

const TxSource& TxClock::source_of(std::uint32_t in_ssrc) noexcept { return find_or_add(in_ssrc); }

const TxSource* TxClock::mapping_of(std::uint32_t in_ssrc) const noexcept {
  const auto end = sources_.begin() + sources_used_;
  const auto found =
      std::find_if(sources_.begin(), end, [&](const TxSource& source) { return source.in_ssrc == in_ssrc; });
  return found != end ? &*found : nullptr;
}

const TxSource* TxClock::sent_as(std::uint32_t out_ssrc) const noexcept {
  for (std::size_t i = 0; i < sources_used_; ++i) {
    const TxSource& source = sources_[i];
    if (source.out_ssrc == out_ssrc && owners_[source.ssrc_slot] == i) return &source;
  }
  return nullptr;
}

TxSource& TxClock::find_or_add(std::uint32_t in_ssrc) noexcept {
  if (const TxSource* known = mapping_of(in_ssrc)) return sources_[slot_of(*known)];
  TxSource& source =
      sources_used_ < kSources
          ? sources_[sources_used_++]
          : *std::min_element(sources_.begin(), sources_.end(),
                              [](const TxSource& a, const TxSource& b) { return a.last_use < b.last_use; });
  source = TxSource{};
  source.in_ssrc = in_ssrc;
  source.last_use = ++uses_;
  choose_ssrc(source, false);
  return source;
}

/// One that is to be continued, then a fresh SSRC while there are any; then the one that the source had, or the newest.
void TxClock::choose_ssrc(TxSource& source, bool had_one) noexcept {
  const std::uint8_t limit = mode_ == TxMode::kFixedSsrc ? std::uint8_t{1} : kFreshSsrcs;
  if (resumed_next_ < resumed_end_) {
    source.ssrc_slot = resumed_next_++;
    owners_[source.ssrc_slot] = slot_of(source);
  } else if (ssrcs_used_ < limit) {
    newest_ssrc_ = source.ssrc_slot = ssrcs_used_++;
    ssrc_in(newest_ssrc_) = TxSsrc{.ssrc = next_ssrc_};
    owners_[newest_ssrc_] = slot_of(source);
    next_ssrc_ += stride_;
    source.timestamp_offset = mode_ == TxMode::kFixedSsrc ? 0 : static_cast<std::uint32_t>(next_random());
  } else if (!had_one) {
    source.ssrc_slot = newest_ssrc_;
    source.timestamp_offset = 0;
  }
  source.out_ssrc = ssrc_in(source.ssrc_slot).ssrc;
}

/// Decides where the source's numbers land on its SSRC: anywhere on one that was never sent, else right behind its
/// last.
void TxClock::place(TxSource& source, std::uint64_t index, std::uint32_t timestamp) noexcept {
  TxSsrc& ssrc = ssrc_in(source.ssrc_slot);
  owners_[source.ssrc_slot] = slot_of(source);
  std::uint64_t ours = ssrc.next;
  source.floor = static_cast<std::int64_t>(ssrc.next);
  if (ssrc.next == 0) {
    ours = mode_ == TxMode::kFixedSsrc ? index - kFirstIndex : kFirstSequenceLow + next_random() % first_span_;
  } else {
    source.timestamp_offset = ssrc.last_timestamp + kTimestampStep - timestamp;
    source.used = {};
  }
  source.index_offset = static_cast<std::int64_t>(ours) - static_cast<std::int64_t>(index);
}

void TxClock::restart(TxSource& source) noexcept {
  source.used = {};
  choose_ssrc(source, true);
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
