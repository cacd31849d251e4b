// Loss and interarrival jitter of what a leg receives (RFC 3550 6.4.1, A.1, A.3, A.8). Written by the leg's worker,
// read by any thread. A new SSRC, or a restart of the same, starts a new count and keeps the sum of the old.
#pragma once

#include <cstdint>

#include "dataplane/clock.hpp"
#include "dataplane/counter.hpp"

namespace sallyport::dataplane {

class RxQuality {
 public:
  /// One RTP packet, authentic where that is to be had. `units_per_tick`: RTP timestamp units per TSC tick.
  void count(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp, Tsc arrival,
             double units_per_tick) noexcept;

  std::uint32_t ssrc() const noexcept { return ssrc_.read(); }
  std::uint64_t received() const noexcept { return received_.read(); }
  std::uint64_t expected() const noexcept { return expected_before_.read() + expected_now_.read(); }
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
  Counter expected_before_;
  Counter expected_now_;
  std::uint64_t base_ = 0;     ///< extended sequence number of the first packet
  std::uint64_t highest_ = 0;  ///< of the newest
  std::uint32_t transit_ = 0;
  std::uint16_t far_ = 0;  ///< the last packet far away, to tell a restart
  bool started_ = false;
  bool far_known_ = false;
};

}  // namespace sallyport::dataplane
