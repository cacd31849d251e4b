// The media of one call: ports of both legs, their streams on a worker, and what each new agreement changes of them
// while packets flow. Used by calls on the control thread; the dataplane is reached through its client only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "controlplane/dataplane_client.hpp"
#include "controlplane/negotiation/media_plan.hpp"
#include "controlplane/session/key_epochs.hpp"
#include "controlplane/session/port_allocator.hpp"
#include "controlplane/session/static_stream.hpp"
#include "controlplane/session/static_streams.hpp"
#include "controlplane/session/stream_builder.hpp"

namespace sallyport::controlplane {

/// What all calls' media share. `engine`: control's own.
class MediaGate {
 public:
  MediaGate(DataplaneClient& dataplane, crypto::Engine& engine, std::vector<MediaPool> pools, WatchNextHop watch,
            std::chrono::milliseconds port_rest, std::chrono::seconds media_timeout);

  DataplaneClient& dataplane() noexcept { return dataplane_; }
  PortAllocator& ports() noexcept { return ports_; }
  StreamBuilder& builder() noexcept { return builder_; }
  KeyEpochs& epochs() noexcept { return epochs_; }
  const WatchNextHop& watch() const noexcept { return watch_; }
  std::chrono::seconds media_timeout() const noexcept { return media_timeout_; }

  // From the dataplane's events, those of other streams among them.
  void epoch_due(StreamHandle handle, const dataplane::EpochDue& asked);
  void key_gone(const crypto::Context* key) { epochs_.forget(key); }

 private:
  DataplaneClient& dataplane_;
  KeyEpochs epochs_;
  StreamBuilder builder_;
  PortAllocator ports_;
  WatchNextHop watch_;
  std::chrono::seconds media_timeout_;
};

class CallMedia {
 public:
  static constexpr std::size_t kLegs = 2;

  /// `pools`: of the MediaGate's, one for each leg.
  CallMedia(MediaGate& gate, std::array<std::uint16_t, kLegs> pools);
  /// Takes the streams out and gives the ports back.
  ~CallMedia();
  CallMedia(const CallMedia&) = delete;
  CallMedia& operator=(const CallMedia&) = delete;

  /// Gives each m-line that is to be served a port on both legs, and keeps those that have one. Throws PoolExhausted.
  void reserve(const std::vector<bool>& lines);
  /// Our RTP addresses of a leg by m-line, for its descriptions.
  std::vector<std::optional<Endpoint>> local(std::size_t leg) const;

  /// Makes the streams what was agreed. A line that stays as it was is not touched; new keys are moved in beside the
  /// ones before, which count for some seconds more; only where a leg changes between RTP and SRTP is its stream
  /// replaced. Throws SetupError: then nothing is moved for that line.
  void apply(const LegMedia& first, const LegMedia& second);

  /// Packets and what was lost, of all lines of a leg.
  struct Count {
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    std::uint64_t lost = 0;
    std::uint64_t dropped = 0;
  };
  Count count(std::size_t leg) const;
  /// A stream that its worker would not take, and that is gone. Whether it was one of this call's.
  bool refused(StreamHandle handle);
  /// Whether that stream is one of this call's.
  bool has(StreamHandle handle) const;

 private:
  struct Line {
    std::array<std::optional<MediaPort>, kLegs> ports;
    std::array<StreamSideConfig, kLegs> settings;
    std::array<StreamSide, kLegs> sides;
    bool installed = false;
  };

  Endpoint endpoint(const MediaPort& pair) const;
  void check_families(const LegMedia& first, const LegMedia& second) const;
  void install(Line& line, std::array<StreamSideConfig, kLegs> wanted, std::uint32_t clock_rate);
  void change(Line& line, std::array<StreamSideConfig, kLegs> wanted, std::array<const LegLine*, kLegs> agreed,
              std::uint32_t clock_rate);
  void replace(Line& line, std::size_t leg, const StreamSideConfig& wanted, std::uint32_t clock_rate);
  void rekey(StreamSide& side, const StreamSideConfig& wanted, const LegSrtp& agreed);
  void follow(StreamSide& side, const StreamSideConfig& wanted, dataplane::EgressHeader& header);
  void remove(Line& line);

  MediaGate& gate_;
  std::array<std::uint16_t, kLegs> pools_;
  /// By pointer: next-hop watches keep references to sides.
  std::vector<std::unique_ptr<Line>> lines_;
  std::array<Count, kLegs> past_;  ///< of streams that are gone
};

}  // namespace sallyport::controlplane
