#include "controlplane/observe/packet_trace.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "controlplane/observe/request_fields.hpp"
#include "controlplane/observe/trace_json.hpp"
#include "controlplane/observe/watched_legs.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

}  // namespace

json PacketTrace::start(const json& request, const Requester& from) {
  if (state_ == State::kRunning || state_ == State::kEnding) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(deadline_ - steady_clock::now()).count();
    throw SetupError("a trace of " + of_ + " is going on already, begun by " + who_.to_string() +
                     "; there can be one at a time, and this one ends in at most " +
                     std::to_string(std::max<std::int64_t>(left, 1)) + " s");
  }
  const std::string of = text_field(request, "of");
  const auto packets = static_cast<std::uint16_t>(number_field(request, "packets", 1, dataplane::Trace::kMostPackets));
  const auto seconds = number_field(request, "seconds", 1, kMostSeconds);
  std::vector<dataplane::TracedLeg> ports;
  for (const WatchedLeg& leg : find_legs(streams_, of)) {
    ports.push_back({static_cast<std::uint16_t>(dataplane_.slot_of(leg.side.local.address)), leg.side.local.port,
                     leg.side.rtcp == RtcpMode::kPair});
  }
  dataplane_.start_trace(ports, packets);
  state_ = State::kRunning;
  of_ = of;
  who_ = from;
  wanted_ = packets;
  deadline_ = steady_clock::now() + std::chrono::seconds(seconds);
  packets_.clear();
  complete_ = 0;
  spdlog::info("trace of {} begun by {}: {} packets, {} s at most", of_, who_.to_string(), packets, seconds);
  return json::object();
}

json PacketTrace::stop() {
  if (state_ == State::kNone) throw SetupError("no trace is going on");
  if (state_ == State::kRunning) end("stopped");
  return json::object();
}

void PacketTrace::poll() {
  if (state_ != State::kRunning && state_ != State::kEnding) return;
  // Asked before the last steps are taken: when no worker traces any more, all that there are can be taken.
  const bool over = state_ == State::kEnding && !dataplane_.tracing();
  take();
  if (over) {
    state_ = State::kDone;
  } else if (state_ == State::kRunning && complete_ >= wanted_) {
    end("all packets are through");
  } else if (state_ == State::kRunning && steady_clock::now() >= deadline_) {
    end("the time is over");
  }
}

void PacketTrace::take() {
  dataplane_.take_trace([this](dataplane::WorkerId worker, const dataplane::TraceRecord& record) {
    Packet& packet = packets_[{record.mark.worker, record.mark.number}];
    packet.steps.push_back({worker, record});
    const bool last = std::holds_alternative<dataplane::step::Sent>(record.step) ||
                      std::holds_alternative<dataplane::step::Dropped>(record.step);
    if (last) ++complete_;
    packet.complete |= last;
  });
}

void PacketTrace::end(std::string why) {
  dataplane_.stop_trace();
  state_ = State::kEnding;
  ended_ = std::move(why);
}

json PacketTrace::read() {
  if (state_ == State::kNone) throw SetupError("no trace is going on");
  if (state_ != State::kDone) return {{"done", false}, {"complete", complete_}};
  std::vector<Packet*> ordered;
  for (auto& [mark, packet] : packets_) {
    std::ranges::stable_sort(packet.steps, {}, [](const Step& step) { return step.record.at; });
    ordered.push_back(&packet);
  }
  const auto arrival = [](const Packet* packet) { return packet->steps.front().record.at; };
  std::ranges::stable_sort(ordered, {}, arrival);
  if (ordered.size() > wanted_) ordered.resize(wanted_);  // each worker followed as many
  json list = json::array();
  for (const Packet* packet : ordered) list.push_back(packet_json(*packet, arrival(ordered.front())));
  packets_.clear();
  state_ = State::kNone;
  return {{"done", true}, {"of", of_}, {"ended", ended_}, {"lost_steps", dataplane_.trace_lost()}, {"packets", list}};
}

/// Times in ns: of the packet since the first one's arrival, of its steps since its own.
json PacketTrace::packet_json(const Packet& packet, dataplane::Tsc first) const {
  const TraceNames names{[this](dataplane::WorkerId worker, dataplane::StreamId leg) {
                           const std::optional<WatchedLeg> now = find_leg(streams_, {worker, leg});
                           return now ? now->name : std::string("a leg that was removed");
                         },
                         [this](std::uint16_t port) { return dataplane_.ports()[port].port->options().name; }};
  const dataplane::Tsc arrival = packet.steps.front().record.at;
  const auto ns = [this](dataplane::Tsc ticks) {
    return static_cast<std::uint64_t>(dataplane_.clock().nanoseconds(ticks));
  };
  json steps = json::array();
  for (const Step& step : packet.steps) {
    json one = step_json(step.worker, step.record.step, names);
    one["ns"] = ns(step.record.at - arrival);
    steps.push_back(std::move(one));
  }
  return {{"complete", packet.complete}, {"after_ns", ns(arrival - first)}, {"steps", std::move(steps)}};
}

}  // namespace sallyport::controlplane
