// Says which requests outside of calls are served, before anything is made or reckoned for them: by the rate of their
// peer and of all together. Who asks for more gets 503, who floods over UDP gets nothing. Made by UserAgent, which lets
// requests within calls pass by; control thread only. Sends nothing.
#pragma once

#include "controlplane/signalling/sip/admission.hpp"
#include "controlplane/signalling/sip/flow.hpp"
#include "controlplane/signalling/sip/limit_log.hpp"
#include "controlplane/signalling/sip/peer_limits.hpp"
#include "controlplane/signalling/sip/rate_limiter.hpp"

namespace sallyport::controlplane::sip {

class RequestGate {
 public:
  explicit RequestGate(LimitLog& log) : log_(log) {}

  void set_limits(const RequestLimits& limits, ConfiguredPeers configured);
  /// Of a request that is new and belongs to no call.
  Admission admit(const Flow& flow, TokenBucket::TimePoint now);
  /// Whether one that is not served (no SIP, or beyond its rate) is answered. Over UDP not always: nobody has proved
  /// that the datagram is from where it says.
  bool may_refuse(const Flow& flow, TokenBucket::TimePoint now);

 private:
  Admission refuse(Limit limit, const Flow& flow, TokenBucket::TimePoint now);

  LimitLog& log_;
  RateLimiter requests_;
  RateLimiter refusals_;
  ConfiguredPeers configured_;
  std::map<Endpoint, TokenBucket> own_;  ///< of configured peers
};

}  // namespace sallyport::controlplane::sip
