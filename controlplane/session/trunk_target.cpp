#include "controlplane/session/trunk_target.hpp"

namespace sallyport::controlplane {

using sip::TransportKind;

namespace {

const char* prefix_of(TransportKind kind) {
  return kind == TransportKind::kUdp ? "udp:" : kind == TransportKind::kTcp ? "tcp:" : "tls:";
}

/// "HOST", "HOST:PORT" or "ADDRESS:PORT".
std::string host_and_port(const TrunkTarget& target) {
  if (target.host.empty()) return target.remote.to_string();
  return target.port == 0 ? target.host : target.host + ":" + std::to_string(target.port);
}

}  // namespace

std::string configured(const TrunkTarget& target) { return prefix_of(target.kind) + host_and_port(target); }

std::string to_string(const TrunkTarget& target) {
  std::string text = prefix_of(target.kind) + target.remote.to_string();
  return target.host.empty() ? text : text.append(" (").append(target.host).append(")");
}

std::string target_uri(std::string_view user, const TrunkTarget& target) {
  std::string uri = "sip:";
  uri.append(user).append(user.empty() ? "" : "@").append(host_and_port(target));
  if (target.kind == TransportKind::kTcp) uri += ";transport=tcp";
  if (target.kind == TransportKind::kTls) uri += ";transport=tls";
  return uri;
}

const std::string& server_name(const TrunkConfig& trunk, const TrunkTarget& target) {
  const bool named = trunk.certificate_name.empty() && !target.host.empty();
  if (named) return target.host;
  return trunk.security == DeviceSecurity::kNonsecure ? trunk.certificate_name : trunk.device();
}

std::vector<std::string> server_names(const TrunkConfig& trunk) {
  if (!trunk.certificate_name.empty()) return {trunk.certificate_name};
  std::vector<std::string> names;
  for (const TrunkTarget& target : trunk.targets) names.push_back(target.host.empty() ? trunk.name : target.host);
  return names;
}

sip::Destination destination_of(const TrunkConfig& trunk, const TrunkTarget& target, sip::Connection::TlsContext tls) {
  if (target.kind != TransportKind::kTls) return {target.kind, target.remote, {}, nullptr};
  return {target.kind, target.remote, server_name(trunk, target), std::move(tls)};
}

}  // namespace sallyport::controlplane
