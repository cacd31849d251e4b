// The streams of the configuration file: installs them, keeps their next hops, re-keys and replaces them on reload, and
// reports on them. Control thread only.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "controlplane/session/key_epochs.hpp"
#include "controlplane/session/static_stream.hpp"
#include "controlplane/session/stream_builder.hpp"
#include "controlplane/session/stream_plan.hpp"
#include "controlplane/session/used_keys.hpp"

namespace sallyport::controlplane {

/// Tells what MAC address leads to a remote, now and whenever that changes, until the watch is dropped. What is known
/// at once is told before the function returns, so that no packet has to wait for it.
using WatchNextHop = std::function<NextHopWatch(std::size_t port, const drivers::IpAddress& remote,
                                                std::function<void(std::optional<drivers::MacAddress>)>)>;

class StaticStreams {
 public:
  /// `engine`: control's own, of the kind that the workers run.
  StaticStreams(DataplaneClient& dataplane, crypto::Engine& engine, WatchNextHop watch);
  ~StaticStreams();
  StaticStreams(const StaticStreams&) = delete;
  StaticStreams& operator=(const StaticStreams&) = delete;

  /// Makes what is installed equal to `wanted`: streams that stay the same are not touched, those with other keys are
  /// re-keyed and those with other settings adjusted while they go on, the rest is replaced, added or removed. A key
  /// that stays where it is keeps all that it remembers, also where its stream is replaced: the worker gives the stream
  /// back, and it goes to its new place as it is. Any other key must be one that this process has never used, since its
  /// keystream would be used again, or its old packets accepted. Everything that can fail is built first: throws
  /// SetupError with nothing changed.
  StreamChanges apply(std::vector<StreamConfig> wanted);

  const std::list<StaticStream>& all() const noexcept { return streams_; }

  // From the dataplane's events.
  void media_lost(StreamHandle handle);
  void media_resumed(StreamHandle handle);
  void refused(StreamHandle handle);
  /// A stream that no worker has any more; one that moves is taken.
  void retired(StreamHandle handle, std::unique_ptr<dataplane::Stream>& stream);
  void key_lifetime(StreamHandle handle, const dataplane::KeyLifetime& told);
  void epoch_due(StreamHandle handle, const dataplane::EpochDue& asked);
  void key_gone(const crypto::Context* key) { epochs_.forget(key); }
  /// Tries again what epoch_due() could not make; to be called now and then.
  void make_failed_epochs();
  void roc_refused(StreamHandle handle, std::uint32_t ssrc);

 private:
  struct ComingBack {
    std::list<Arrival>::iterator arrival;
    ArrivingSide* side;
  };

  void finish_arrivals();
  StreamPlan prepare(std::vector<StreamConfig> wanted);
  void reserve_ids(std::list<Arrival>& arrivals);
  void begin(Arrival& arrival);
  void finish(Arrival& arrival);
  void finish_side(StreamSide& state, const StreamConfig& config, const StreamSideConfig& side,
                   const StreamSideConfig& before, ArrivingSide& arriving);
  ComingBack coming_back(StreamHandle handle);
  void apply(StreamChange& change);
  void adjust(StreamSide& state, const StreamConfig& wanted, const StreamSideConfig& now,
              const StreamSideConfig& settings);
  void redirect(StreamSide& state, const StreamSideConfig& settings);
  void rekey(StreamSide& state, SideKeys& keys, std::chrono::milliseconds grace);
  void tell_choices(const StreamSide& state, const StreamSideConfig& now, const StreamSideConfig& settings);
  std::size_t port_of(const StreamSideConfig& side) const;
  void watch(StreamSide& state, const StreamSideConfig& config, dataplane::EgressHeader& header);
  void install_epoch(StreamHandle handle, const dataplane::EpochDue& asked);
  void remove(StaticStream& stream);
  /// Calls found(stream, side, "a" or "b") for the side of that handle, if any.
  template <typename Found>
  void with_side(StreamHandle handle, Found&& found);

  DataplaneClient& dataplane_;
  KeyEpochs epochs_;
  StreamBuilder builder_;
  WatchNextHop watch_;
  UsedKeys used_keys_;
  std::list<StaticStream> streams_;
  std::list<Arrival> arrivals_;  ///< what waits for sides to come back from their workers
};

}  // namespace sallyport::controlplane
