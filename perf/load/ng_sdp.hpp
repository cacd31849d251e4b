// The SDP of one side of a stream, as far as a generator that drives a gateway needs it: one audio stream, its address,
// and a key in the manner of SDES (RFC 4568). Pure; used by the calls of ng.
#pragma once

#include <string_view>

#include "controlplane/secret_text.hpp"
#include "perf/load/options.hpp"

namespace sallyport::load {

/// An a=crypto line of a known suite.
struct NgCrypto {
  unsigned tag = 1;
  controlplane::SecretString key;  ///< as parse_sdes_keys() takes it
};

/// What the gateway says about its end.
struct NgMedia {
  Endpoint local;
  NgCrypto crypto;  ///< only with a suite
};

/// Our end at `local`; with a suite it is RTP/SAVP and has one a=crypto line.
controlplane::SecretString write_sdp(const Endpoint& local, std::uint8_t payload_type, const crypto::Suite* suite,
                                     const NgCrypto& crypto);

/// The gateway's end, of the first m= line. Throws UsageError that says what is missing; with a suite that is its
/// a=crypto line, without one any is a mistake. The text holds nothing of a key.
NgMedia read_sdp(std::string_view sdp, const crypto::Suite* suite);

}  // namespace sallyport::load
