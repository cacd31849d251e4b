// `sallyport trace`: has the workers follow the next packets of a stream, puts together what each wrote down, and
// gives it out. One trace at a time; it ends by itself when the packets are through, or when its time is over. Control
// thread only.
#pragma once

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "controlplane/admin/control_server.hpp"
#include "controlplane/session/static_streams.hpp"

namespace sallyport::controlplane {

class PacketTrace {
 public:
  /// The longest that a trace may be asked to wait for packets.
  static constexpr int kMostSeconds = 600;

  /// Both outlive it.
  PacketTrace(DataplaneClient& dataplane, const StaticStreams& streams) : dataplane_(dataplane), streams_(streams) {}

  /// {"of": NAME, "packets": N, "seconds": S}: begins. Throws SetupError that says why not.
  nlohmann::json start(const nlohmann::json& request, const Requester& from);
  /// {"done": false}, or once {"done": true, "ended": why, "packets": [{"complete", "after_ns", "steps"}]}.
  nlohmann::json read();
  /// Ends it before its time; read() follows.
  nlohmann::json stop();
  /// To be called every few milliseconds.
  void poll();

 private:
  struct Step {
    dataplane::WorkerId worker;
    dataplane::TraceRecord record;
  };
  struct Packet {
    std::vector<Step> steps;
    bool complete = false;
  };
  enum class State { kNone, kRunning, kEnding, kDone };

  void take();
  void end(std::string why);
  nlohmann::json packet_json(const Packet& packet, dataplane::Tsc first) const;

  DataplaneClient& dataplane_;
  const StaticStreams& streams_;
  State state_ = State::kNone;
  std::string of_;
  Requester who_;
  std::size_t wanted_ = 0;
  std::chrono::steady_clock::time_point deadline_;
  std::string ended_;
  std::map<std::pair<dataplane::WorkerId, std::uint16_t>, Packet>
      packets_;  ///< by who received it, and its number there
  std::size_t complete_ = 0;
};

}  // namespace sallyport::controlplane
