#include "controlplane/session/trunk_target.hpp"

namespace sallyport::controlplane {

using sip::TransportKind;

std::string to_string(const TrunkTarget& target) {
  const char* transport = target.kind == TransportKind::kUdp   ? "udp:"
                          : target.kind == TransportKind::kTcp ? "tcp:"
                                                               : "tls:";
  return transport + target.remote.to_string();
}

std::string target_uri(std::string_view user, const TrunkTarget& target) {
  std::string uri = "sip:";
  uri.append(user).append(user.empty() ? "" : "@").append(target.remote.to_string());
  if (target.kind == TransportKind::kTcp) uri += ";transport=tcp";
  if (target.kind == TransportKind::kTls) uri += ";transport=tls";
  return uri;
}

const std::string& server_name(const TrunkConfig& trunk) {
  return trunk.security == DeviceSecurity::kNonsecure ? trunk.certificate_name : trunk.device();
}

sip::Destination destination_of(const TrunkConfig& trunk, const TrunkTarget& target, sip::Connection::TlsContext tls) {
  if (target.kind != TransportKind::kTls) return {target.kind, target.remote, {}, nullptr};
  return {target.kind, target.remote, server_name(trunk), std::move(tls)};
}

}  // namespace sallyport::controlplane
