// What control asks of a worker. Carried by value through a ring; what they own moves to the worker.
#pragma once

#include <memory>
#include <variant>

#include "crypto/context.hpp"
#include "crypto/state_snapshot.hpp"
#include "dataplane/capture.hpp"
#include "dataplane/media/player.hpp"
#include "dataplane/stream.hpp"
#include "dataplane/trace.hpp"

namespace sallyport::dataplane {

/// Publishes a finished stream.
struct AddStream {
  std::unique_ptr<Stream> stream;
};

/// Takes a stream out; it comes back in StreamRetired.
struct RemoveStream {
  StreamId stream;
};

/// The MAC addresses towards a stream's remote; `known` false: they were lost.
struct SetNextHop {
  StreamId stream;
  drivers::MacAddress source;
  drivers::MacAddress destination;
  bool known = false;
};

/// Another remote, and the header that leads there, with its next hop where that is known.
struct SetRemote {
  StreamId stream;
  UdpEndpoint remote;
  EgressHeader header;
};

/// Where RTCP goes from now on, both ways. Nothing changes where the port above RTP's is another stream's.
struct SetRtcp {
  StreamId stream;
  RtcpMode mode = RtcpMode::kPair;
};

/// Another leg to relay to.
struct SetSink {
  StreamId stream;
  Sink sink;
};

/// Plays to a leg, in the place of what was played to it. PlayerRetired answers, sooner or later.
struct Play {
  std::unique_ptr<Player> player;
};

/// Ends what is played to a leg.
struct StopPlaying {
  StreamId stream;
};

/// Other payload types on the way from this leg to its sink.
struct SetPayloads {
  StreamId stream;
  PayloadMap payloads;
};

/// A re-key of the receiving direction: the new key counts at once, the previous one for `grace` ticks more.
struct RekeyReceive {
  StreamId stream;
  std::unique_ptr<crypto::Context> context;
  Tsc grace = 0;
};

/// A re-key of the sending direction, from the next packet on.
struct RekeySend {
  StreamId stream;
  std::unique_ptr<crypto::Context> context;
};

/// Settings that change while the stream goes on; as in Stream.
struct AdjustStream {
  StreamId stream;
  SourceCheck source_check = SourceCheck::kAddress;
  std::int8_t dscp = kKeepDscp;
  double units_per_tick = 0;
  Tsc media_timeout = 0;
};

/// The answer to EpochDue: keys of an epoch for the key that asked. What they replace comes back in EpochKeyRetired, or
/// they do where that key is not in use any more.
struct InstallEpochKey {
  StreamId stream;
  const crypto::Context* context = nullptr;  ///< as in EpochDue
  std::unique_ptr<crypto::EpochKey> key;
};

/// Sends with another of the sending direction's master keys, 0 being the first (RFC 3711 3.1: told by its MKI).
struct SendWithKey {
  StreamId stream;
  std::uint8_t slot = 0;
};

/// The ROC of an SSRC that the party has not been heard with yet. RocRefused where it has.
struct SetRoc {
  StreamId stream;
  std::uint32_t ssrc = 0;
  std::uint32_t roc = 0;
};

/// Asks for a direction's state (kOpen: receiving); it comes back in StateTaken.
struct SnapshotState {
  StreamId stream;
  crypto::Direction direction = crypto::Direction::kSeal;
  std::unique_ptr<crypto::StateSnapshot> into;  ///< made with the options of the direction's context
};

/// Has packets traced until StopTrace; `trace` is control's, and the worker's to use until TraceEnded.
struct StartTrace {
  Trace* trace = nullptr;
};

/// TraceEnded answers.
struct StopTrace {};

/// Likewise for a capture.
struct StartCapture {
  Capture* capture = nullptr;
};

/// CaptureEnded answers.
struct StopCapture {};

using Command = std::variant<std::monostate, AddStream, RemoveStream, SetNextHop, SetRemote, SetRtcp, SetSink,
                             SetPayloads, Play, StopPlaying, RekeyReceive, RekeySend, AdjustStream, InstallEpochKey,
                             SendWithKey, SetRoc, SnapshotState, StartTrace, StopTrace, StartCapture, StopCapture>;

}  // namespace sallyport::dataplane
