// Loss and interarrival jitter of what a leg receives (RFC 3550 6.4.1, A.1, A.3, A.8). Written by the leg's worker,
// read by any thread. A new SSRC, or a restart of the same, starts a new count and keeps the sum of the old.
#pragma once

#include <cstdint>

#include "dataplane/clock.hpp"
#include "dataplane/counter.hpp"

namespace sallyport::dataplane {

class RxQuality {
 public:
  /// RTP timestamp units per TSC tick, for the jitter. Seven digits of it are kept.
  void set_units_per_tick(double units) noexcept { units_per_tick_ = static_cast<float>(units); }
  double units_per_tick() const noexcept { return static_cast<double>(units_per_tick_); }
  /// One RTP packet, authentic where that is to be had.
  void count(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp, Tsc arrival) noexcept;

  std::uint32_t ssrc() const noexcept { return ssrc_.read(); }
  std::uint64_t received() const noexcept { return received_.read(); }
  std::uint64_t expected() const noexcept {
    const std::uint64_t base = base_.read();
    return base == 0 ? 0 : expected_before_.read() + highest_.read() - base + 1;
  }
  /// Not below zero, even where duplicates outnumber losses.
  std::uint64_t lost() const noexcept {
    const std::uint64_t wanted = expected();
    const std::uint64_t got = received();
    return wanted > got ? wanted - got : 0;
  }
  /// In RTP timestamp units.
  std::uint32_t jitter() const noexcept { return jitter16_.read() >> 4; }

 private:
  enum class Step : std::uint8_t {
    kFollows,  ///< in order, late or a duplicate
    kStarts,   ///< a new source, or a restart of the same
    kFar,      ///< far from where the source was; a restart if the next one follows it
  };
  Step advance(std::uint16_t sequence) noexcept;
  void start(std::uint32_t ssrc, std::uint16_t sequence) noexcept;
  void count_jitter(std::int32_t difference) noexcept;

  Counter32 ssrc_;
  Counter32 jitter16_;  ///< jitter times 16
  Counter received_;
  Counter expected_before_;  ///< by sources before this one, and before its restarts
  Counter highest_;          ///< extended sequence number of the newest packet
  Counter32 base_;           ///< of the first; 0: there was none
  float units_per_tick_ = 0;
  std::uint32_t transit_ = 0;
  std::uint16_t far_ = 0;  ///< the last packet far away, to tell a restart
  bool far_known_ = false;
};
static_assert(sizeof(RxQuality) == 48);

}  // namespace sallyport::dataplane
