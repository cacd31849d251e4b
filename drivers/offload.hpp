// Finishes checksums that a sender left to hardware which was never there: frames of a Linux interface with transmit
// offload carry only the pseudo header's sum. Called by the punt stage for frames to the TAP twin; workers, no state.
#pragma once

struct rte_mbuf;

namespace sallyport::drivers {

/// Completes the TCP, UDP or ICMPv6 checksum of an Ethernet frame (at most one VLAN tag, IPv4 or IPv6 without extension
/// headers) if it is unfinished, that is, if it holds the sum of the pseudo header. A checksum that is right, that is
/// wrong in another way (a damaged frame must stay damaged), or absent (UDP over IPv4) is left alone; so are fragments,
/// frames of several segments and whatever does not parse. Changes nothing but that field.
void complete_checksums(rte_mbuf* packet) noexcept;

}  // namespace sallyport::drivers
