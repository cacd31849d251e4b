// What a reload changes. Used with restart_only_changes() (config.hpp) by the control thread.
#pragma once

#include "controlplane/config.hpp"
#include "controlplane/negotiation/sdes_key.hpp"

namespace sallyport::controlplane {

/// Whether suite and session parameters of two sides are the same: whether keys of one can go on in the other.
bool same_srtp(const StreamSideConfig& a, const StreamSideConfig& b);

/// Whether two configurations of a stream are the same two legs: name, local addresses, RTCP, SSRC and SRTP. What else
/// may differ (keys, remote addresses, source check, DSCP, clock rate, time-outs) changes while the stream goes on.
bool same_place(const StreamConfig& a, const StreamConfig& b);

/// Whether remote addresses, source check, DSCP, clock rate, time-outs, ROCs and the choice among send keys are the
/// same, too.
bool same_settings(const StreamConfig& a, const StreamConfig& b);

/// Whether the keys of two sides are the same, in constant time. Sides without a suite have none.
bool same_keys(const StreamSideConfig& a, const StreamSideConfig& b);
/// The same for both sides of two streams.
bool same_keys(const StreamConfig& a, const StreamConfig& b);

}  // namespace sallyport::controlplane
