// Which legs an administrator means by a name: "calls" is both sides of that stream, "calls.a" and "calls.b" one each.
// Used by trace and capture. Control thread only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controlplane/session/static_streams.hpp"

namespace sallyport::controlplane {

/// A leg by name, as it was when it was looked up: a reload may change or remove it.
struct WatchedLeg {
  std::string name;  ///< "STREAM.a"
  StreamHandle handle;
  StreamSideConfig side;
  std::optional<drivers::MacAddress> next_hop;
};

/// The legs of that name. Throws SetupError that says what was expected where there is none, or where no worker has it.
std::vector<WatchedLeg> find_legs(const StaticStreams& streams, const std::string& name);

/// The leg of that handle as it is now; nothing where no worker has it any more.
std::optional<WatchedLeg> find_leg(const StaticStreams& streams, StreamHandle handle);

}  // namespace sallyport::controlplane
