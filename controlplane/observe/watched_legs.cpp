#include "controlplane/observe/watched_legs.hpp"

#include <array>

#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

struct Side {
  std::string name;
  const StreamSideConfig* config;
  const StreamSide* state;
};

std::array<Side, 2> sides_of(const StaticStream& stream) {
  return {{{stream.config.name + ".a", &stream.config.a, &stream.a},
           {stream.config.name + ".b", &stream.config.b, &stream.b}}};
}

/// Without its keys: nothing here needs copies of them.
WatchedLeg leg_of(const Side& side) {
  StreamSideConfig shown;
  shown.local = side.config->local;
  shown.remote = side.config->remote;
  shown.suite = side.config->suite;
  shown.parameters = side.config->parameters;
  shown.rtcp = side.config->rtcp;
  return {side.name, side.state->handle, std::move(shown), side.state->next_hop};
}

}  // namespace

std::vector<WatchedLeg> find_legs(const StaticStreams& streams, const std::string& name) {
  std::vector<WatchedLeg> legs;
  for (const StaticStream& stream : streams.all()) {
    for (const Side& side : sides_of(stream)) {
      if (name != stream.config.name && name != side.name) continue;
      if (side.state->view == nullptr) throw SetupError(side.name + " is not installed; see sallyport streams");
      legs.push_back(leg_of(side));
    }
  }
  if (legs.empty()) {
    throw SetupError("there is no stream '" + name + "': expected the name of one, as sallyport streams shows it, or " +
                     "one of its sides as NAME.a or NAME.b");
  }
  return legs;
}

std::optional<WatchedLeg> find_leg(const StaticStreams& streams, StreamHandle handle) {
  for (const StaticStream& stream : streams.all()) {
    for (const Side& side : sides_of(stream)) {
      if (side.state->handle == handle && side.state->view != nullptr) return leg_of(side);
    }
  }
  return std::nullopt;
}

}  // namespace sallyport::controlplane
