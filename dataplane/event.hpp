// What a worker tells control. Carried by value through a ring; what they own moves back to control, which destroys
// (and wipes) it: a worker frees nothing but packets.
#pragma once

#include <memory>
#include <variant>

#include "crypto/context.hpp"
#include "crypto/state_snapshot.hpp"
#include "dataplane/media/player.hpp"
#include "dataplane/stream.hpp"

namespace sallyport::dataplane {

/// A stream that was removed, or (`refused`) one that could not be added because its id or port is taken.
struct StreamRetired {
  std::unique_ptr<Stream> stream;
  bool refused = false;
};

/// A key that is no longer in use: its grace time is over, it was replaced, or its stream is gone.
struct ContextRetired {
  std::unique_ptr<crypto::Context> context;
};

/// No RTP was received for the stream's time-out.
struct MediaLost {
  StreamId stream;
};

/// RTP again after MediaLost.
struct MediaResumed {
  StreamId stream;
};

/// A master key has used up nine tenths of its lifetime, or all of it: its packets are dropped from now on. Each is
/// said once.
struct KeyLifetime {
  StreamId stream;
  const crypto::Context* context = nullptr;  ///< a name only, to be compared
  std::uint8_t slot = 0;                     ///< which of its master keys
  bool over = false;
};

/// With a key derivation rate (RFC 3711 4.3.1): the keys of that epoch will be needed. InstallEpochKey answers.
struct EpochDue {
  StreamId stream;
  const crypto::Context* context = nullptr;  ///< as above
  crypto::PacketKind kind = crypto::PacketKind::kRtp;
  std::uint64_t epoch = 0;
  bool claimed = false;  ///< by a packet that is not authentic (yet): where the stream is does not follow from it
};

/// Keys of an epoch that is over.
struct EpochKeyRetired {
  std::unique_ptr<crypto::EpochKey> key;
};

/// A player that was stopped or replaced, whose leg is gone, for which there was no room, or (`finished`) that has
/// played all of its prompt.
struct PlayerRetired {
  std::unique_ptr<Player> player;
  bool finished = false;
};

/// SetRoc came too late or found no room.
struct RocRefused {
  StreamId stream;
  std::uint32_t ssrc = 0;
};

/// The answer to SnapshotState.
struct StateTaken {
  StreamId stream;
  crypto::Direction direction = crypto::Direction::kSeal;
  std::unique_ptr<crypto::StateSnapshot> state;
  bool taken = false;  ///< false: the stream is gone, or that direction is plain
};

/// The worker's crypto device does not answer: packets of its suites are dropped, but for a trial now and then.
struct DeviceSilent {};

/// It answers again.
struct DeviceAnswers {};

/// The worker has nothing more to do with the trace that it was given.
struct TraceEnded {};

/// Likewise for a capture.
struct CaptureEnded {};

using Event = std::variant<std::monostate, StreamRetired, ContextRetired, MediaLost, MediaResumed, KeyLifetime,
                           EpochDue, EpochKeyRetired, PlayerRetired, RocRefused, StateTaken, DeviceSilent,
                           DeviceAnswers, TraceEnded, CaptureEnded>;

}  // namespace sallyport::dataplane
