// A security profile (S4): a named set of what a device has to keep to, and what provisioning tells it. A value with
// one table of its fields, which the configuration, the store and the command line all read and write by. Pure, any
// thread; who has a profile and what may become of it is for profiles.hpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "controlplane/security/device_security.hpp"
#include "controlplane/signalling/sip/flow.hpp"

namespace sallyport::controlplane {

/// What a device registers by (S3). The secure modes have TLS, the nonsecure one has one of the others.
enum class DeviceTransport : std::uint8_t { kTcpUdp, kTcp, kUdp, kTls };

/// How a device gets its certificate (P2): of provisioning.
enum class Enrolment : std::uint8_t { kNullString, kAuthenticationString, kExistingLocal, kExistingManufacturer };

/// What key is made for it: of provisioning.
enum class DeviceKey : std::uint8_t { kRsa2048, kRsa3072, kRsa4096, kEcP256, kEcP384 };

struct SecurityProfile {
  std::string name;
  std::string description;
  DeviceSecurity security = DeviceSecurity::kNonsecure;
  DeviceTransport transport = DeviceTransport::kTcpUdp;
  bool digest = true;  ///< whether its requests are challenged
  std::chrono::seconds nonce_validity{600};
  // What provisioning reads; nothing within the gateway depends on it.
  std::uint16_t sip_port = 5060;
  Enrolment enrolment = Enrolment::kNullString;
  DeviceKey key_size = DeviceKey::kRsa2048;
  bool encrypted_config = false;            ///< its configuration file is encrypted to its key (P5)
  bool exclude_digest_credentials = false;  ///< they are left out of that file

  bool operator==(const SecurityProfile&) const = default;
};

/// "tcp+udp", "tcp", "udp", "tls".
std::string_view to_string(DeviceTransport transport) noexcept;
/// Whether a device of that transport may come by that kind of flow.
bool allows(DeviceTransport transport, sip::TransportKind kind) noexcept;

struct ProfileField {
  std::string_view name;      ///< in the file, the store and on the command line
  std::string_view expected;  ///< ends the sentence "expected ..."
  /// False where the text is no value of it; then nothing has changed.
  bool (*set)(SecurityProfile&, std::string_view);
  std::string (*get)(const SecurityProfile&);
};

/// All but the name, in the order that they are shown in.
std::span<const ProfileField> profile_fields() noexcept;
/// Null where there is none of that name.
const ProfileField* find_profile_field(std::string_view name) noexcept;

/// Makes transport and port follow the security mode where they were not given: a transport that does not fit becomes
/// that mode's own, a port that is another transport's default becomes this one's.
void settle(SecurityProfile& profile, bool transport_given, bool port_given);
/// Why its values do not go together (S3), as in "transport = udp: expected tls, since ...": empty where they do.
std::string profile_problem(const SecurityProfile& profile);

/// A name as sections of the configuration have it: 1 to 31 letters, digits, '-' and '_'.
bool is_profile_name(std::string_view name) noexcept;

/// The nonsecure profiles that are always there and can be neither changed nor deleted: nonsecure, nonsecure-tcp,
/// nonsecure-udp.
std::span<const SecurityProfile> predefined_profiles();

}  // namespace sallyport::controlplane
