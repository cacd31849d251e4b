// Takes what came out of the gateway in one direction, decrypts it in bursts, and hands it to the judge. One thread.
#pragma once

#include "perf/load/judge.hpp"
#include "perf/load/link.hpp"
#include "perf/load/srtp_side.hpp"

namespace sallyport::load {

class Receiver {
 public:
  /// The judge outlives the receiver.
  Receiver(RtcpMode rtcp, SrtpSide srtp, Judge& judge) : rtcp_(rtcp), srtp_(std::move(srtp)), judge_(judge) {}

  /// At most kBurst packets of this direction, received at `now`. They are decrypted in place.
  void take(std::span<Packet> packets, dataplane::Tsc now);

 private:
  bool is_rtcp(const Packet& packet) const noexcept;
  void decrypt(std::span<Packet> packets, dataplane::Tsc now);
  void accept(const Packet& packet, bool rtcp, dataplane::Tsc now);
  void refuse(const Packet& packet, bool rtcp, crypto::Verdict verdict);

  RtcpMode rtcp_;
  SrtpSide srtp_;
  Judge& judge_;
};

}  // namespace sallyport::load
