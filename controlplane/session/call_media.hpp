// The media of one call: ports of both legs, their streams on a worker, and what each new agreement changes of them
// while packets flow. Used by calls on the control thread; the dataplane is reached through its client only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "controlplane/dataplane_client.hpp"
#include "controlplane/negotiation/media_plan.hpp"
#include "controlplane/session/media_gate.hpp"
#include "controlplane/session/static_stream.hpp"
#include "controlplane/session/stream_plan.hpp"

namespace sallyport::controlplane {

class CallMedia {
 public:
  static constexpr std::size_t kLegs = 2;

  /// `pools`: of the MediaGate's, one for each leg.
  CallMedia(MediaGate& gate, std::array<std::uint16_t, kLegs> pools);
  /// Takes the streams out and gives the ports back.
  ~CallMedia();
  CallMedia(const CallMedia&) = delete;
  CallMedia& operator=(const CallMedia&) = delete;

  /// So many m-lines of a call are served; further ones are declined for want of a port.
  static constexpr std::size_t kMostLines = 8;

  /// Gives each m-line that is to be served a port on both legs, and keeps those that have one. Throws PoolExhausted.
  void reserve(const std::vector<bool>& lines);
  /// Gives back the ports of lines that are off on both legs. Between offers only: what is offered needs its ports.
  void give_back_unused(const LegMedia& first, const LegMedia& second);
  /// Our RTP addresses of a leg by m-line, for its descriptions.
  std::vector<std::optional<Endpoint>> local(std::size_t leg) const;

  /// Makes the streams what was agreed. A line that stays as it was is not touched; new keys are moved in beside the
  /// ones before, which count for some seconds more; only where a leg changes between RTP and SRTP is its stream
  /// replaced. What the keys of a leg have been used for is known as long as the call lives, also while its line is off
  /// or plain. Throws SetupError: then nothing is moved for that line.
  /// `relays`: by line, `offerer` being the number of the leg that offered.
  void apply(const LegMedia& first, const LegMedia& second, std::span<const LineRelay> relays, std::size_t offerer);

  /// Of all lines of a leg.
  LegCount count(std::size_t leg) const;
  /// A stream that its worker would not take, and that is gone. Whether it was one of this call's.
  bool refused(StreamHandle handle);
  /// Whether that stream is one of this call's.
  bool has(StreamHandle handle) const;
  /// The leg whose stream that is, where the key is in use there still.
  std::optional<std::size_t> leg_with_key(StreamHandle handle, const crypto::Context* key) const;
  /// A stream has fallen silent, or (true) is heard again. Its leg.
  std::optional<std::size_t> heard(StreamHandle handle, bool again);
  /// Whether a leg is silent on every line on which its party is to send; `agreed`: what is applied.
  bool silent(std::size_t leg, const LegMedia& agreed) const;

 private:
  struct Line {
    std::array<std::optional<MediaPort>, kLegs> ports;
    std::array<StreamSideConfig, kLegs> settings;
    std::array<StreamSide, kLegs> sides;
    std::array<KeptStream, kLegs> kept;
    std::array<dataplane::PayloadMap, kLegs> payloads;  ///< by the leg that sends
    bool installed = false;
  };
  /// A side that is to be published. Keys beside it are for a stream that comes back with others.
  struct Made {
    std::unique_ptr<dataplane::Stream> stream;
    SideKeys keys;
    bool comes_back = false;
  };

  Endpoint endpoint(const MediaPort& pair) const;
  void check_families(const LegMedia& first, const LegMedia& second) const;
  void install(Line& line, std::array<StreamSideConfig, kLegs> wanted, std::uint32_t clock_rate);
  void change(Line& line, std::array<StreamSideConfig, kLegs> wanted, std::uint32_t clock_rate);
  void replace(Line& line, std::size_t leg, StreamSideConfig wanted, std::uint32_t clock_rate);
  void rekey(StreamSide& side, const StreamSideConfig& now, const StreamSideConfig& wanted);
  void give_back(Line& line);
  StreamSide* find(StreamHandle handle, std::size_t& leg) const;
  void renumber(Line& line, const LineRelay& relay, std::size_t offerer);
  Made make(std::uint32_t clock_rate, const StreamSideConfig& wanted, const KeptStream& kept);
  void publish(Line& line, std::size_t leg, Made made);
  void take_up(StreamSide& side, SideKeys keys);
  void take_out(Line& line, std::size_t leg);
  void follow(StreamSide& side, const StreamSideConfig& wanted, dataplane::EgressHeader& header);
  void remove(Line& line);

  MediaGate& gate_;
  std::array<std::uint16_t, kLegs> pools_;
  /// By pointer: next-hop watches keep references to sides. Null for lines that were never to be served.
  std::vector<std::unique_ptr<Line>> lines_;
  std::array<LegCount, kLegs> past_;  ///< of streams that are gone
};

}  // namespace sallyport::controlplane
