// Answers every call at once, and whatever else is asked.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "perf/calls/channel.hpp"

namespace sallyport::call_load {

class Callee {
 public:
  /// `address`, `port`: where it listens; `transport`: "UDP" or "TLS".
  Callee(std::string address, unsigned port, std::string_view transport);

  void received(Channel& on, std::string_view text);
  /// Calls that were answered and have had no BYE.
  std::size_t up() const noexcept { return answers_.size(); }

 private:
  std::string address_;
  std::string contact_;
  unsigned next_port_ = 0;
  /// By Call-ID: the 200 to its INVITE, for copies of that.
  std::unordered_map<std::string, std::string> answers_;
};

}  // namespace sallyport::call_load
