// The rows of the configuration's table that are about security profiles: one for each field that profiles have.
#include "controlplane/config_schema.hpp"
#include "controlplane/security/security_profile.hpp"

namespace sallyport::controlplane {
namespace {

using Text = std::string_view;

KeyRow row(Text field, Text meaning, Text unit, Text fallback, bool (*set)(Target&, Text)) {
  return {"profile", field, meaning, unit, fallback, find_profile_field(field)->expected, set};
}

/// The setter of the field of that name: a function without state, as rows have.
template <std::size_t kSize>
struct FieldName {
  constexpr FieldName(const char (&text)[kSize]) { std::copy_n(text, kSize, bytes); }
  char bytes[kSize];
};
template <FieldName kName>
bool set_field(Target& target, Text value) {
  return find_profile_field(kName.bytes)->set(*target.profile, value);
}

}  // namespace

// clang-format off: one key per row, as in the printed reference.
std::vector<KeyRow> profile_schema() {
  return {
      row("description", "for people", "", "(none)", set_field<"description">),
      row("security", "security mode of the devices that have it", "", "nonsecure", set_field<"security">),
      row("transport", "what they have to come by", "", "(by its security: tcp+udp or tls)", set_field<"transport">),
      row("digest", "whether their requests are challenged; who has no password is never let in then", "", "yes",
          set_field<"digest">),
      row("nonce_validity", "how long a nonce of digest authentication is good", "seconds", "600",
          set_field<"nonce_validity">),
      row("sip_port", "for provisioning: SIP port", "", "(by its transport: 5060 or 5061)", set_field<"sip_port">),
      row("enrolment", "for provisioning: how they get their certificate", "", "null_string", set_field<"enrolment">),
      row("key_size", "for provisioning: what key is made for them", "", "rsa-2048", set_field<"key_size">),
      row("encrypted_config", "for provisioning: whether their configuration file is encrypted", "", "no",
          set_field<"encrypted_config">),
      row("exclude_digest_credentials", "for provisioning: whether that file leaves user and password out", "", "no",
          set_field<"exclude_digest_credentials">),
  };
}
// clang-format on

}  // namespace sallyport::controlplane
