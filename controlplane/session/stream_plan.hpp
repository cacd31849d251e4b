// What a reload will do to the streams, made before anything is done: whatever can be refused is refused here. Used by
// StaticStreams on the control thread; publishes nothing.
#pragma once

#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "controlplane/session/static_stream.hpp"
#include "controlplane/session/stream_builder.hpp"
#include "controlplane/session/used_keys.hpp"

namespace sallyport::controlplane {

/// What a reload did, for the log.
struct StreamChanges {
  unsigned kept = 0;
  unsigned rekeyed = 0;
  unsigned replaced = 0;  ///< taken out and put in at another place, or with other SRTP
  unsigned added = 0;
  unsigned removed = 0;
  unsigned adjusted = 0;  ///< of those kept or re-keyed: with other settings
};

/// Other keys of a side, null where a direction has none or keeps its own.
struct SideKeys {
  std::unique_ptr<crypto::Context> receive;
  std::unique_ptr<crypto::Context> send;
};

/// A stream that goes on where it is, with other keys or settings.
struct StreamChange {
  StaticStream* stream;
  StreamConfig wanted;
  SideKeys a;
  SideKeys b;
};

/// A side that is put in.
struct ArrivingSide {
  /// What is put in; or, where the side comes back from a worker, what it will be there but for its keys.
  std::unique_ptr<dataplane::Stream> made;
  bool comes_back = false;                       ///< with its keys and what they remember
  bool other_ssrc = false;                       ///< comes back to go on under other SSRCs
  StreamHandle handle = {};                      ///< reserved for it
  std::unique_ptr<dataplane::Stream> back = {};  ///< what came back
  SideKeys keys = {};                            ///< other keys for what comes back
  std::vector<dataplane::EpochDue> asked = {};   ///< by its keys, while no worker had it

  bool ready() const noexcept { return !comes_back || back != nullptr; }
};

/// A stream that is put in, at once or when its sides have come back.
struct Arrival {
  StaticStream* stream;  ///< that it replaces; null: none
  StreamConfig config;
  ArrivingSide a;
  ArrivingSide b;
};

struct StreamPlan {
  std::list<Arrival> arrivals;
  std::vector<StreamChange> changes;
  std::unordered_set<const StaticStream*> stays;  ///< all that are not to be removed
  std::vector<UsedKeys::Mark> new_keys;
  StreamChanges counts;
};

class StreamPlanner {
 public:
  /// All outlive this.
  StreamPlanner(StreamBuilder& builder, const UsedKeys& used) : builder_(builder), used_(used) {}

  /// `present`: what is installed, all of it with its worker. Throws SetupError that names the stream and its setting
  /// where a key comes that this process has used elsewhere or before, or something cannot be built.
  StreamPlan plan(std::list<StaticStream>& present, std::vector<StreamConfig> wanted);

 private:
  void check_keys(const StaticStream* now, const StreamConfig& wanted, std::vector<UsedKeys::Mark>& fresh) const;
  void add(StreamPlan& plan, StaticStream* now, StreamConfig wanted);
  ArrivingSide arriving(const StreamSide& now, const StreamSideConfig& before, const StreamConfig& wanted,
                        const StreamSideConfig& side);
  SideKeys other_keys(const StreamSide& now, const StreamSideConfig& before, const StreamSideConfig& wanted);

  StreamBuilder& builder_;
  const UsedKeys& used_;
};

}  // namespace sallyport::controlplane
