// What a worker tells control. Carried by value through a ring; what they own moves back to control, which destroys
// (and wipes) it: a worker frees nothing but packets.
#pragma once

#include <memory>
#include <variant>

#include "crypto/context.hpp"
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

using Event = std::variant<std::monostate, StreamRetired, ContextRetired, MediaLost, MediaResumed>;

}  // namespace sallyport::dataplane
