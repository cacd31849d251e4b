#include "controlplane/observe/trace_json.hpp"

#include <cstdio>

namespace sallyport::controlplane {
namespace {

using nlohmann::json;
using namespace dataplane;

std::string hex_ssrc(std::uint32_t ssrc) {
  char text[11];
  std::snprintf(text, sizeof text, "0x%08x", ssrc);
  return text;
}

const char* to_text(HandOver why) {
  switch (why) {
    case HandOver::kReceived:
      return "its leg is that worker's";
    case HandOver::kMedia:
      return "the leg that it goes to is that worker's";
    case HandOver::kTransmit:
      break;
  }
  return "the queue of the port is that worker's";
}

void add_numbers(json& result, const RtpNumbers& numbers) {
  const bool rtcp = numbers.kind == crypto::PacketKind::kRtcp;
  result.update({{"kind", rtcp ? "RTCP" : "RTP"}, {"type", numbers.type}, {"ssrc", hex_ssrc(numbers.ssrc)}});
  if (!rtcp) result.update({{"sequence", numbers.sequence}, {"timestamp", numbers.timestamp}});
}

std::string verdict_text(crypto::Verdict verdict) {
  return verdict == crypto::Verdict::kOk ? "ok" : std::string(text_of(reason_of(verdict)).name);
}

/// Whether the transform came as far as finding an index.
bool has_index(crypto::Verdict verdict) {
  return verdict != crypto::Verdict::kMalformed && verdict != crypto::Verdict::kUnknownMki &&
         verdict != crypto::Verdict::kNotEncrypted && verdict != crypto::Verdict::kNoRoom;
}

/// Writes each kind of step.
class StepWriter {
 public:
  StepWriter(WorkerId worker, const TraceNames& names) : worker_(worker), names_(names) {}

  json operator()(const step::Arrived& at) const {
    return {{"step", "arrived"}, {"port", names_.port(at.port)}, {"queue", at.queue}, {"length", at.length}};
  }
  json operator()(const step::HandedOver& to) const {
    return {{"step", "handed over"}, {"to_worker", to.to}, {"why", to_text(to.why)}};
  }
  json operator()(const step::Taken& from) const { return {{"step", "taken"}, {"from_worker", from.from}}; }
  json operator()(const step::Found& found) const {
    json result{{"step", "lookup"}, {"leg", names_.leg(worker_, found.leg)}, {"length", found.length}};
    add_numbers(result, found.numbers);
    return result;
  }
  json operator()(const step::Parked& parked) const { return {{"step", "parked"}, {"for", name_of(parked.direction)}}; }
  json operator()(const step::Transformed& done) const {
    json result{{"step", name_of(done.direction)},
                {"suite", done.suite->name},
                {"verdict", verdict_text(done.verdict)},
                {"length", done.length}};
    if (done.verdict != crypto::Verdict::kMalformed && done.verdict != crypto::Verdict::kUnknownMki) {
      result["key"] = done.key_slot + 1;
    }
    if (done.direction == crypto::Direction::kOpen) result["previous_key"] = done.used_fallback;
    if (has_index(done.verdict)) {
      result["index"] = done.index;
      if (done.kind == crypto::PacketKind::kRtp) result["roc"] = done.index >> 16;
    }
    return result;
  }
  json operator()(const step::Routed& routed) const {
    json result{{"step", "rewrite"}, {"leg", names_.leg(worker_, routed.leg)}};
    add_numbers(result, routed.numbers);
    return result;
  }
  json operator()(const step::Sent& at) const {
    return {{"step", "sent"}, {"port", names_.port(at.port)}, {"queue", at.queue}, {"length", at.length}};
  }
  json operator()(const step::Dropped& dropped) const {
    return {{"step", "dropped"},
            {"stage", kStageNames[static_cast<std::size_t>(dropped.where)]},
            {"reason", text_of(dropped.reason).name},
            {"meaning", text_of(dropped.reason).sentence}};
  }

 private:
  static const char* name_of(crypto::Direction direction) {
    return direction == crypto::Direction::kOpen ? "unprotect" : "protect";
  }

  WorkerId worker_;
  const TraceNames& names_;
};

}  // namespace

json step_json(WorkerId worker, const TraceStep& step, const TraceNames& names) {
  json result = std::visit(StepWriter(worker, names), step);
  result["worker"] = worker;
  return result;
}

}  // namespace sallyport::controlplane
