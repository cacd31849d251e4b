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

  /// `pools`: of the MediaGate's, one for each leg. `call`: whose media these are, as MediaGate::call_of() tells.
  CallMedia(MediaGate& gate, std::uint64_t call, std::array<std::uint16_t, kLegs> pools);
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

  // A leg's party gives its place to another's; the other leg stays, with all that its keys remember.

  /// The leg is to have ports of `pool` and streams of its own with the next agreement. What it has had until now goes
  /// on until forget_parked(), or comes back by unpark().
  void park(std::size_t leg, std::uint16_t pool);
  bool parked() const noexcept { return parked_.has_value(); }
  void unpark();
  void forget_parked();
  /// The leg goes, and one that is up in another call takes its place; each hears the other at once, as far as they
  /// understand each other.
  void adopt(std::size_t leg, CallMedia& other, std::size_t theirs);

  /// Of all lines of a leg.
  LegCount count(std::size_t leg) const;
  /// A stream that its worker would not take, and that is gone. Whether it was one of this call's.
  bool refused(StreamHandle handle);
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
    std::array<bool, kLegs> there{};                    ///< a worker was given the leg's stream
  };
  /// Lines as they were, with one leg only.
  struct Parked {
    std::size_t leg = 0;
    std::uint16_t pool = 0;
    std::vector<std::unique_ptr<Line>> lines;
  };
  /// A side that is to be published. Keys beside it are for a stream that comes back with others.
  struct Made {
    std::unique_ptr<dataplane::Stream> stream;
    SideKeys keys;
    bool comes_back = false;
  };

  Endpoint endpoint(const MediaPort& pair) const;
  void check_families(const LegMedia& first, const LegMedia& second) const;
  void install(Line& line, std::array<StreamSideConfig, kLegs>& wanted, std::uint32_t clock_rate);
  void change(Line& line, std::size_t leg, StreamSideConfig wanted, std::uint32_t clock_rate);
  void replace(Line& line, std::size_t leg, StreamSideConfig wanted, std::uint32_t clock_rate);
  void rekey(StreamSide& side, const StreamSideConfig& now, const StreamSideConfig& wanted);
  void give_back(Line& line, std::size_t leg);
  StreamSide* find(StreamHandle handle, std::size_t& leg) const;
  void renumber(Line& line, const LineRelay& relay, std::size_t offerer);
  Made make(std::uint32_t clock_rate, const StreamSideConfig& wanted, const KeptStream& kept);
  void publish(Line& line, std::size_t leg, Made made);
  void take_up(StreamSide& side, SideKeys keys);
  void take_out(Line& line, std::size_t leg);
  void follow(StreamSide& side, const StreamSideConfig& wanted, dataplane::EgressHeader& header);
  void remove(Line& line);
  void clear(Line& line, std::size_t leg);
  void move_leg(Line& from, std::size_t theirs, Line& to, std::size_t leg);
  void join(Line& line);

  MediaGate& gate_;
  std::uint64_t call_;
  std::array<std::uint16_t, kLegs> pools_;
  /// By pointer: next-hop watches keep references to sides. Null for lines that were never to be served.
  std::vector<std::unique_ptr<Line>> lines_;
  std::optional<Parked> parked_;
  std::array<LegCount, kLegs> past_;  ///< of streams that are gone
};

}  // namespace sallyport::controlplane
