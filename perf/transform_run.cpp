#include "perf/transform_run.hpp"

#include <algorithm>
#include <stdexcept>

#include "crypto/rtp_wire.hpp"

namespace sallyport::perf {

using crypto::SrtpPacket;

Parties::Parties(crypto::EngineKind kind, const crypto::Suite& of, std::uint32_t streams, crypto::Direction direction)
    : suite(of), engine(crypto::make_engine(kind)), measured(make_contexts(*engine, of, streams)) {
  if (direction == crypto::Direction::kOpen) sealer.emplace(*engine, of);
}

TransformRun::TransformRun(Parties& parties, Traffic& traffic)
    : parties_(parties), traffic_(traffic), workspace_(crypto::make_workspace()), packets_(traffic.packets()) {}

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
  describe(parties_.sealer->seal(traffic_));
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
