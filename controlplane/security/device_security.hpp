// What a device's security mode asks of the connection that it comes by (S2, S5, S8). Pure functions, used by the SIP
// user agent for every request that says to be from a device; digest comes on top.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "controlplane/security/tls_peer.hpp"

namespace sallyport::controlplane {

/// Weakest first.
enum class DeviceSecurity : std::uint8_t {
  kNonsecure,      ///< UDP or TCP, RTP
  kAuthenticated,  ///< TLS at least with NULL-SHA: integrity and identity; RTP
  kEncrypted,      ///< TLS that encrypts; SRTP
};

enum class ClusterSecurity : std::uint8_t {
  kNonsecure,  ///< every device is treated as nonsecure
  kMixed,      ///< each as its profile says
};

/// "nonsecure", "authenticated", "encrypted".
std::string_view to_string(DeviceSecurity security) noexcept;

constexpr DeviceSecurity effective_security(ClusterSecurity cluster, DeviceSecurity device) noexcept {
  return cluster == ClusterSecurity::kMixed ? device : DeviceSecurity::kNonsecure;
}

/// Whether media keys may go over a signalling path and are believed when they come by it. `tls` null: UDP or TCP.
inline bool may_carry_keys(const TlsPeer* tls) noexcept { return tls != nullptr && tls->encrypted; }

/// Why `device` may not speak over that path, as a sentence; empty where it may. `security`: the effective one.
/// `certificate_needed`: whether a device without a certificate is refused; one that shows somebody else's always is.
std::string path_problem(std::string_view device, DeviceSecurity security, const TlsPeer* tls, bool certificate_needed);

}  // namespace sallyport::controlplane
