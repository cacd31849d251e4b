// What a worker writes down of the packets that are being traced: what every stage did with them, when. Made by control
// for one worker, filled by that worker through the hooks of watch.hpp, read by control. It knows headers and verdicts;
// no key and no payload ever comes here.
//
// A packet is chosen by the worker that receives it and marked in its metadata; each worker that it passes on its way
// writes its own part down. Allocates nothing after its construction; where there is no room any more, steps are lost
// and counted, and no packet waits.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "crypto/suite.hpp"
#include "crypto/transform.hpp"
#include "dataplane/burst.hpp"
#include "dataplane/clock.hpp"
#include "dataplane/counter.hpp"
#include "dataplane/drop_reason.hpp"
#include "dataplane/packet.hpp"
#include "dataplane/ring.hpp"
#include "dataplane/stats.hpp"

namespace sallyport::dataplane {

/// The local ports of a leg whose packets are traced.
struct TracedLeg {
  std::uint16_t address_slot = 0;
  std::uint16_t local_port = 0;
  bool pair = false;  ///< RTCP on the port above
};

/// What a packet's own header says.
struct RtpNumbers {
  crypto::PacketKind kind = crypto::PacketKind::kRtp;
  std::uint8_t type = 0;       ///< payload type of RTP, packet type of RTCP
  std::uint16_t sequence = 0;  ///< RTP
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
};

/// The steps. Ports are indices among the worker's ports, lengths are bytes.
namespace step {

struct Arrived {
  std::uint16_t port;
  std::uint16_t queue;
  std::uint16_t length;  ///< of the frame
};
/// To another worker, with the reason.
struct HandedOver {
  WorkerId to;
  HandOver why;
};
struct Taken {
  WorkerId from;
  HandOver why;
};
/// Its leg was found and its header read.
struct Found {
  StreamId leg;
  RtpNumbers numbers;
  std::uint16_t length;  ///< of the RTP or RTCP packet
};
/// Given to a crypto device.
struct Parked {
  crypto::Direction direction;
};
/// Unprotect (kOpen) or protect (kSeal) came to a verdict.
struct Transformed {
  crypto::Direction direction;
  const crypto::Suite* suite;
  crypto::Verdict verdict;
  crypto::PacketKind kind;
  bool used_fallback;  ///< the key before the newest re-key authenticated it
  std::uint8_t key_slot;
  std::uint64_t index;   ///< as SrtpPacket::index; of no meaning where the packet was too short or its MKI unknown
  std::uint16_t length;  ///< afterwards
};
/// It is for that leg and has its numbers.
struct Routed {
  StreamId leg;
  RtpNumbers numbers;
};
struct Sent {
  std::uint16_t port;
  std::uint16_t queue;
  std::uint16_t length;  ///< of the frame
};
struct Dropped {
  Stage where;
  DropReason reason;
};

}  // namespace step

using TraceStep = std::variant<step::Arrived, step::HandedOver, step::Taken, step::Found, step::Parked,
                               step::Transformed, step::Routed, step::Sent, step::Dropped>;

struct TraceRecord {
  TraceMark mark;
  Tsc at = 0;
  TraceStep step;
};

class Trace {
 public:
  /// The most packets that a worker may be asked to follow.
  static constexpr std::uint16_t kMostPackets = 1000;

  /// Follows the first `packets` packets that `worker` receives for `legs`, and those of the other workers' that pass
  /// here. Throws std::bad_alloc.
  Trace(std::uint32_t session, WorkerId worker, std::vector<TracedLeg> legs, std::uint16_t packets);

  // Worker thread.

  /// Marks a packet that was received, or clears what its buffer's last user left there. True: it is traced.
  bool choose(PacketMeta& meta, std::uint16_t address_slot, std::uint16_t local_port) noexcept;
  static void skip(PacketMeta& meta) noexcept { meta.trace = {}; }
  bool follows(const PacketMeta& meta) const noexcept { return meta.trace.session == session_; }
  /// Writes a step down if the packet is traced.
  void note(const PacketMeta& meta, const TraceStep& step) noexcept {
    if (follows(meta)) write(meta.trace, step);
  }
  /// The stage that works now: the one that drops a packet, if one does.
  void enter(Stage stage) noexcept { stage_ = stage; }
  /// Ends a packet's trace.
  void note_drop(PacketMeta& meta, DropReason reason) noexcept;
  /// Before frames go to a port, which frees them, and after, when it took the first `sent` of them.
  void before_tx(const Burst& frames) noexcept;
  void after_tx(const Burst& frames, std::uint16_t port, std::uint16_t queue, std::uint16_t sent) noexcept;

  // Control thread.

  /// The next record of this worker's, oldest first. False: there is none.
  bool take(TraceRecord& record) noexcept { return records_.pop(record); }
  /// Steps for which there was no room. Any thread.
  std::uint64_t lost() const noexcept { return lost_.read(); }

 private:
  struct Leaving {
    TraceMark mark;
    std::uint16_t length;
  };

  void write(const TraceMark& mark, const TraceStep& step) noexcept;

  std::uint32_t session_;
  WorkerId worker_;
  std::vector<TracedLeg> legs_;
  std::uint16_t packets_;
  std::uint16_t chosen_ = 0;
  Stage stage_ = Stage::kRx;
  std::array<Leaving, kBurst> leaving_;
  Ring<TraceRecord> records_;
  Counter lost_;
};

}  // namespace sallyport::dataplane
