// What peers of SIP may ask for, from the configuration and from what this process may open; and how that is shown.
// Called by SipService; control thread only. Keeps no limit itself.
#pragma once

#include <nlohmann/json.hpp>

#include "controlplane/session/target_names.hpp"
#include "controlplane/signalling/sip/peer_limits.hpp"
#include "controlplane/signalling/sip/user_agent.hpp"
#include "controlplane/sip_config.hpp"

namespace sallyport::controlplane {

/// Raises what this process may open as far as it is allowed to; returns how many files that is.
std::size_t raise_open_files();

/// Those of [sip], with trunks for themselves. Connections are never so many that other files could not be opened any
/// more; a warning says where that is less than was asked for. `names`: what trunks' targets lead to; null: not known
/// yet.
sip::PeerLimits limits_of(const SipConfig& config, std::size_t open_files, const TargetNames* names = nullptr);

/// Names of the limits that refuse something at present: for `sallyport status`.
nlohmann::json limits_biting(const sip::LimitLog& log);

/// What came in by what became of it, and each limit that has ever refused something with how often: for `sallyport
/// stats`.
nlohmann::json counters_json(const sip::UserAgent& agent);

}  // namespace sallyport::controlplane
