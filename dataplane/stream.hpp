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
#include "dataplane/payload_map.hpp"
#include "dataplane/rx_quality.hpp"
#include "dataplane/sparse_memory.hpp"
#include "dataplane/tx_clock.hpp"

namespace sallyport::dataplane {

struct Player;

inline constexpr std::int8_t kKeepDscp = -1;

/// What few legs need.
struct StreamMore {
  std::array<Counter32, kDropReasons> drops;
  Lanes lanes;
  PayloadMap payloads;  ///< of what the party sends, for the leg that the sink names
  Player* player;       ///< in the worker's Playout, while something is played to it
};

/// In cache lines, since of thousands of streams none is in the cache when its packet comes: one for both directions
/// and for who is asked for it, one for what is received; for sending the header and the clock's. With its keys in
/// secret memory, which is on huge pages where the kernel has them and in no core dump.
struct alignas(64) Stream : crypto::InSecretMemory {
  std::unique_ptr<crypto::Context> rx;  ///< null: plain RTP
  std::unique_ptr<crypto::Context> tx;  ///< null: plain RTP
  StreamId id;
  Sink sink;
  std::uint16_t local_port = 0;   ///< RTP's
  std::uint16_t egress_port = 0;  ///< index among the worker's ports
  RtcpMode rtcp = RtcpMode::kPair;
  SourceCheck source_check = SourceCheck::kAddress;
  std::int8_t dscp = kKeepDscp;
  bool re_keyed : 1 = false;         ///< there is an rx_previous, or was
  bool media_lost : 1 = false;       ///< the silence was reported
  bool attention_waits : 1 = false;  ///< a key asks something of control, and the ring of events was full
  bool removed : 1 = false;          ///< waits for its parked packets
  bool renumbers : 1 = false;        ///< its payload map changes something
  bool playing : 1 = false;          ///< something is played to it
  Counter32 out_ssrc;                ///< SSRC of the newest RTP packet sent
  Counter sent;                      ///< RTP packets
  Counter sent_bytes;                ///< theirs, without UDP/IP headers

  RxQuality quality;
  Counter received_bytes;  ///< of RTP without its SRTP trailer and without UDP/IP headers
  Counter last_media;      ///< TSC of the newest RTP packet, 0: none yet
  EgressHeader header;
  TxClock clock;  ///< its first 64 bytes are a line

  // Colder.
  std::unique_ptr<crypto::Context> rx_previous;  ///< the key before, during its grace time
  Tsc rx_previous_until = 0;
  Sparse<StreamMore> more;
  Tsc media_timeout = 0;  ///< silence that is reported; 0: never
  Tsc installed = 0;
  Counter rtcp_received;
  Counter rtcp_sent;
  Counter32 receive_key_used;  ///< thousandths of the master key's lifetime, some seconds old
  Counter32 send_key_used;
  UdpEndpoint remote;              ///< whose packets a plain leg takes
  std::uint16_t address_slot = 0;  ///< of the local address

  /// Memory for the map is only touched where there is something to change.
  void set_payloads(const PayloadMap& payloads) noexcept {
    const bool changes = payloads.changes_any();
    if (changes || renumbers) more->payloads = payloads;
    renumbers = changes;
  }

  /// RTP and RTCP packets that were authentic (or plain and accepted).
  std::uint64_t received() const noexcept { return quality.received() + rtcp_received.read(); }
  std::uint32_t dropped(DropReason reason) const noexcept {
    return more->drops[static_cast<std::size_t>(reason)].read();
  }

  /// Has the lines fetched that receiving a packet touches first.
  void prefetch_receiving() const noexcept {
    __builtin_prefetch(this, 1);
    __builtin_prefetch(&quality, 1);
  }
  /// When those are there: what they lead to.
  void prefetch_opening() const noexcept {
    if (rx != nullptr) {
      rx->prefetch();
    } else {
      __builtin_prefetch(&remote);
    }
  }
  /// Has the lines fetched that sending a packet touches first.
  void prefetch_sending() const noexcept {
    __builtin_prefetch(this, 1);
    __builtin_prefetch(&header);
    clock.prefetch();
  }
  /// When those are there: what they lead to.
  void prefetch_sealing() const noexcept {
    if (tx != nullptr) tx->prefetch();
  }
};

}  // namespace sallyport::dataplane
