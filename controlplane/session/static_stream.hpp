// A stream of the configuration file as it is installed. Made and changed by StaticStreams, read by status; control
// thread only.
#pragma once

#include <optional>

#include "controlplane/config.hpp"
#include "controlplane/dataplane_client.hpp"

namespace sallyport::controlplane {

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
  std::optional<drivers::MacAddress> next_hop;
  bool silent = false;  ///< the worker reported no media for the stream's time-out
  KeyStatus receiving;
  KeyStatus sending;
};

struct StaticStream {
  StreamConfig config;
  StreamSide a;
  StreamSide b;
};

}  // namespace sallyport::controlplane
