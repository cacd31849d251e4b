// What peers may ask of SIP's sockets and of whoever serves their requests. Values, as the configuration says them.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>

#include "controlplane/signalling/sip/flow.hpp"

namespace sallyport::controlplane::sip {

/// How patient we are with one connection.
struct ConnectionLimits {
  std::chrono::milliseconds handshake{10'000};  ///< TCP connect and TLS handshake together
  /// From a message's first byte to its last; for the first one that a peer brings, from the handshake on.
  std::chrono::milliseconds message{10'000};
  std::chrono::milliseconds idle{900'000};  ///< nothing received
  std::size_t unsent = 1024 * 1024;         ///< bytes that the peer has not taken
};

/// A peer is an IPv4 address or the /64 of an IPv6 one.
struct ConnectionCountLimits {
  std::size_t in_all = 20'000;
  std::size_t per_peer = 2'000;
  /// Connections that came in and have not brought a message yet, by handshake or silence. The oldest one has to go for
  /// one beyond `half_open`.
  std::size_t half_open = 4'000;
  std::size_t half_open_per_peer = 1'000;
  unsigned new_per_peer = 200;  ///< a second, and ten times that after a pause; 0: no limit
};

/// Requests outside of calls, a second; 0: no limit. A peer has ten times that after a pause, all together twice.
struct RequestLimits {
  unsigned per_peer = 500;
  unsigned in_all = 5'000;
};

/// Peers of the configuration with the requests a second that each may send; 0: no limit. They count for themselves,
/// not with all, and their connections count only in all. With port 0 one that connects, from whatever port; else one
/// that sends datagrams from that port: whoever forges an address is to know that, too.
using ConfiguredPeers = std::map<Endpoint, unsigned>;

/// Who a flow is from, as ConfiguredPeers has it.
inline Endpoint configured_as(const Flow& flow) noexcept {
  return {flow.remote.address, flow.reliable() ? std::uint16_t{0} : flow.remote.port};
}

struct TransportLimits {
  ConnectionLimits connection;
  ConnectionCountLimits counts;
};

struct PeerLimits {
  TransportLimits transport;
  RequestLimits requests;
  ConfiguredPeers configured;
};

}  // namespace sallyport::controlplane::sip
