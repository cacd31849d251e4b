// Ethernet frames around the clear packets of a capture, which have no headers of their own: as if the two parties had
// spoken in the clear. Pure. Control thread only.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "controlplane/observe/watched_legs.hpp"
#include "drivers/ip_address.hpp"

namespace sallyport::controlplane {

/// One RTP or RTCP packet of `leg` in UDP, IP and Ethernet. `sent`: from the gateway to the party. `ours`: MAC address
/// of the leg's port.
std::vector<std::uint8_t> clear_frame(const WatchedLeg& leg, const drivers::MacAddress& ours, bool sent, bool rtcp,
                                      std::span<const std::uint8_t> packet);

}  // namespace sallyport::controlplane
