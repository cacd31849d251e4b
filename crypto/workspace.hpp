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

/// Has the lines fetched that the burst's look-ups will read: first all contexts, then what they point to.
template <Context* SrtpPacket::*kWhich>
void prefetch_contexts(std::span<SrtpPacket> packets) noexcept {
  for (const SrtpPacket& packet : packets) {
    (packet.*kWhich)->prefetch();
    __builtin_prefetch(packet.data, 1);
  }
  for (const SrtpPacket& packet : packets) (packet.*kWhich)->prefetch_more();
}

}  // namespace sallyport::crypto
