// What the media of all calls share: the dataplane, ports, what makes streams; and streams that come back to their
// call. Owned by SipService; control thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "controlplane/dataplane_client.hpp"
#include "controlplane/session/key_epochs.hpp"
#include "controlplane/session/port_allocator.hpp"
#include "controlplane/session/static_streams.hpp"
#include "controlplane/session/stream_builder.hpp"

namespace sallyport::controlplane {

/// Packets of a leg, and what was lost.
struct LegCount {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
  std::uint64_t lost = 0;
  std::uint64_t dropped = 0;

  LegCount& operator+=(const LegCount& more) noexcept;
  LegCount& operator-=(const LegCount& less) noexcept;
};

/// An SRTP stream that no worker has for now, with all that its keys remember.
struct KeptStream {
  StreamSideConfig settings;                  ///< whose keys it has
  LegCount count;                             ///< as it was taken out
  std::optional<StreamHandle> awaited;        ///< it is on its way back
  std::unique_ptr<dataplane::Stream> stream;  ///< it is here

  bool any() const noexcept { return awaited || stream != nullptr; }
};

class MediaGate {
 public:
  /// `engine`: control's own.
  MediaGate(DataplaneClient& dataplane, crypto::Engine& engine, std::vector<MediaPool> pools, WatchNextHop watch,
            std::chrono::milliseconds port_rest, std::chrono::seconds media_timeout);

  DataplaneClient& dataplane() noexcept { return dataplane_; }
  PortAllocator& ports() noexcept { return ports_; }
  StreamBuilder& builder() noexcept { return builder_; }
  KeyEpochs& epochs() noexcept { return epochs_; }
  const WatchNextHop& watch() const noexcept { return watch_; }
  std::chrono::seconds media_timeout() const noexcept { return media_timeout_; }

  /// The stream of that handle, which is being removed, comes to `kept`, which stays where it is until then.
  void await(StreamHandle handle, KeptStream& kept);
  /// What one remembers or waits for is another's from here on.
  void move(KeptStream& from, KeptStream& to);
  /// Nobody wants it any more.
  void drop(KeptStream& kept) noexcept;

  /// Which call a stream is of, so that what the dataplane tells of it costs no search.
  void set_call(StreamHandle handle, std::uint64_t call) { calls_[key_of(handle)] = call; }
  void forget_call(StreamHandle handle) { calls_.erase(key_of(handle)); }
  std::optional<std::uint64_t> call_of(StreamHandle handle) const;

  // From the dataplane's events, those of other streams among them.
  void epoch_due(StreamHandle handle, const dataplane::EpochDue& asked);
  void key_gone(const crypto::Context* key) { epochs_.forget(key); }
  /// A stream that no worker has any more; one that is awaited is taken.
  void retired(StreamHandle handle, std::unique_ptr<dataplane::Stream>& stream);

 private:
  using Key = std::tuple<dataplane::WorkerId, std::uint32_t, std::uint32_t>;
  static Key key_of(StreamHandle handle) { return {handle.worker, handle.stream.index, handle.stream.generation}; }

  DataplaneClient& dataplane_;
  KeyEpochs epochs_;
  StreamBuilder builder_;
  PortAllocator ports_;
  WatchNextHop watch_;
  std::chrono::seconds media_timeout_;
  std::map<Key, KeptStream*> awaited_;
  std::map<Key, std::uint64_t> calls_;
};

}  // namespace sallyport::controlplane
