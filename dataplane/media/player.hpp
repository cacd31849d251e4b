// One leg that a prompt is played to, and where in it that leg is. Built by the control thread, moved to the leg's
// worker by Play, moved back in PlayerRetired.
#pragma once

#include <cstdint>
#include <memory>

#include "dataplane/ids.hpp"
#include "dataplane/media/prompt.hpp"

namespace sallyport::dataplane {

/// A source like any other for the leg's TxClock, which decides what SSRC, sequence number and timestamp really leave:
/// no player can make a key meet an index twice.
struct alignas(64) Player {
  /// Kept alive by control, to which the player always returns: the worker reads it and counts nothing.
  std::shared_ptr<const Prompt> prompt;
  StreamId stream;
  std::uint32_t ssrc = 0;  ///< as a source of the leg; random
  std::uint32_t timestamp = 0;
  std::uint16_t sequence = 0;
  std::uint8_t payload_type = 0;
  bool loops = true;
  bool started = false;        ///< its first packet, which has the marker bit, was sent (RFC 3551 4.1)
  bool ended = false;          ///< all of it was sent
  std::uint32_t position = 0;  ///< the next frame
  std::uint32_t round = 0;     ///< of the playout, in which the latest frame was due
  std::uint32_t place = 0;     ///< in the playout

  /// In the place of another one, of the same leg: the listener notices nothing but what is heard, so the same source
  /// goes on where both count by the same clock.
  void go_on_from(const Player& before) noexcept {
    if (before.prompt->timestamp_step() != prompt->timestamp_step()) return;
    ssrc = before.ssrc;
    sequence = before.sequence;
    timestamp = before.timestamp;
    started = before.started;
  }

  /// Goes over `frames` frames as if they had been sent, by the clock and in the prompt.
  void skip(std::uint32_t frames) noexcept {
    timestamp += frames * prompt->timestamp_step();
    const std::uint64_t next = std::uint64_t{position} + frames;
    if (next < prompt->frames()) {
      position = static_cast<std::uint32_t>(next);
    } else if (loops) {
      position = static_cast<std::uint32_t>(next % prompt->frames());
    } else {
      ended = true;
    }
  }
};

}  // namespace sallyport::dataplane
