#include "controlplane/security/security_profile.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "controlplane/config_sections.hpp"
#include "controlplane/config_values.hpp"

namespace sallyport::controlplane {
namespace {

template <class T>
struct Word {
  std::string_view text;
  T value;
};
template <class T>
Word(const char*, T) -> Word<T>;  // clang 14 has none by itself

constexpr std::array kModes{Word{"nonsecure", DeviceSecurity::kNonsecure},
                            Word{"authenticated", DeviceSecurity::kAuthenticated},
                            Word{"encrypted", DeviceSecurity::kEncrypted}};
constexpr std::array kTransports{Word{"tcp+udp", DeviceTransport::kTcpUdp}, Word{"tcp", DeviceTransport::kTcp},
                                 Word{"udp", DeviceTransport::kUdp}, Word{"tls", DeviceTransport::kTls}};
constexpr std::array kEnrolments{
    Word{"null_string", Enrolment::kNullString}, Word{"authentication_string", Enrolment::kAuthenticationString},
    Word{"existing_local", Enrolment::kExistingLocal}, Word{"existing_manufacturer", Enrolment::kExistingManufacturer}};
constexpr std::array kKeys{Word{"rsa-2048", DeviceKey::kRsa2048}, Word{"rsa-3072", DeviceKey::kRsa3072},
                           Word{"rsa-4096", DeviceKey::kRsa4096}, Word{"ec-256", DeviceKey::kEcP256},
                           Word{"ec-384", DeviceKey::kEcP384}};

template <class Words, class T>
bool set_word(const Words& words, T& out, std::string_view text) {
  const auto found = std::find_if(words.begin(), words.end(), [&](const auto& word) { return word.text == text; });
  if (found != words.end()) out = found->value;
  return found != words.end();
}

template <class Words, class T>
constexpr std::string_view word_of(const Words& words, T value) {
  const auto found = std::find_if(words.begin(), words.end(), [&](const auto& word) { return word.value == value; });
  return found == words.end() ? std::string_view("unknown") : found->text;
}

/// Text for people: anything but what would break a line or a table.
bool set_description(std::string& out, std::string_view text) {
  const bool good = text.size() <= 128 && std::none_of(text.begin(), text.end(), [](char c) {
                      return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
                    });
  if (good) out = text;
  return good;
}

std::string yes_no(bool value) { return value ? "yes" : "no"; }

using Text = std::string_view;
using Profile = SecurityProfile;

constexpr Text kYesNo = "yes or no";

// clang-format off: one field per row.
constexpr std::array kFields{
    ProfileField{"description", "a text of at most 128 bytes without control characters",
                 [](Profile& p, Text v) { return set_description(p.description, v); },
                 [](const Profile& p) { return p.description; }},
    ProfileField{"security", "nonsecure, authenticated or encrypted",
                 [](Profile& p, Text v) { return set_word(kModes, p.security, v); },
                 [](const Profile& p) { return std::string(word_of(kModes, p.security)); }},
    ProfileField{"transport", "tcp, udp or tcp+udp where security is nonsecure, else tls",
                 [](Profile& p, Text v) { return set_word(kTransports, p.transport, v); },
                 [](const Profile& p) { return std::string(to_string(p.transport)); }},
    ProfileField{"digest", kYesNo, [](Profile& p, Text v) { return set_yes_no(p.digest, v); },
                 [](const Profile& p) { return yes_no(p.digest); }},
    ProfileField{"nonce_validity", "a number from 10 to 86400",
                 [](Profile& p, Text v) { return set_duration(p.nonce_validity, v, 10, 86'400); },
                 [](const Profile& p) { return std::to_string(p.nonce_validity.count()); }},
    ProfileField{"sip_port", "a number from 1 to 65535",
                 [](Profile& p, Text v) { return set_number<std::uint16_t>(p.sip_port, v, 1, 65'535); },
                 [](const Profile& p) { return std::to_string(p.sip_port); }},
    ProfileField{"enrolment", "null_string, authentication_string, existing_local or existing_manufacturer",
                 [](Profile& p, Text v) { return set_word(kEnrolments, p.enrolment, v); },
                 [](const Profile& p) { return std::string(word_of(kEnrolments, p.enrolment)); }},
    ProfileField{"key_size", "rsa-2048, rsa-3072, rsa-4096, ec-256 or ec-384",
                 [](Profile& p, Text v) { return set_word(kKeys, p.key_size, v); },
                 [](const Profile& p) { return std::string(word_of(kKeys, p.key_size)); }},
    ProfileField{"encrypted_config", kYesNo, [](Profile& p, Text v) { return set_yes_no(p.encrypted_config, v); },
                 [](const Profile& p) { return yes_no(p.encrypted_config); }},
    ProfileField{"exclude_digest_credentials", kYesNo,
                 [](Profile& p, Text v) { return set_yes_no(p.exclude_digest_credentials, v); },
                 [](const Profile& p) { return yes_no(p.exclude_digest_credentials); }},
};
// clang-format on

bool fits(DeviceSecurity security, DeviceTransport transport) {
  return (security == DeviceSecurity::kNonsecure) == (transport != DeviceTransport::kTls);
}

std::uint16_t usual_port(DeviceTransport transport) {
  return sip::default_port(transport == DeviceTransport::kTls ? sip::TransportKind::kTls : sip::TransportKind::kTcp);
}

SecurityProfile predefined(std::string name, DeviceTransport transport, std::string by) {
  SecurityProfile profile;
  profile.name = std::move(name);
  profile.description = "nonsecure device, " + std::move(by) + ", without digest authentication";
  profile.transport = transport;
  profile.digest = false;
  return profile;
}

}  // namespace

std::string_view to_string(DeviceTransport transport) noexcept { return word_of(kTransports, transport); }

bool allows(DeviceTransport transport, sip::TransportKind kind) noexcept {
  switch (kind) {
    case sip::TransportKind::kUdp:
      return transport == DeviceTransport::kUdp || transport == DeviceTransport::kTcpUdp;
    case sip::TransportKind::kTcp:
      return transport == DeviceTransport::kTcp || transport == DeviceTransport::kTcpUdp;
    case sip::TransportKind::kTls:
      break;
  }
  return transport == DeviceTransport::kTls;
}

std::span<const ProfileField> profile_fields() noexcept { return kFields; }

const ProfileField* find_profile_field(std::string_view name) noexcept {
  const auto found =
      std::find_if(kFields.begin(), kFields.end(), [&](const ProfileField& field) { return field.name == name; });
  return found == kFields.end() ? nullptr : &*found;
}

void settle(SecurityProfile& profile, bool transport_given, bool port_given) {
  if (!transport_given && !fits(profile.security, profile.transport)) {
    profile.transport =
        profile.security == DeviceSecurity::kNonsecure ? DeviceTransport::kTcpUdp : DeviceTransport::kTls;
  }
  const bool usual =
      profile.sip_port == usual_port(DeviceTransport::kTls) || profile.sip_port == usual_port(DeviceTransport::kTcpUdp);
  if (!port_given && usual) profile.sip_port = usual_port(profile.transport);
}

std::string profile_problem(const SecurityProfile& profile) {
  if (fits(profile.security, profile.transport)) return {};
  const bool nonsecure = profile.security == DeviceSecurity::kNonsecure;
  return "transport = " + std::string(to_string(profile.transport)) + ": expected " +
         (nonsecure ? "tcp, udp or tcp+udp" : "tls") + ", since its security is " +
         std::string(word_of(kModes, profile.security));
}

bool is_profile_name(std::string_view name) noexcept {
  return is_section_name(name, named_section("profile")->longest_name);
}

std::span<const SecurityProfile> predefined_profiles() {
  static const std::vector<SecurityProfile> kProfiles{predefined("nonsecure", DeviceTransport::kTcpUdp, "TCP or UDP"),
                                                      predefined("nonsecure-tcp", DeviceTransport::kTcp, "TCP"),
                                                      predefined("nonsecure-udp", DeviceTransport::kUdp, "UDP")};
  return kProfiles;
}

}  // namespace sallyport::controlplane
