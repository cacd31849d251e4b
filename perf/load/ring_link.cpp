#include "perf/load/ring_link.hpp"

#include <array>

namespace sallyport::load {
namespace {

constexpr const char* kRings = "load";

LinkSpec over_rings(LinkSpec spec) {
  spec.device = kRings;
  return spec;
}

}  // namespace

RingLink::RingLink(const LinkSpec& spec, const std::vector<Flow>& flows, drivers::MbufPool& pool)
    : rings_(kRings, 1), link_(over_rings(spec), flows, pool) {}

std::size_t RingLink::receive(std::span<Packet> packets) {
  std::array<rte_mbuf*, kBurst> frames;
  const unsigned count = rings_.collect(frames.data(), static_cast<unsigned>(std::min(packets.size(), frames.size())));
  // Both rings are of one size, and this one is emptied below: all of them fit.
  const unsigned taken = rings_.inject(frames.data(), count);
  if (taken != count) rte_pktmbuf_free_bulk(frames.data() + taken, count - taken);
  return link_.receive(packets);
}

}  // namespace sallyport::load
