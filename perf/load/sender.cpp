#include "perf/load/sender.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "crypto/rtp_wire.hpp"
#include "perf/load/sender_report.hpp"

namespace sallyport::load {
namespace {

using crypto::PacketKind;

/// What one turn may add to a burst: a duplicated packet, or one that was held back and its successor.
constexpr std::size_t kDraftsPerTurn = 2;

/// Makes something of a packet that no receiver can take for RTP (RFC 3550 5.1, A.1), each time in another way.
void malform(Packet& packet, std::uint32_t counter) noexcept {
  constexpr std::uint16_t kCsrcsBeyondTheEnd = crypto::kRtpFixedHeader + 8;
  switch (counter % 3) {
    case 0:
      packet.data[0] = static_cast<std::uint8_t>((packet.data[0] & 0x3FU) | 0x40U);  // version 1
      break;
    case 1:
      packet.length = crypto::kRtpFixedHeader - 1;
      break;
    default:
      packet.data[0] |= 0x0FU;  // 15 CSRCs
      packet.length = std::min(packet.length, kCsrcsBeyondTheEnd);
      break;
  }
}

}  // namespace

Sender::Sender(const LoadOptions& options, Side side, SrtpSide srtp, Link& link, Judge& judge)
    : options_(options),
      side_(side),
      srtp_(std::move(srtp)),
      link_(link),
      judge_(judge),
      impairment_(options.impairment, options.seed),
      lanes_(judge.options().lanes) {
  for (std::uint32_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i].numbering = Numbering::of(judge.options().run, i | judge.options().direction);
  }
  drafts_.reserve(kBurst);
  burst_.reserve(kBurst);
}

std::uint64_t Sender::offer(std::uint64_t turns) {
  if (!flush()) return 0;
  std::uint64_t taken = 0;
  for (; taken < turns && drafts_.size() + kDraftsPerTurn <= kBurst; ++taken) {
    take_turn(static_cast<std::uint32_t>(turns_++ % lanes_.size()));
  }
  send_drafts();
  return taken;
}

std::uint64_t Sender::offer_reports(std::uint64_t turns) {
  if (!flush()) return 0;
  std::uint64_t taken = 0;
  for (; taken < turns && drafts_.size() < kBurst; ++taken) {
    const auto lane = static_cast<std::uint32_t>(report_turns_++ % lanes_.size());
    if (lanes_[lane].sent == 0) continue;  // nothing to report yet
    judge_.report_offered(lane);
    drafts_.push_back({.lane = lane, .counter = lanes_[lane].sent - 1, .fate = Fate::kNormal, .report = true});
  }
  send_drafts();
  return taken;
}

bool Sender::flush() {
  send_burst();
  return burst_.empty() && send_drafts() && burst_.empty();
}

bool Sender::finish() {
  if (!flush()) return false;
  for (; finished_ < lanes_.size() && drafts_.size() < kBurst; ++finished_) {
    Lane& lane = lanes_[finished_];
    if (lane.held) draft(finished_, *lane.held, Fate::kNormal);
    lane.held.reset();
  }
  send_drafts();
  return finished_ == lanes_.size() && drafts_.empty() && burst_.empty();
}

void Sender::take_turn(std::uint32_t lane_number) {
  Lane& lane = lanes_[lane_number];
  const std::uint32_t counter = lane.next++;
  if (lane.held) {
    draft(lane_number, counter, Fate::kNormal);
    draft(lane_number, *lane.held, Fate::kReordered);
    lane.held.reset();
    return;
  }
  const Fate fate = impairment_.fate(lane_number | judge_.options().direction, counter);
  if (fate == Fate::kReordered) {
    lane.held = counter;
    return;
  }
  draft(lane_number, counter, fate);
}

void Sender::draft(std::uint32_t lane, std::uint32_t counter, Fate fate) {
  judge_.offered(lane, counter, fate);
  if (fate == Fate::kWithheld) return;
  lanes_[lane].sent = std::max(lanes_[lane].sent, counter + 1);
  drafts_.push_back({.lane = lane, .counter = counter, .fate = fate});
  if (fate == Fate::kDuplicated) drafts_.push_back({.lane = lane, .counter = counter, .fate = fate, .copy = true});
}

bool Sender::send_drafts() {
  if (drafts_.empty()) return true;
  burst_.resize(drafts_.size());
  const std::size_t buffers = link_.allocate(burst_);
  if (buffers < drafts_.size()) {
    link_.release(std::span(burst_).first(buffers));
    burst_.clear();
    return false;
  }
  for (std::size_t i = 0; i < drafts_.size(); ++i) build(drafts_[i], burst_[i]);
  if (srtp_.active()) protect();
  for (std::size_t i = 0; i < drafts_.size(); ++i) {
    if (drafts_[i].copy) {
      std::memcpy(burst_[i].data, burst_[i - 1].data, burst_[i - 1].length);
      burst_[i].length = burst_[i - 1].length;
    }
    if (drafts_[i].fate == Fate::kBadTag) {
      burst_[i].data[burst_[i].length - 1 - srtp_.behind_tag(drafts_[i].lane)] ^= 1;
    }
    if (drafts_[i].fate == Fate::kMalformed) malform(burst_[i], drafts_[i].counter);
  }
  drafts_.clear();
  send_burst();
  return true;
}

void Sender::build(const Draft& draft, Packet& packet) {
  packet.flow = {draft.lane, side_};
  packet.rtcp = draft.report && options_.rtcp == RtcpMode::kPair;
  if (draft.report) return build_report(draft, packet);
  if (!draft.copy) build_rtp(draft, packet);
}

void Sender::build_rtp(const Draft& draft, Packet& packet) const {
  const Numbering& numbering = lanes_[draft.lane].numbering;
  const JudgeOptions& judge = judge_.options();
  const std::uint16_t size = judge.shape.size(draft.counter);
  std::uint8_t* rtp = packet.data;
  rtp[0] = 0x80;  // RFC 3550 5.1: version 2
  rtp[1] = judge.shape.type(draft.counter);
  crypto::set_rtp_sequence(rtp, numbering.sequence(draft.counter));
  crypto::set_rtp_timestamp(rtp, numbering.timestamp(draft.counter, judge.shape));
  crypto::set_rtp_ssrc(rtp, numbering.ssrc);
  packet.length = static_cast<std::uint16_t>(crypto::kRtpFixedHeader + size);
  write_payload({rtp + crypto::kRtpFixedHeader, size}, {.run = judge.run,
                                                        .lane = draft.lane | judge.direction,
                                                        .counter = draft.counter,
                                                        .sent = dataplane::Clock::now()});
}

void Sender::build_report(const Draft& draft, Packet& packet) const {
  const Numbering& numbering = lanes_[draft.lane].numbering;
  const JudgeOptions& judge = judge_.options();
  write_sender_report(std::span<std::uint8_t, kReportLength>(packet.data, kReportLength),
                      {.ssrc = numbering.ssrc,
                       .run = judge.run,
                       .counter = draft.counter,
                       .rtp_timestamp = numbering.timestamp(draft.counter, judge.shape),
                       .packets = draft.counter + 1,
                       .octets = (draft.counter + 1) * judge.shape.size(0),
                       .described = numbering.ssrc});
  packet.length = kReportLength;
}

void Sender::protect() {
  std::array<crypto::SrtpPacket, kBurst> jobs;
  std::array<Packet*, kBurst> owners;
  std::array<std::uint32_t, kBurst> lanes;
  std::size_t count = 0;
  for (std::size_t i = 0; i < drafts_.size(); ++i) {
    const Draft& draft = drafts_[i];
    if (draft.copy) continue;
    Packet& packet = burst_[i];
    owners[count] = &packet;
    lanes[count] = draft.lane;
    jobs[count++] = {
        .context = srtp_.context(draft.lane),
        .fallback = nullptr,
        .data = packet.data,
        .length = packet.length,
        .header_len = draft.report ? std::uint16_t{crypto::kRtcpFixedHeader} : std::uint16_t{crypto::kRtpFixedHeader},
        .room = packet.room,
        .kind = draft.report ? PacketKind::kRtcp : PacketKind::kRtp,
        .verdict = crypto::Verdict::kMalformed,
        .used_fallback = false,
        .authentic = false,
        .attention = false,
        .key_slot = 0,
        .index = 0};
  }
  srtp_.protect(std::span(jobs).first(count), std::span(lanes).first(count));
  for (std::size_t i = 0; i < count; ++i) {
    if (jobs[i].verdict != crypto::Verdict::kOk) throw UsageError("our own SRTP refused to protect a packet");
    owners[i]->length = jobs[i].length;
  }
}

void Sender::send_burst() {
  if (burst_.empty()) return;
  const std::size_t sent = link_.send(burst_);
  burst_.erase(burst_.begin(), burst_.begin() + static_cast<std::ptrdiff_t>(sent));
}

}  // namespace sallyport::load
