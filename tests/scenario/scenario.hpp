// Scenarios are data: legs, what their parties send, what must come out, what must be dropped and why. run() plays one
// through a real gateway and judges it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/scenario/call.hpp"

namespace sallyport::scenario {

/// One packet that a leg's party sends. Unless it says otherwise it must come out at the leg's peer, in order and
/// unchanged but for the numbers that the peer leg gives it.
class Send {
 public:
  Send(std::string leg, const Rtp& rtp) : leg_(std::move(leg)), clear_(rtp.bytes()) {}
  /// RTCP; its contents must be the same on both sides, see rtcp_test for what is rewritten.
  static Send rtcp(std::string leg, Bytes packet);
  /// What is neither RTP nor RTCP, sent as it is.
  static Send raw(std::string leg, Bytes wire);

  /// Must not come out.
  Send& dropped() { return arrives_ = false, *this; }
  /// Sent, so that the party's SRTP goes on, but the network loses it.
  Send& lost() { return lost_ = true, dropped(); }
  /// Arrives so many places later than it was sent.
  Send& late(std::size_t places) { return late_ = places, *this; }
  /// The gateway has worked off everything before it arrives.
  Send& after_a_rest() { return rested_ = true, *this; }
  /// The source restarted: from here on its numbers map differently.
  Send& restarts() { return restarts_ = true, *this; }
  /// Its SRTP is made by a party of its own with the same keys, since libSRTP makes no index twice.
  Send& made_apart() { return apart_ = true, *this; }
  /// The bytes of the n-th packet of the scenario once more.
  Send& repeats(std::size_t n) { return repeats_ = n, raw_ = true, *this; }
  /// Changes the UDP payload on its way, behind SRTP.
  Send& damaged(std::function<void(Bytes&)> change) { return damage_ = std::move(change), *this; }
  /// Changes how it is framed.
  Send& framed(std::function<void(Frame&)> change) { return framing_ = std::move(change), *this; }
  /// Changes the whole frame.
  Send& frame_damaged(std::function<void(Bytes&)> change) { return frame_damage_ = std::move(change), *this; }
  /// Changes the mbuf that carries it.
  Send& in_mbuf(std::function<void(rte_mbuf*)> change) { return mbuf_ = std::move(change), *this; }

 private:
  friend class Player;
  Send(std::string leg, Bytes bytes, bool rtcp, bool raw)
      : leg_(std::move(leg)), clear_(std::move(bytes)), rtcp_(rtcp), raw_(raw) {}

  std::string leg_;
  Bytes clear_;
  bool rtcp_ = false;
  bool raw_ = false;  ///< no SRTP is made of it
  bool arrives_ = true;
  bool lost_ = false;
  bool restarts_ = false;
  bool apart_ = false;
  bool rested_ = false;
  std::size_t late_ = 0;
  std::optional<std::size_t> repeats_;
  std::function<void(Bytes&)> damage_;
  std::function<void(Frame&)> framing_;
  std::function<void(Bytes&)> frame_damage_;
  std::function<void(rte_mbuf*)> mbuf_;
};

using Sends = std::vector<Send>;

/// `count` RTP packets in sequence, 20 ms apart.
Sends talk(const std::string& leg, std::uint32_t first_sequence, std::size_t count, std::uint32_t ssrc = 0x11111111);
/// One after the other.
Sends operator+(Sends a, const Sends& b);
Sends operator+(Sends a, const Send& b);

struct Scenario {
  std::string name;  ///< as a test's name
  std::string description;
  std::vector<Leg> legs;
  Sends sends;
  std::map<dataplane::DropReason, unsigned> drops{};
  GatewayOptions gateway{};  ///< engine and layout are the run's
  std::vector<Layout> layouts{kOneWorker, kTwoWorkers, kTwoWorkersOneQueue};
};

/// Plays the scenario and fails where anything is not as it says.
void play(const Scenario& scenario, crypto::EngineKind engine, const Layout& layout);

/// One test for each scenario, engine and layout.
struct ScenarioRun {
  Scenario scenario;
  crypto::EngineKind engine;
  Layout layout;
};
std::vector<ScenarioRun> runs_of(const std::vector<Scenario>& scenarios);
std::string name_of(const ScenarioRun& run);
void PrintTo(const ScenarioRun& run, std::ostream* out);

}  // namespace sallyport::scenario
