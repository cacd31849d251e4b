// The streams of the configuration file: installs them, keeps their next hops, re-keys and replaces them on reload, and
// reports on them. Control thread only.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/config.hpp"
#include "controlplane/dataplane_client.hpp"
#include "controlplane/session/key_epochs.hpp"
#include "crypto/engine.hpp"

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
  const dataplane::Stream* view = nullptr;  ///< counters only; null once its worker refused it
  std::optional<drivers::MacAddress> next_hop;
  bool silent = false;  ///< the worker reported no media for the stream's time-out
  KeyStatus receiving;
  KeyStatus sending;
};

struct StaticStream {
  StreamConfig config;
  StreamSide a;
  StreamSide b;
  std::vector<crypto::SecretBytes<32>> used_keys;  ///< digests of the keys that re-keys have replaced
};

/// What a reload did, for the log.
struct StreamChanges {
  unsigned kept = 0;
  unsigned rekeyed = 0;
  unsigned replaced = 0;
  unsigned added = 0;
  unsigned removed = 0;
  unsigned adjusted = 0;  ///< of those kept or re-keyed: with other settings
};

/// Tells what MAC address leads to a remote, now and whenever that changes, until the watch is dropped. The callback
/// may run before the function returns.
using NextHopWatch = std::shared_ptr<void>;
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
  /// re-keyed and those with other settings adjusted while they go on, the rest is replaced, added or removed. A stream
  /// never goes back to a key that it had before: that would accept its old packets again. Everything that can fail is
  /// built first: throws SetupError with nothing changed.
  StreamChanges apply(std::vector<StreamConfig> wanted);

  const std::list<StaticStream>& all() const noexcept { return streams_; }

  // From the dataplane's events.
  void media_lost(StreamHandle handle);
  void media_resumed(StreamHandle handle);
  void refused(StreamHandle handle);
  void key_lifetime(StreamHandle handle, const dataplane::KeyLifetime& told);
  void epoch_due(StreamHandle handle, const dataplane::EpochDue& asked);
  void key_gone(const crypto::Context* key) { epochs_.forget(key); }
  void roc_refused(StreamHandle handle, std::uint32_t ssrc);

 private:
  struct Prepared;
  struct Rekey;
  struct Change;
  struct Plan;

  Plan plan(std::vector<StreamConfig> wanted);
  Prepared prepare(StreamConfig config);
  void reserve_ids(std::vector<Prepared>& fresh);
  Rekey prepare_rekey(const StaticStream& stream, const StreamConfig& wanted);
  std::unique_ptr<dataplane::Stream> build(const StreamConfig& stream, const StreamSideConfig& side);
  void install(Prepared& prepared);
  void watch(StreamSide& side, const StreamSideConfig& config);
  void apply(Change& change);
  static void refuse_used_keys(const StaticStream& stream, const StreamConfig& wanted);
  void rekey(StaticStream& stream, const StreamConfig& wanted, Rekey& keys);
  void adjust(const StreamSide& side, const StreamConfig& wanted, const StreamSideConfig& now,
              const StreamSideConfig& settings);
  void rekey_side(StaticStream& stream, StreamSide& side, const StreamSideConfig& now,
                  std::unique_ptr<crypto::Context> receive, std::unique_ptr<crypto::Context> send,
                  std::chrono::milliseconds grace);
  void remove(StaticStream& stream);
  std::unique_ptr<crypto::Context> context(const StreamSideConfig& side,
                                           const std::vector<crypto::MasterKeyEntry>& keys, std::uint64_t first_index,
                                           const crypto::Context* previous);
  std::unique_ptr<crypto::Context> receiving(const StreamSideConfig& side, const crypto::Context* previous);
  std::unique_ptr<crypto::Context> sending(const StreamSideConfig& side, const crypto::Context* previous);
  std::size_t slot_of(const drivers::IpAddress& address) const;
  /// Calls found(stream, side, "a" or "b") for the side of that handle, if any.
  template <typename Found>
  void with_side(StreamHandle handle, Found&& found);

  DataplaneClient& dataplane_;
  crypto::Engine& engine_;
  KeyEpochs epochs_;
  WatchNextHop watch_;
  std::list<StaticStream> streams_;
  std::vector<std::pair<StreamHandle, NextHopWatch>> watches_;
};

}  // namespace sallyport::controlplane
