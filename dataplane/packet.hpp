// What the dataplane knows about a packet, written by classify into the mbuf's private area and never parsed again.
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <cstdint>

#include "crypto/transform.hpp"
#include "dataplane/clock.hpp"
#include "dataplane/ids.hpp"
#include "drivers/mbuf_pool.hpp"

namespace sallyport::dataplane {

struct Stream;

/// Why a packet lies in the ring from one worker to another.
enum class HandOver : std::uint8_t {
  kReceived,  ///< steering missed: the stream lives there; still as it came in
  kMedia,     ///< clear RTP or RTCP for a sink that lives there
  kTransmit,  ///< a finished frame for a port whose queue only that worker has
};

/// After classify the mbuf's data is exactly the RTP or RTCP packet; transmit puts a new Ethernet/IP/UDP header in
/// front.
struct PacketMeta {
  Tsc arrival;                          ///< when the burst was received
  Stream* leg;                          ///< the leg it came in on, after route the one it leaves by; holds within one
                                        ///< pass of one worker, null until the stream was looked up
  StreamId sink;                        ///< HandOver::kMedia: the leg it is for
  std::array<std::uint8_t, 16> source;  ///< source address, as in drivers::IpAddress
  std::uint16_t source_port;
  std::uint16_t local_port;    ///< destination UDP port
  std::uint16_t address_slot;  ///< which of our addresses it was sent to
  std::uint16_t header_len;    ///< RTP: with CSRCs and extension; RTCP: 8
  std::uint16_t egress_port;   ///< HandOver::kTransmit
  crypto::PacketKind kind;
  HandOver hand_over;
  std::uint8_t dscp;
  std::uint8_t frame_offset;  ///< how far in front of the payload the received frame begins; its headers are there
                              ///< until transmit writes its own
  TraceMark trace;            ///< which packet of a trace; counts only where that trace goes on, a leftover otherwise
};
static_assert(sizeof(PacketMeta) <= drivers::kPacketMetaSize);

inline PacketMeta& meta_of(rte_mbuf* packet) noexcept { return *static_cast<PacketMeta*>(rte_mbuf_to_priv(packet)); }

inline std::uint8_t* data_of(rte_mbuf* packet) noexcept { return rte_pktmbuf_mtod(packet, std::uint8_t*); }

}  // namespace sallyport::dataplane
