// Offers one direction: takes turns over its lanes, builds each packet, does to it on purpose what was asked for,
// protects the burst and gives it to the link. Tells the judge about every packet first. One thread.
#pragma once

#include <optional>
#include <vector>

#include "perf/load/judge.hpp"
#include "perf/load/link.hpp"
#include "perf/load/srtp_side.hpp"

namespace sallyport::load {

class Sender {
 public:
  /// Everything that is passed by reference outlives the sender. The judge's options say what packets look like.
  Sender(const LoadOptions& options, Side side, SrtpSide srtp, Link& link, Judge& judge);

  /// Offers packets for up to `turns` turns; a turn is one packet of the next lane. Returns how many were taken: fewer
  /// where a burst is full or the link has no room. Throws UsageError where the link fails for good.
  std::uint64_t offer(std::uint64_t turns);
  /// Offers a sender report for up to `turns` lanes in turn, likewise.
  std::uint64_t offer_reports(std::uint64_t turns);
  /// Sends what waits for room in the link; true when nothing is left.
  bool flush();
  /// No more turns will come: sends packets that wait for a successor. True when nothing is left.
  bool finish();

  /// After finish(), another run: turns are counted anew, the lanes go on with their numbers and SRTP indices.
  void begin() noexcept { turns_ = report_turns_ = finished_ = 0; }

  std::uint64_t turns() const noexcept { return turns_; }
  std::uint64_t report_turns() const noexcept { return report_turns_; }

 private:
  struct Lane {
    Numbering numbering;
    std::uint32_t next = 0;             ///< counter
    std::uint32_t sent = 0;             ///< last counter that was built, plus one
    std::optional<std::uint32_t> held;  ///< counter that goes behind its successor
  };
  /// A packet to be built.
  struct Draft {
    std::uint32_t lane;
    std::uint32_t counter;
    Fate fate;
    bool copy = false;    ///< of the packet before it
    bool report = false;  ///< RTCP
  };

  void take_turn(std::uint32_t lane_number);
  void draft(std::uint32_t lane, std::uint32_t counter, Fate fate);
  /// Builds and sends the drafts; false where the link has no buffers.
  bool send_drafts();
  void build(const Draft& draft, Packet& packet);
  void build_rtp(const Draft& draft, Packet& packet) const;
  void build_report(const Draft& draft, Packet& packet) const;
  void protect();
  void send_burst();

  const LoadOptions& options_;
  Side side_;
  SrtpSide srtp_;
  Link& link_;
  Judge& judge_;
  Impairment impairment_;
  std::vector<Lane> lanes_;
  std::uint64_t turns_ = 0;
  std::uint64_t report_turns_ = 0;
  std::uint32_t finished_ = 0;  ///< lanes that finish() has been through
  std::vector<Draft> drafts_;
  std::vector<Packet> burst_;  ///< built, not yet taken by the link
};

}  // namespace sallyport::load
