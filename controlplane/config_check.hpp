// Checks that need more than one value: what can be combined, what clashes, what refers to what. Each adds its faults
// and leaves the draft as it is. They assume nothing: parts of the draft may have been refused before.
#pragma once

#include "controlplane/config_draft.hpp"
#include "drivers/kernel_path.hpp"

namespace sallyport::controlplane {

/// Cores exist, there is a port, streams fit.
void check_general(const Draft& draft, Faults& faults);

/// Device, kernel path, gateways and neighbours of each port; devices and addresses are used once.
void check_ports(const Draft& draft, Faults& faults);

/// Addresses and UDP ports of each stream side are ours, in range, and used once; fixed SSRCs are allowed.
void check_streams(Draft& draft, Faults& faults);

/// Engines run here and have the suites that they are named for; what sides ask for beside suite and keys goes
/// together.
void check_srtp(Draft& draft, Faults& faults);

/// No master key serves two senders (RFC 3711 9.1: a two-time pad). Only where the keys themselves are sound.
void check_key_use(Draft& draft, Faults& faults);

/// What SIP's parts refer to is there, numbers lead to one party, security modes and TLS go together (S2).
void check_sip(Draft& draft, Faults& faults);

/// Profiles are sound by themselves, and stand in place of a party's own security mode. Whether they go together with who
/// has them is for Profiles, which knows the store as well.
void check_profiles(Draft& draft, Faults& faults);

}  // namespace sallyport::controlplane
