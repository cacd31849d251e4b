// The RTP numbers of a lane: SSRC, sequence and timestamp of its n-th packet. Sender and judge compute them alike; they
// differ in every run, since a key must never see the same SSRC and sequence twice (RFC 3711 9.1).
#pragma once

#include <cstdint>

#include "perf/load/mix.hpp"
#include "perf/load/stream_shape.hpp"

namespace sallyport::load {

struct Numbering {
  std::uint32_t ssrc = 0;
  std::uint16_t first_sequence = 0;
  std::uint32_t first_timestamp = 0;

  /// `run`: random per run; `lane`: with its direction bit.
  static constexpr Numbering of(std::uint32_t run, std::uint32_t lane) noexcept {
    const std::uint64_t drawn = mix(std::uint64_t{run} << 32 | lane);
    return {static_cast<std::uint32_t>(mix(drawn)),
            // Below 2^15: a receiver that loses the first packets still estimates ROC 0 (RFC 3711 3.3.1).
            static_cast<std::uint16_t>(drawn & 0x7fff), static_cast<std::uint32_t>(drawn >> 32)};
  }

  constexpr std::uint16_t sequence(std::uint32_t counter) const noexcept {
    return static_cast<std::uint16_t>(first_sequence + counter);
  }
  std::uint32_t timestamp(std::uint32_t counter, const StreamShape& shape) const noexcept {
    return first_timestamp + shape.timestamp(counter);
  }
};

}  // namespace sallyport::load
