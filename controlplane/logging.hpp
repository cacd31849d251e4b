// Where the gateway's log goes: standard error, one line per event, UTC. Control thread; workers do not log.
// Nothing that is logged may hold a key: secrets have no stream operator, and faults are written without them.
#pragma once

#include <string>

namespace sallyport::controlplane {

/// Sets the process's log up. `level`: as in [log] level.
void set_up_logging(const std::string& level);

/// Writes down who was shown what, whatever the log's level is: "... info audit: TEXT".
void audit(const std::string& text);

/// Changes the level of a running gateway.
void set_log_level(const std::string& level);

}  // namespace sallyport::controlplane
