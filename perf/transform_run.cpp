#include "perf/transform_run.hpp"

#include <algorithm>
#include <stdexcept>

#include "crypto/bytes.hpp"
#include "crypto/rtp_wire.hpp"
#include "crypto/workspace.hpp"

namespace sallyport::perf {

using crypto::SrtpPacket;

Contexts make_contexts(crypto::Engine& engine, const crypto::Suite& suite, std::uint32_t streams,
                       std::uint32_t max_ssrcs) {
  Contexts contexts;
  contexts.reserve(streams);
  for (std::uint32_t stream = 0; stream < streams; ++stream) {
    crypto::MasterKey master;
    crypto::store_be32(master.key.data(), stream % kMasterKeys);
    contexts.push_back(
        std::make_unique<crypto::Context>(engine, suite, master, crypto::ContextOptions{.max_ssrcs = max_ssrcs}));
  }
  return contexts;
}

Parties::Parties(crypto::EngineKind kind, const crypto::Suite& of, std::uint32_t streams, crypto::Direction direction)
    : suite(of),
      engine(crypto::make_engine(kind)),
      measured(make_contexts(*engine, of, streams)),
      sealing(make_contexts(*engine, of, direction == crypto::Direction::kOpen ? kMasterKeys : 0)) {}

TransformRun::TransformRun(Parties& parties, Traffic& traffic)
    : parties_(parties),
      traffic_(traffic),
      sealed_length_(traffic.shape().size + srtp_overhead(parties.suite, crypto::PacketKind::kRtp)),
      workspace_(crypto::make_workspace()),
      packets_(traffic.packets()) {}

void TransformRun::advance() {
  traffic_.advance();
  parties_.position = traffic_.next_position();
}

void TransformRun::prepare_clear() {
  advance();
  describe(traffic_.shape().size);
}

void TransformRun::prepare_sealed() {
  advance();
  for (std::size_t first = 0; first < packets_.size(); first += crypto::kMaxBurst) {
    seal(first, std::min(crypto::kMaxBurst, packets_.size() - first));
  }
  describe(sealed_length_);
}

/// What protect() would make of packets whose indices are known, with the same jobs.
void TransformRun::seal(std::size_t first, std::size_t count) {
  using Policy = crypto::RtpPolicy;
  const std::size_t size = traffic_.shape().size;
  for (std::size_t slot = 0; slot < count; ++slot) {
    const std::size_t i = first + slot;
    const crypto::Context& context = *parties_.sealing[traffic_.stream_of(i) % kMasterKeys];
    const std::uint64_t index = traffic_.index_of(i);
    const crypto::WireForm form = Policy::usual_form(context);
    crypto::fill_job<Policy>(workspace_->space(slot), traffic_.packet(i), context,
                             {context.rtp(), form, index, crypto::kRtpFixedHeader, size - crypto::kRtpFixedHeader});
    if (crypto::trailer_behind_text<Policy>(context.job_form(), form)) {
      crypto::store_be32(traffic_.packet(i) + size, Policy::trailer(index, true));
    }
  }
  parties_.engine->seal({workspace_->jobs.data(), count});
}

void TransformRun::protect() {
  for_each_burst([this](std::span<SrtpPacket> burst) { crypto::protect(*parties_.engine, *workspace_, burst); });
}

void TransformRun::unprotect() {
  for_each_burst([this](std::span<SrtpPacket> burst) { crypto::unprotect(*parties_.engine, *workspace_, burst); });
}

void TransformRun::check() const {
  const bool good =
      std::ranges::all_of(packets_, [](const SrtpPacket& packet) { return packet.verdict == crypto::Verdict::kOk; });
  if (!good) throw std::runtime_error("a packet was refused");
}

void TransformRun::describe(std::size_t length) {
  for (std::size_t i = 0; i < packets_.size(); ++i) {
    SrtpPacket packet{};
    packet.context = parties_.measured[traffic_.stream_of(i)].get();
    packet.data = traffic_.packet(i);
    packet.length = static_cast<std::uint16_t>(length);
    packet.header_len = crypto::kRtpFixedHeader;
    packet.room = static_cast<std::uint16_t>(traffic_.room());
    packet.kind = crypto::PacketKind::kRtp;
    packet.verdict = crypto::Verdict::kEngineFailed;  // until it is looked at
    packets_[i] = packet;
  }
}

template <class Call>
void TransformRun::for_each_burst(Call call) {
  const std::span all(packets_);
  const std::size_t burst = traffic_.shape().burst;
  for (std::size_t first = 0; first < all.size(); first += burst) {
    call(all.subspan(first, std::min(burst, all.size() - first)));
  }
}

}  // namespace sallyport::perf
