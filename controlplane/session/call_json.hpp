// A call as JSON, for the command line tool and call records. Never holds a key.
#pragma once

#include <nlohmann/json.hpp>

#include "controlplane/session/call.hpp"

namespace sallyport::controlplane {

/// One line of `sallyport calls`.
nlohmann::json call_line(const CallView& view);
/// All of `sallyport call show`, reasons included.
nlohmann::json call_details(const CallView& view);
/// A call detail record: parties, times, suites, status changes, packets, loss, why it ended.
nlohmann::json call_record(const CallView& view);

}  // namespace sallyport::controlplane
