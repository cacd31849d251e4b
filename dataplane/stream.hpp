// A stream: one leg of a call as its worker sees it, both directions. Built by the control thread, moved to one worker,
// used there alone, moved back to be destroyed. What any thread may read at any time are the counters.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "crypto/context.hpp"
#include "crypto/secret_memory.hpp"
#include "dataplane/clock.hpp"
#include "dataplane/counter.hpp"
#include "dataplane/drop_reason.hpp"
#include "dataplane/ids.hpp"
#include "dataplane/lane.hpp"
#include "dataplane/leg_options.hpp"
#include "dataplane/net_headers.hpp"
#include "dataplane/rx_quality.hpp"
#include "dataplane/tx_clock.hpp"

namespace sallyport::dataplane {

inline constexpr std::int8_t kKeepDscp = -1;

/// Those that every packet touches are in the first cache line.
struct StreamCounters {
  Counter received;        ///< RTP and RTCP packets that were authentic (or plain and accepted)
  Counter received_bytes;  ///< of RTP without its SRTP trailer and without UDP/IP headers
  Counter last_media;      ///< TSC of the newest RTP packet, 0: none yet
  Counter sent;
  Counter sent_bytes;
  Counter rtcp_received;
  Counter rtcp_sent;
  Counter32 out_ssrc;          ///< SSRC of the newest RTP packet sent
  Counter32 receive_key_used;  ///< thousandths of the master key's lifetime, some seconds old
  Counter32 send_key_used;
  std::array<Counter32, kDropReasons> drops;
};

/// In cache lines, since of thousands of streams none is in the cache when its packet comes: one for both directions
/// and for who is asked for it, one for the quality of what is received, one for the counters; for sending the header
/// and the clock's two. With its keys in secret memory, which is on huge pages where the kernel has them and in no core
/// dump.
struct alignas(64) Stream : crypto::InSecretMemory {
  std::unique_ptr<crypto::Context> rx;  ///< null: plain RTP
  std::unique_ptr<crypto::Context> tx;  ///< null: plain RTP
  Tsc rx_previous_until = 0;
  StreamId id;
  Sink sink;
  std::uint16_t local_port = 0;   ///< RTP's
  std::uint16_t egress_port = 0;  ///< index among the worker's ports
  RtcpMode rtcp = RtcpMode::kPair;
  SourceCheck source_check = SourceCheck::kAddress;
  std::int8_t dscp = kKeepDscp;
  bool media_lost = false;                       ///< the silence was reported
  bool attention_waits = false;                  ///< a key asks something of control, and the ring of events was full
  bool removed = false;                          ///< waits for its parked packets
  std::unique_ptr<crypto::Context> rx_previous;  ///< the key before, during its grace time

  alignas(64) RxQuality quality;
  double units_per_tick = 0;  ///< RTP timestamp units per TSC tick
  alignas(64) StreamCounters counters;
  alignas(64) EgressHeader header;
  alignas(64) TxClock clock;

  // Colder.
  UdpEndpoint remote;              ///< whose packets a plain leg takes
  std::uint16_t address_slot = 0;  ///< of the local address
  Tsc media_timeout = 0;           ///< silence that is reported; 0: never
  Tsc installed = 0;
  Lanes lanes;
};
static_assert(sizeof(RxQuality) + sizeof(double) <= 64 && sizeof(EgressHeader) <= 64);

/// Has the lines fetched that receiving a packet on the leg touches.
inline void prefetch_receiving(const Stream& leg) noexcept {
  __builtin_prefetch(&leg, 1);
  __builtin_prefetch(&leg.quality, 1);
  __builtin_prefetch(&leg.counters, 1);
  __builtin_prefetch(&leg.remote);
}

/// Likewise for sending.
inline void prefetch_sending(const Stream& leg) noexcept {
  __builtin_prefetch(&leg);
  __builtin_prefetch(&leg.header);
  leg.clock.prefetch();
  __builtin_prefetch(&leg.counters, 1);
}

}  // namespace sallyport::dataplane
