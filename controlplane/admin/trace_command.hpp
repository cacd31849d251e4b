// `sallyport trace`: has a running gateway follow packets of a stream, and prints what every stage did with each.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace sallyport::controlplane {

struct TraceOrder {
  std::string socket;
  std::string of;  ///< "STREAM" or "STREAM.a"
  int packets = 1;
  int seconds = 10;
  bool as_json = false;
};

/// Until all packets are through, the time is over, or Ctrl-C; returns the exit status. Throws SetupError where the
/// gateway refuses.
int run_trace(const TraceOrder& order);

/// A finished trace for people. Pure.
std::string trace_text(const nlohmann::json& reply);

}  // namespace sallyport::controlplane
