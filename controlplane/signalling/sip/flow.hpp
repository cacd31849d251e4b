// One way to a peer, as it is known for each message: a connection, or a UDP socket with a remote address. A value.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "controlplane/endpoint.hpp"
#include "controlplane/security/tls_peer.hpp"

namespace sallyport::controlplane::sip {

enum class TransportKind : std::uint8_t { kUdp, kTcp, kTls };

/// As Via spells it: "UDP", "TCP", "TLS".
constexpr std::string_view name_of(TransportKind kind) noexcept {
  return kind == TransportKind::kUdp ? "UDP" : kind == TransportKind::kTcp ? "TCP" : "TLS";
}
constexpr std::uint16_t default_port(TransportKind kind) noexcept { return kind == TransportKind::kTls ? 5061 : 5060; }

/// Of a connection, or of a UDP socket of ours; never used again, so that what is kept by it can meet no stranger.
using FlowId = std::uint64_t;

struct Flow {
  FlowId id = 0;
  TransportKind kind = TransportKind::kUdp;
  Endpoint local;
  Endpoint remote;
  /// What TLS gives and who the peer is; null without TLS.
  std::shared_ptr<const TlsPeer> tls;

  /// Whether messages arrive without our sending them again (RFC 3261 17).
  bool reliable() const noexcept { return kind != TransportKind::kUdp; }
};

}  // namespace sallyport::controlplane::sip
