#include "controlplane/security/device_security.hpp"

namespace sallyport::controlplane {

std::string_view to_string(DeviceSecurity security) noexcept {
  switch (security) {
    case DeviceSecurity::kNonsecure:
      return "nonsecure";
    case DeviceSecurity::kAuthenticated:
      return "authenticated";
    case DeviceSecurity::kEncrypted:
      return "encrypted";
  }
  return "unknown";
}

std::string path_problem(std::string_view device, DeviceSecurity security, const TlsPeer* tls,
                         bool certificate_needed) {
  if (security == DeviceSecurity::kNonsecure) return {};
  const std::string who =
      "device '" + std::string(device) + "', whose security mode is " + std::string(to_string(security)) + ",";
  if (tls == nullptr) return who + " came without TLS";
  if (security == DeviceSecurity::kEncrypted && !tls->encrypted) {
    return who + " came by " + tls->cipher + ", which does not encrypt";
  }
  if (tls->names.empty()) return certificate_needed ? who + " showed no certificate that verifies" : std::string();
  if (!tls->is(device)) return who + " showed the certificate of '" + tls->names.front() + "'";
  return {};
}

}  // namespace sallyport::controlplane
