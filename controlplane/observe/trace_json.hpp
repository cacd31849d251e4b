// A traced packet's steps as JSON, for the control socket. Pure, but for the names that it looks up. Control thread
// only.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "dataplane/clock.hpp"
#include "dataplane/trace.hpp"

namespace sallyport::controlplane {

/// What steps name by number.
struct TraceNames {
  std::function<std::string(dataplane::WorkerId, dataplane::StreamId)> leg;
  std::function<std::string(std::uint16_t)> port;
};

/// {"step": NAME, ...}: what `worker` did.
nlohmann::json step_json(dataplane::WorkerId worker, const dataplane::TraceStep& step, const TraceNames& names);

}  // namespace sallyport::controlplane
