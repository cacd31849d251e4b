#include "perf/load/judge.hpp"

#include <algorithm>

#include "crypto/rtp_wire.hpp"
#include "perf/load/sender_report.hpp"

namespace sallyport::load {
namespace {

constexpr std::uint8_t kPlainHeader = 0x80;  // version 2, no padding, no extension, no CSRC (RFC 3550 5.1)

std::uint64_t excess(std::uint64_t found, std::uint64_t explained) noexcept {
  return found > explained ? found - explained : 0;
}

}  // namespace

Judge::Judge(JudgeOptions options, const dataplane::Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      states_(options_.lanes),
      slots_(std::size_t{options_.lanes} * options_.window),
      flights_(options_.flights) {
  for (std::uint32_t i = 0; i < options_.lanes; ++i) {
    states_[i].numbering = Numbering::of(options_.run, i | options_.direction);
  }
}

std::uint8_t Judge::expected_copies(Fate fate) const noexcept {
  switch (fate) {
    case Fate::kWithheld:
    case Fate::kBadTag:
    case Fate::kMalformed:
      return 0;
    case Fate::kDuplicated:
      return options_.duplicates_pass ? 2 : 1;
    default:
      return 1;
  }
}

void Judge::offered(std::uint32_t lane, std::uint32_t counter, Fate fate) noexcept {
  Lane& state = states_[lane];
  Slot& packet = slot(lane, counter);
  settle(state, packet);
  packet = Slot{.missing = static_cast<std::uint8_t>(expected_copies(fate) & 3U),
                .fate = static_cast<std::uint8_t>(static_cast<unsigned>(fate) & 7U),
                .came = 0,
                .used = 1};
  outstanding_ += packet.missing;
  state.end = std::max(state.end, counter + 1);
  Findings& findings = state.findings;
  ++findings.offered;
  findings.withheld += fate == Fate::kWithheld;
  findings.sent_twice += fate == Fate::kDuplicated;
  findings.sent_late += fate == Fate::kReordered;
  findings.bad_tags += fate == Fate::kBadTag;
  findings.malformed += fate == Fate::kMalformed;
}

void Judge::settle(Lane& lane, Slot& packet) noexcept {
  if (packet.used == 0) return;
  lane.findings.lost += packet.missing;
  outstanding_ -= packet.missing;
  packet = Slot{};
}

bool Judge::was_offered(const Lane& lane, std::uint32_t counter) const noexcept { return counter < lane.end; }

void Judge::received(std::uint32_t lane, std::span<const std::uint8_t> rtp, dataplane::Tsc now) noexcept {
  Lane& state = states_[lane];
  Findings& findings = arrived(lane);
  const auto header = crypto::rtp_header_length(rtp);
  if (!header) {
    ++findings.unexpected;
    return;
  }
  const std::span<const std::uint8_t> payload = rtp.subspan(*header);
  const auto id = read_payload(payload);
  if (!id) {
    ++findings.wrong_payload;
    return;
  }
  const bool intact = payload_intact(payload, *id) && payload.size() == options_.shape.size(id->counter);
  if (!intact) {
    ++findings.wrong_payload;
    // Only a sequence number that fits says which packet it was.
    if (state.mapping.known && was_offered(state, id->counter) && header_right(state, id->counter, rtp)) {
      place(state, lane, id->counter);
    }
    return;
  }
  if (id->run != options_.run || id->lane != (lane | options_.direction) || !was_offered(state, id->counter)) {
    ++findings.unexpected;
    return;
  }
  const bool right = header_right(state, id->counter, rtp);
  if (!right) ++findings.wrong_header;
  if (place(state, lane, id->counter) && right) time(findings, id->sent, now);
}

bool Judge::header_right(Lane& lane, std::uint32_t counter, std::span<const std::uint8_t> rtp) const noexcept {
  const Mapping mapping{
      .known = true,
      .sequence_offset =
          static_cast<std::uint16_t>(crypto::rtp_sequence(rtp.data()) - lane.numbering.sequence(counter)),
      .ssrc = crypto::rtp_ssrc(rtp.data()),
      .timestamp_offset = crypto::rtp_timestamp(rtp.data()) - lane.numbering.timestamp(counter, options_.shape)};
  if (!lane.mapping.known) lane.mapping = mapping;
  return mapping == lane.mapping && rtp[0] == kPlainHeader && rtp[1] == options_.shape.type(counter);
}

bool Judge::place(Lane& state, std::uint32_t lane, std::uint32_t counter) noexcept {
  Findings& findings = state.findings;
  if (state.end - counter > options_.window) {  // given up long ago, and counted as lost then
    ++findings.late;
    return false;
  }
  Slot& packet = slot(lane, counter);
  const bool first = packet.came == 0;
  packet.came = 1;
  if (!first) ++findings.duplicated;
  if (packet.missing == 0) {
    ++(first ? findings.unexpected : findings.extra_copies);
    return false;
  }
  packet.missing = static_cast<std::uint8_t>((packet.missing - 1U) & 3U);
  --outstanding_;
  if (!first) return false;
  if (counter + 1 < state.highest) {
    ++findings.reordered;
    findings.disorder += packet.fate != static_cast<std::uint8_t>(Fate::kReordered);
  }
  state.highest = std::max(state.highest, counter + 1);
  return true;
}

void Judge::time(Findings& findings, std::uint64_t sent, dataplane::Tsc now) noexcept {
  const dataplane::Tsc latency = now > sent ? now - sent : 0;
  latency_.add(static_cast<std::uint64_t>(clock_.nanoseconds(latency)));
  if (options_.flights != 0) flights_.add(sent, now);
  ++(latency > options_.late_ticks ? findings.late : findings.right);
}

void Judge::received_report(std::uint32_t lane, std::span<const std::uint8_t> rtcp) noexcept {
  Lane& state = states_[lane];
  const auto report = read_sender_report(rtcp);
  if (!report) return;  // the gateway may speak RTCP of its own
  const bool numbers_fit = report->ssrc == state.mapping.ssrc && report->described == report->ssrc &&
                           report->rtp_timestamp - state.numbering.timestamp(report->counter, options_.shape) ==
                               state.mapping.timestamp_offset;
  const bool right =
      state.mapping.known && numbers_fit && report->run == options_.run && was_offered(state, report->counter);
  ++(right ? state.findings.reports_right : state.findings.reports_wrong);
}

void Judge::finish() noexcept {
  for (std::uint32_t lane = 0; lane < options_.lanes; ++lane) {
    Lane& state = states_[lane];
    for (std::uint32_t i = 0; i < options_.window; ++i) settle(state, slot(lane, i));
    Findings& findings = state.findings;
    findings.extra_copies += excess(state.replays, options_.replays_arrive ? findings.sent_twice : 0);
    findings.unauthentic += excess(findings.auth_failed, options_.bad_tags_arrive ? findings.bad_tags : 0);
    findings.reports_lost += excess(findings.reports_offered, findings.reports_right + findings.reports_wrong);
  }
}

void Judge::begin() noexcept {
  for (Lane& state : states_) {
    state.findings = Findings{};
    state.replays = 0;
  }
  latency_.clear();
  flights_.clear();
}

Findings Judge::total() const noexcept {
  Findings sum;
  for (const Lane& state : states_) sum += state.findings;
  return sum;
}

std::uint32_t Judge::rewritten_lanes() const noexcept {
  return static_cast<std::uint32_t>(std::count_if(states_.begin(), states_.end(), [](const Lane& state) {
    const Mapping& mapping = state.mapping;
    return mapping.known &&
           (mapping.ssrc != state.numbering.ssrc || mapping.sequence_offset != 0 || mapping.timestamp_offset != 0);
  }));
}

}  // namespace sallyport::load
