#include "controlplane/security/user_secrets.hpp"

#include <algorithm>

namespace sallyport::controlplane {

std::string secret_record(std::string_view user, std::string_view realm, SecretKind kind) {
  std::string record;
  // A quote within a name is doubled, so that names cannot be moved into one another.
  const auto add = [&record](std::string_view what, std::string_view name) {
    record.append(what).append(" '");
    for (const char c : name) record.append(c == '\'' ? 2 : 1, c);
    record += "'";
  };
  add("user", user);
  add(" in realm", realm);
  record += kind == SecretKind::kPassword ? ", password" : kind == SecretKind::kHa1Md5 ? ", HA1 MD5" : ", HA1 SHA-256";
  return record;
}

std::optional<Ha1> ha1_from(SecretKind kind, const SecretValue& secret, std::string_view user, std::string_view realm,
                            DigestAlgorithm algorithm) {
  if (kind == SecretKind::kPassword) return make_ha1(algorithm, user, realm, secret.view());
  const DigestAlgorithm serves = kind == SecretKind::kHa1Md5 ? DigestAlgorithm::kMd5 : DigestAlgorithm::kSha256;
  return serves == algorithm ? parse_ha1(algorithm, secret.view()) : std::nullopt;
}

bool serves_md5_only(std::span<const SecretKind> kinds) noexcept {
  return !kinds.empty() &&
         std::all_of(kinds.begin(), kinds.end(), [](SecretKind kind) { return kind == SecretKind::kHa1Md5; });
}

}  // namespace sallyport::controlplane
