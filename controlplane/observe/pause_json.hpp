// A worker's pauses as the control socket tells them. Pure; StatusReporter calls it.
#pragma once

#include <nlohmann/json.hpp>

#include "dataplane/pause_log.hpp"

namespace sallyport::controlplane {

/// How many of each kind since the start, the longest of the last seconds, and the longest stretches of own work.
nlohmann::json pauses_summary(const dataplane::PauseLog& log, const dataplane::Clock& clock);

/// Every pause that the log keeps, the oldest first, also in ticks of the time stamp counter for who measures with it.
nlohmann::json pauses_list(const dataplane::PauseLog& log, const dataplane::Clock& clock);

}  // namespace sallyport::controlplane
