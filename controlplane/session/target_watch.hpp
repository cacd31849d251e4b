// Asks one target of a trunk whether it is there (OPTIONS, RFC 3261 11), again and again, over the connection that its
// calls use, which thereby stays up and is made again when it is gone. Made by Trunks; control thread only. Decides
// nothing: Trunks orders targets by what is seen here.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controlplane/signalling/sip/user_agent.hpp"

namespace sallyport::controlplane {

enum class TargetState : std::uint8_t { kUnknown, kUp, kDown };
/// "unknown", "up", "down".
std::string_view to_string(TargetState state) noexcept;

struct WatchTimes {
  std::chrono::milliseconds interval{30'000};  ///< between an answer and the next question
  std::chrono::milliseconds patience{8'000};   ///< no answer within that: it is down
  std::chrono::milliseconds retry{1'000};      ///< after a failure, doubled up to `interval`
};

class TargetWatch {
 public:
  struct Target {
    std::string name;                               ///< for the log: "trunk berlin: udp:192.0.2.9:5060"
    std::string uri;                                ///< that is asked
    std::string from;                               ///< address that asks
    std::function<sip::Destination()> destination;  ///< asked each time, as certificates may change
  };
  struct Seen {
    TargetState state = TargetState::kUnknown;
    sip::TimerQueue::TimePoint since;                     ///< of that state
    std::string answer;                                   ///< the latest: "200 OK", or why there was none
    std::optional<std::chrono::microseconds> round_trip;  ///< of the latest answer
  };

  /// Asks at once.
  TargetWatch(sip::UserAgent& agent, Target target, WatchTimes times);
  ~TargetWatch();
  TargetWatch(const TargetWatch&) = delete;
  TargetWatch& operator=(const TargetWatch&) = delete;

  const Seen& seen() const noexcept { return seen_; }
  /// A call has found it wanting: asks now, unless an answer is waited for.
  void doubt();
  /// A connection is gone: it is made again, if it was ours.
  void flow_closed(const sip::Flow& flow);

 private:
  using Clock = std::chrono::steady_clock;

  void ask_in(sip::TimerQueue::Duration delay);
  void ask();
  void send(const sip::Flow& flow, const Endpoint& to);
  void answered(const sip::Message& answer);
  void failed(const std::string& why);
  void change(TargetState state);
  void forget_question();

  sip::UserAgent& agent_;
  Target target_;
  WatchTimes times_;
  Seen seen_;
  std::string call_id_;
  std::string tag_;
  std::uint32_t cseq_ = 0;
  unsigned failures_ = 0;  ///< in a row
  bool asking_ = false;    ///< connecting, or waiting for an answer
  sip::FlowId flow_ = 0;   ///< of the latest question
  Clock::time_point asked_;
  std::shared_ptr<sip::ClientTransaction> question_;
  sip::TimerQueue::Id next_;
  sip::TimerQueue::Id patience_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< expires before what late events would touch
};

}  // namespace sallyport::controlplane
