// Judges one direction: remembers what was offered, compares it with what came out, packet by packet and byte by byte.
// Knows nothing of sockets and of the gateway beyond what RTP allows it to change: SSRC, sequence start and timestamp
// offset, each once per lane. Fed with clear RTP; called by one thread, allocates only when it is built.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/clock.hpp"
#include "perf/load/findings.hpp"
#include "perf/load/flights.hpp"
#include "perf/load/histogram.hpp"
#include "perf/load/impairment.hpp"
#include "perf/load/numbering.hpp"
#include "perf/load/payload.hpp"
#include "perf/load/stream_shape.hpp"

namespace sallyport::load {

/// The top bit of a lane's number tells the direction.
inline constexpr std::uint32_t kFromB = 0x80000000;

struct JudgeOptions {
  std::uint32_t run = 0;
  std::uint32_t direction = 0;  ///< 0 or kFromB
  std::uint32_t lanes = 1;
  std::uint32_t window = 64;  ///< packets of a lane that may be under way; a power of two
  StreamShape shape;
  dataplane::Tsc late_ticks = 0;
  bool duplicates_pass = false;  ///< no SRTP on the way: a packet that was sent twice comes twice
  bool bad_tags_arrive = false;  ///< no gateway on the way: what we damaged comes back as it is
  bool replays_arrive = false;   ///< likewise
  std::uint64_t flights = 0;     ///< packets whose times are remembered; 0: none
};

class Judge {
 public:
  Judge(JudgeOptions options, const dataplane::Clock& clock);

  const JudgeOptions& options() const noexcept { return options_; }

  // The sending side says what it does; a packet is offered before it is sent, each counter of a lane once.
  void offered(std::uint32_t lane, std::uint32_t counter, Fate fate) noexcept;
  void report_offered(std::uint32_t lane) noexcept { ++states_[lane].findings.reports_offered; }

  // The receiving side says what came. One of these per datagram.
  void received(std::uint32_t lane, std::span<const std::uint8_t> rtp, dataplane::Tsc now) noexcept;
  void received_report(std::uint32_t lane, std::span<const std::uint8_t> rtcp) noexcept;
  void auth_failed(std::uint32_t lane) noexcept { arrived(lane).auth_failed++; }
  void replayed(std::uint32_t lane) noexcept { ++arrived(lane).duplicated, ++states_[lane].replays; }
  void unexpected(std::uint32_t lane) noexcept { ++arrived(lane).unexpected; }
  void wrong_source(std::uint32_t lane) noexcept { ++arrived(lane).wrong_source; }
  void report_refused(std::uint32_t lane) noexcept { ++states_[lane].findings.reports_wrong; }

  /// Packets that should still come.
  std::uint64_t outstanding() const noexcept { return outstanding_; }

  /// Nothing more will come: what is outstanding is lost. Once, at the end of a run.
  void finish() noexcept;
  /// After finish(), another run of the same streams: they go on with their numbers, what was found is forgotten.
  void begin() noexcept;

  const Findings& findings(std::uint32_t lane) const noexcept { return states_[lane].findings; }
  Findings total() const noexcept;
  /// Nanoseconds from send to receive of all packets that came back right or late.
  const Histogram& latency() const noexcept { return latency_; }
  /// When they were under way, as far as the options say.
  const Flights& flights() const noexcept { return flights_; }
  /// Lanes whose SSRC, sequence or timestamp came out other than they were offered.
  std::uint32_t rewritten_lanes() const noexcept;

 private:
  /// How the gateway changed a lane's numbers; learned from the first packet.
  struct Mapping {
    bool known = false;
    std::uint16_t sequence_offset = 0;
    std::uint32_t ssrc = 0;
    std::uint32_t timestamp_offset = 0;
    bool operator==(const Mapping&) const = default;
  };
  struct Lane {
    Numbering numbering;
    Mapping mapping;
    std::uint32_t end = 0;      ///< highest counter that was offered, plus one
    std::uint32_t highest = 0;  ///< highest counter that came back, plus one
    std::uint64_t replays = 0;  ///< refused by our SRTP as seen before
    Findings findings;
  };
  /// A packet that is under way, in one byte.
  struct Slot {
    std::uint8_t missing : 2;  ///< copies that should still come
    std::uint8_t fate : 3;
    std::uint8_t came : 1;
    std::uint8_t used : 1;
  };
  static_assert(sizeof(Slot) == 1);

  Findings& arrived(std::uint32_t lane) noexcept {
    ++states_[lane].findings.received;
    return states_[lane].findings;
  }
  Slot& slot(std::uint32_t lane, std::uint32_t counter) noexcept {
    return slots_[std::size_t{lane} * options_.window + (counter & (options_.window - 1))];
  }
  std::uint8_t expected_copies(Fate fate) const noexcept;
  void settle(Lane& lane, Slot& slot) noexcept;
  bool header_right(Lane& lane, std::uint32_t counter, std::span<const std::uint8_t> rtp) const noexcept;
  bool was_offered(const Lane& lane, std::uint32_t counter) const noexcept;
  /// Copies and order; whether it is the first copy of a packet that should come.
  bool place(Lane& state, std::uint32_t lane, std::uint32_t counter) noexcept;
  void time(Findings& findings, std::uint64_t sent, dataplane::Tsc now) noexcept;

  JudgeOptions options_;
  dataplane::Clock clock_;
  std::vector<Lane> states_;
  std::vector<Slot> slots_;
  std::uint64_t outstanding_ = 0;
  Histogram latency_;
  Flights flights_;
};

}  // namespace sallyport::load
