// One worker's memory for the burst that protect() or unprotect() works on. Never visible outside of the two.
#pragma once

#include <array>
#include <span>

#include "crypto/job_fill.hpp"

namespace sallyport::crypto {

class Workspace {
 public:
  JobSpace space(std::size_t slot) noexcept { return {jobs[slot], origins[slot], extras[slot]}; }

  std::array<Job, kMaxBurst> jobs;
  std::array<JobOrigin, kMaxBurst> origins;
  std::array<JobExtra, kMaxBurst> extras;
};

/// Has the lines fetched that every packet's look-ups read. What only the engine reads of a key is the engine's matter.
template <Context* SrtpPacket::*kWhich>
void prefetch_contexts(std::span<SrtpPacket> packets) noexcept {
  for (const SrtpPacket& packet : packets) {
    (packet.*kWhich)->prefetch();
    __builtin_prefetch(packet.data, 1);
  }
}

}  // namespace sallyport::crypto
