// A stream's packets of one direction that are with a crypto device, in their order.
#pragma once

#include <array>
#include <cstdint>

#include "crypto/engine.hpp"

namespace sallyport::dataplane {

struct ParkedPacket;

/// Enough for a burst of every port while the device answers; more means that it does not.
inline constexpr std::uint32_t kLaneDepth = 256;

struct Lane {
  ParkedPacket* first = nullptr;
  ParkedPacket* last = nullptr;
  std::uint32_t entered = 0;  ///< packets so far, modulo 2^32
  std::uint32_t left = 0;

  bool empty() const noexcept { return entered == left; }
  bool full() const noexcept { return entered - left >= kLaneDepth; }
};

/// By crypto::Direction: what is received is opened, what is sent is sealed.
using Lanes = std::array<Lane, 2>;

}  // namespace sallyport::dataplane
