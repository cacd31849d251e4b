// What control asks of a worker. Carried by value through a ring; what they own moves to the worker.
#pragma once

#include <memory>
#include <variant>

#include "crypto/context.hpp"
#include "dataplane/stream.hpp"

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

using Command =
    std::variant<std::monostate, AddStream, RemoveStream, SetNextHop, RekeyReceive, RekeySend, AdjustStream>;

}  // namespace sallyport::dataplane
