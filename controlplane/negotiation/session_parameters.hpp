// The session parameters of SDES (RFC 4568 6.3) as text. Pure; used by the configuration, the load generator, status
// and whoever reads and writes a=crypto lines.
#pragma once

#include <string>
#include <string_view>

#include "crypto/session_parameters.hpp"

namespace sallyport::controlplane {

/// What may stand in parse_session_parameters()'s text.
inline constexpr std::string_view kSessionParameterWords =
    "UNENCRYPTED_SRTP, UNENCRYPTED_SRTCP, UNAUTHENTICATED_SRTP, KDR=0 or 8 to 24, WSH=64 to 4096, each once, apart by "
    "blanks";

/// Reads "UNENCRYPTED_SRTCP KDR=16 WSH=256". A WSH below 128 is a hint that the 128 of every window satisfies. Throws
/// SetupError that names the position of the word that is unknown, out of range or given again.
crypto::SessionParameters parse_session_parameters(std::string_view text);

/// The parameters that are not as without any, in SDES's spelling; empty where all are.
std::string to_string(const crypto::SessionParameters& parameters);

/// Whether packets are made alike. A window's size and what is tolerated are the receiver's own: no reason to begin
/// anew under a key, which would lose the ROC.
bool same_packets(const crypto::SessionParameters& a, const crypto::SessionParameters& b);

}  // namespace sallyport::controlplane
