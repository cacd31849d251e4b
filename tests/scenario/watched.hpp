// A trace and a capture as control would have them, on every worker of a scenario's gateway.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "tests/scenario/call.hpp"

namespace sallyport::scenario {

/// A step of a packet, and the worker that took it.
struct SeenStep {
  dataplane::WorkerId worker;
  dataplane::TraceRecord record;
};

class TraceOnAll {
 public:
  /// Of what comes in on `leg`, from now on.
  TraceOnAll(Gateway& gateway, const std::string& leg, std::uint16_t packets, std::uint32_t session = 1)
      : gateway_(gateway) {
    const dataplane::Stream& stream = gateway.stream(leg);
    const dataplane::TracedLeg traced{stream.address_slot, stream.local_port,
                                      stream.rtcp == dataplane::RtcpMode::kPair};
    for (dataplane::WorkerId id = 0; id < gateway.workers(); ++id) {
      traces_.push_back(std::make_unique<dataplane::Trace>(session, id, std::vector{traced}, packets));
      gateway.command(id, dataplane::StartTrace{traces_.back().get()});
      gateway.pass(id);
    }
  }
  ~TraceOnAll() { stop(); }
  TraceOnAll(const TraceOnAll&) = delete;
  TraceOnAll& operator=(const TraceOnAll&) = delete;

  void stop() {
    for (dataplane::WorkerId id = 0; id < gateway_.workers(); ++id) {
      gateway_.command(id, dataplane::StopTrace{});
      gateway_.pass(id);
    }
  }
  /// The steps of each packet in the order of time, by the packet's number at the worker that received it.
  std::map<std::pair<dataplane::WorkerId, std::uint16_t>, std::vector<SeenStep>> packets() {
    for (dataplane::WorkerId id = 0; id < traces_.size(); ++id) {
      for (dataplane::TraceRecord record; traces_[id]->take(record);) {
        seen_[{record.mark.worker, record.mark.number}].push_back({id, record});
      }
    }
    for (auto& [mark, steps] : seen_) {
      std::ranges::stable_sort(steps, {}, [](const SeenStep& step) { return step.record.at; });
    }
    return seen_;
  }
  dataplane::Trace& of(dataplane::WorkerId worker) { return *traces_.at(worker); }

 private:
  Gateway& gateway_;
  std::vector<std::unique_ptr<dataplane::Trace>> traces_;
  std::map<std::pair<dataplane::WorkerId, std::uint16_t>, std::vector<SeenStep>> seen_;
};

/// A copy of what a capture gave out.
struct Copied {
  std::uint8_t leg;
  bool sent;
  bool rtcp;
  std::uint16_t length;
  Bytes bytes;
};

class CaptureOnAll {
 public:
  CaptureOnAll(Gateway& gateway, dataplane::CaptureSide side, const std::vector<std::string>& legs,
               std::size_t slots = 64)
      : gateway_(gateway) {
    for (dataplane::WorkerId id = 0; id < gateway.workers(); ++id) {
      std::vector<dataplane::CapturedLeg> captured;
      for (std::uint8_t number = 0; number < legs.size(); ++number) {
        const dataplane::Sink sink = gateway.sink_of(legs[number]);
        if (sink.worker == id) captured.push_back({sink.stream, number});
      }
      captures_.push_back(std::make_unique<dataplane::Capture>(side, captured, slots));
      gateway.command(id, dataplane::StartCapture{captures_.back().get()});
      gateway.pass(id);
    }
  }
  ~CaptureOnAll() {
    for (dataplane::WorkerId id = 0; id < gateway_.workers(); ++id) {
      gateway_.command(id, dataplane::StopCapture{});
      gateway_.pass(id);
    }
  }
  CaptureOnAll(const CaptureOnAll&) = delete;
  CaptureOnAll& operator=(const CaptureOnAll&) = delete;

  std::vector<Copied> take() {
    std::vector<Copied> all;
    for (const auto& capture : captures_) {
      while (capture->take_one([&](const dataplane::CapturedPacket& packet) {
        const auto* first = packet.bytes.data();
        all.push_back({packet.leg, packet.sent, packet.rtcp, packet.length, Bytes(first, first + packet.kept)});
      })) {
      }
    }
    return all;
  }
  std::uint64_t lost() const {
    std::uint64_t sum = 0;
    for (const auto& capture : captures_) sum += capture->lost();
    return sum;
  }

 private:
  Gateway& gateway_;
  std::vector<std::unique_ptr<dataplane::Capture>> captures_;
};

}  // namespace sallyport::scenario
