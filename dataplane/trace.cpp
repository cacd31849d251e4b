#include "dataplane/trace.hpp"

#include <algorithm>

namespace sallyport::dataplane {
namespace {

/// A packet between two workers that each hand it over has a dozen steps, half of them on one worker.
constexpr std::size_t kStepsPerPacket = 16;

}  // namespace

Trace::Trace(std::uint32_t session, WorkerId worker, std::vector<TracedLeg> legs, std::uint16_t packets)
    : session_(session),
      worker_(worker),
      legs_(std::move(legs)),
      packets_(std::min(packets, kMostPackets)),
      records_(kStepsPerPacket * packets_) {}

bool Trace::choose(PacketMeta& meta, std::uint16_t address_slot, std::uint16_t local_port) noexcept {
  const bool wanted = chosen_ < packets_ && std::ranges::any_of(legs_, [&](const TracedLeg& leg) {
                        const int above = local_port - leg.local_port;
                        return leg.address_slot == address_slot && (above == 0 || (above == 1 && leg.pair));
                      });
  meta.trace = wanted ? TraceMark{session_, worker_, chosen_++} : TraceMark{};
  return wanted;
}

void Trace::write(const TraceMark& mark, const TraceStep& step) noexcept {
  if (!records_.push({mark, Clock::now(), step})) lost_.add();
}

void Trace::note_drop(PacketMeta& meta, DropReason reason) noexcept {
  note(meta, step::Dropped{stage_, reason});
  skip(meta);
}

/// The marks go with the packets' buffers, whose next users must not find them.
void Trace::before_tx(const Burst& frames) noexcept {
  for (std::uint16_t i = 0; i < frames.size(); ++i) {
    PacketMeta& meta = meta_of(frames[i]);
    leaving_[i] = {meta.trace, rte_pktmbuf_data_len(frames[i])};
    skip(meta);
  }
}

void Trace::after_tx(const Burst& frames, std::uint16_t port, std::uint16_t queue, std::uint16_t sent) noexcept {
  for (std::uint16_t i = 0; i < sent; ++i) {
    if (leaving_[i].mark.session == session_) write(leaving_[i].mark, step::Sent{port, queue, leaving_[i].length});
  }
  for (std::uint16_t i = sent; i < frames.size(); ++i) meta_of(frames[i]).trace = leaving_[i].mark;
}

}  // namespace sallyport::dataplane
