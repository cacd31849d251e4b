// SDP capability negotiation (RFC 5939) as far as it offers SRTP beside RTP: an m-line that is RTP/AVP for everyone,
// and RTP/SAVP with a=crypto for those who understand. Pure; used by the functions that plan media only.
#pragma once

#include <optional>
#include <span>

#include "controlplane/negotiation/media_plan.hpp"

namespace sallyport::controlplane {

/// The offer with each line in its secure configuration where it has one whose keys are taken on that leg; such a line
/// carries the attribute a=acfg that its answer has to have (RFC 5939 3.6.2). Nothing where no line changes.
std::optional<SessionDescription> with_secure_configurations(const SessionDescription& offer, const Leg& leg,
                                                             std::span<const crypto::Suite* const> suites);

}  // namespace sallyport::controlplane
