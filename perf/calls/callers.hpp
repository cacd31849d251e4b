// Places calls at a rate, holds and ends them, and keeps how long each took to set up and what became of it.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "perf/calls/channel.hpp"
#include "perf/calls/options.hpp"

namespace sallyport::call_load {

/// What became of the calls.
struct Verdict {
  std::uint64_t placed = 0;
  std::uint64_t completed = 0;                  ///< answered, held and ended with a 200 to BYE
  std::map<std::string, std::uint64_t> failed;  ///< by "503", "no answer to BYE", ...
  std::vector<double> setup_ms;                 ///< INVITE to its 200, of each that was answered
  std::size_t most_up = 0;
  std::uint64_t retransmitted = 0;
  double seconds = 0;          ///< from the first INVITE to the end of the last call
  double placing_seconds = 0;  ///< from the first INVITE to the last one
};

class Callers {
 public:
  using Clock = std::chrono::steady_clock;

  /// `channels` in turns; they outlive this.
  Callers(boost::asio::io_context& io, const Options& options, std::vector<Channel*> channels);

  /// Calls `done` once every call has come to its end.
  void start(std::function<void()> done);
  void received(std::string_view text);
  const Verdict& verdict() const noexcept { return verdict_; }

 private:
  struct Call {
    Channel* channel = nullptr;
    std::uint64_t number = 0;
    bool ending = false;  ///< its BYE is out
    std::string request;  ///< that waits for its final answer; empty: none does
    std::string ack;      ///< of its INVITE's 200, for copies of that
    std::string to;
    std::string target;
    Clock::time_point began;
    Clock::time_point sent;   ///< the request, first
    Clock::time_point again;  ///< when it is sent once more
    std::chrono::milliseconds interval{500};
  };
  using Calls = std::unordered_map<std::string, Call>;

  void tick();
  void place();
  void end(const std::string& id);
  void send_again(Clock::time_point now);
  void wait_for_answer(Call& call, std::string request);
  std::string request(std::string_view method, const std::string& id, const Call& call, std::string_view uri,
                      unsigned cseq) const;
  void answered(const std::string& id, Call& call, std::string_view text);
  void refused(const std::string& id, Call& call, std::string_view text);
  void over(const std::string& id, const std::string& failure);

  const Options options_;
  std::vector<Channel*> channels_;
  boost::asio::steady_timer timer_;
  std::function<void()> done_;
  std::string run_;  ///< makes Call-IDs of this run its own
  std::string local_;
  std::string contact_;
  Calls calls_;
  std::deque<std::pair<Clock::time_point, std::string>> to_end_;  ///< calls that are up, the oldest first
  Clock::time_point began_;
  Clock::time_point next_look_;
  std::size_t up_ = 0;
  Verdict verdict_;
};

}  // namespace sallyport::call_load
