// Legs with a party at the far end of each: clear packets in, clear packets out, SRTP by libSRTP on both sides.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "tests/scenario/gateway.hpp"

namespace sallyport::scenario {

/// The layouts that every scenario must not notice: who received a packet, who owns its stream, who can send it.
inline constexpr Layout kOneWorker{"OneWorker", 1, 1};
inline constexpr Layout kTwoWorkers{"TwoWorkers", 2, 2};
/// The second worker has no queue: what it sends goes out through the first.
inline constexpr Layout kTwoWorkersOneQueue{"TwoWorkersOneQueue", 2, 1};

/// The buffers that all tests of the program share.
drivers::MbufPool& test_pool();

/// What a party got.
struct Received {
  bool rtcp = false;
  Bytes clear;
  ReadFrame frame;
};

class Call {
 public:
  Call(const GatewayOptions& options, std::vector<Leg> legs);

  Gateway& gateway() { return gateway_; }
  const Leg& leg(const std::string& name) const;
  /// What the leg's party and this know of its RTCP, from now on.
  void expect_rtcp(const std::string& name, dataplane::RtcpMode mode);
  Party& party(const std::string& leg) { return parties_.at(leg); }
  void replace_party(const std::string& leg, Party party) { parties_.at(leg) = std::move(party); }

  /// The frame in which a leg's party sends these bytes.
  Frame frame(const std::string& leg, Bytes wire, bool rtcp) const;
  /// Puts a frame on the leg's side; makes the gateway work where its ring is full.
  void inject(const std::string& leg, const Bytes& frame, const std::function<void(rte_mbuf*)>& adjust = {});
  /// A clear packet as the leg's party sends it.
  void send(const std::string& leg, const Bytes& clear, bool rtcp = false);
  void send_rtcp(const std::string& leg, const Bytes& clear) { send(leg, clear, true); }

  /// Lets the gateway work until it rests, and reads all that came out. Every frame must be right in every field and
  /// authenticate.
  void settle();
  /// settle(), then what came for the leg since the last call.
  std::vector<Received> received(const std::string& leg);
  /// received() of exactly one packet.
  Received received_one(const std::string& leg);

 private:
  void sort(const Bytes& frame);

  std::vector<Leg> legs_;
  Gateway gateway_;
  std::map<std::string, Party> parties_;
  std::map<std::string, std::vector<Received>> inbox_;
};

/// Fails where a reason's count is not the one given (0 where none is).
void expect_drops(const Gateway& gateway, const std::map<dataplane::DropReason, unsigned>& expected);

}  // namespace sallyport::scenario
