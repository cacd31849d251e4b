// How SRTP is done, as JSON for the control socket: which engine serves which suite and why, and of each side of a
// stream what protects it, how near their ends its keys are, and what others could read or forge.
#pragma once

#include <nlohmann/json.hpp>

#include "controlplane/session/static_streams.hpp"
#include "crypto/engine_set.hpp"

namespace sallyport::controlplane {

/// Every suite with the engine that serves it; "reason" is null where that is the one that was chosen, or is fastest.
nlohmann::json engines_json(const crypto::EngineChoice& choice, const crypto::Engine& engine);

/// The worst that is true of a side's media, in the words of a call's status (requirement M10): "encrypted",
/// "authenticated" or "nonsecure". NULL suites and the UNENCRYPTED and UNAUTHENTICATED parameters are never the first.
const char* media_security(const StreamSideConfig& side);

/// SRTP of one side, null for plain RTP.
nlohmann::json srtp_json(const StreamSideConfig& side, const StreamSide& state, const crypto::EngineChoice& choice,
                         const crypto::Engine& engine);

}  // namespace sallyport::controlplane
