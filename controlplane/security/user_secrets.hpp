// What is stored of a user's secret for a realm, and for which digest algorithms it serves (S6): from a password every
// HA1 can be derived, an HA1 serves its own algorithm only. Used by the store of credentials, the digest lookup and the
// report; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "controlplane/security/digest_hash.hpp"

namespace sallyport::controlplane {

enum class SecretKind : std::uint8_t { kPassword, kHa1Md5, kHa1Sha256 };

/// The record of a secret for SealingKey: no two users, realms and kinds share one. For messages, too.
std::string secret_record(std::string_view user, std::string_view realm, SecretKind kind);

/// The HA1 for an algorithm from a secret of that kind; nothing where it does not serve that algorithm.
std::optional<Ha1> ha1_from(SecretKind kind, const SecretValue& secret, std::string_view user, std::string_view realm,
                            DigestAlgorithm algorithm);

/// Whether a user with these secrets can be served by MD5 and nothing better: for the report.
bool serves_md5_only(std::span<const SecretKind> kinds) noexcept;

}  // namespace sallyport::controlplane
