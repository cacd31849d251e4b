// Choices of a leg that both its configuration and its worker know. Needs no DPDK.
#pragma once

#include <cstdint>

namespace sallyport::dataplane {

enum class RtcpMode : std::uint8_t {
  kPair,  ///< on the UDP port above RTP's, both ends
  kMux,   ///< on RTP's port (RFC 5761)
  kOff,
};

/// Whose packets a plain RTP leg takes. An SRTP leg takes what authenticates.
enum class SourceCheck : std::uint8_t { kAddress, kAddressAndPort, kOff };

}  // namespace sallyport::dataplane
