// A stream of the configuration file as it is installed. Made and changed by StaticStreams, read by status; control
// thread only.
#pragma once

#include <memory>
#include <optional>

#include "controlplane/config.hpp"
#include "controlplane/dataplane_client.hpp"

namespace sallyport::controlplane {

/// Follows the next hop towards a remote until it is dropped.
using NextHopWatch = std::shared_ptr<void>;

/// The key of one direction: which, and how near its end.
struct KeyStatus {
  const crypto::Context* name = nullptr;  ///< to be compared with what events name; belongs to a worker
  bool nearly_over = false;
  bool over = false;
};

/// One side of a stream as it is installed.
struct StreamSide {
  StreamHandle handle;
  const dataplane::Stream* view = nullptr;  ///< counters only; null where no worker has it: it was refused
  NextHopWatch watch;
  std::optional<drivers::MacAddress> next_hop;
  bool looking_up = false;  ///< what the watch says goes into a header that the worker does not have yet
  bool silent = false;      ///< the worker reported no media for the stream's time-out
  KeyStatus receiving;
  KeyStatus sending;
};

struct StaticStream {
  StreamConfig config;
  StreamSide a;
  StreamSide b;
};

}  // namespace sallyport::controlplane
