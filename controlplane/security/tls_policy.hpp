// Which ciphers and versions of TLS the gateway speaks (S1), and which settings cannot go together (S2): tables and
// pure functions. Used when the configuration is loaded and when contexts are made (tls_context.hpp); makes none
// itself. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::controlplane {

enum class TlsPolicy : std::uint8_t { kStrongestRsa, kStrongestEcdsa, kMediumRsa, kMediumEcdsa, kAllRsa, kAllEcdsa };

/// How far down a policy goes, weakest first; srtp_ciphers has the same three steps.
enum class CipherStrength : std::uint8_t { kAll, kMedium, kStrongest };

/// One named policy. Lists are in the server's order of preference and spelled for OpenSSL.
struct TlsPolicyRow {
  TlsPolicy policy;
  CipherStrength strength;
  std::string_view name;        ///< as the key tls_ciphers has it
  std::string_view ciphers;     ///< TLS 1.2 and older
  std::string_view suites;      ///< TLS 1.3
  std::string_view signatures;  ///< which of two certificates is shown where the cipher does not say (TLS 1.3)
};

inline constexpr std::string_view kRsaSignaturesFirst =
    "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512:"
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512";
inline constexpr std::string_view kEcdsaSignaturesFirst =
    "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:"
    "RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512";

inline constexpr std::array kTlsPolicies = {
    TlsPolicyRow{TlsPolicy::kStrongestRsa, CipherStrength::kStrongest, "strongest_rsa",
                 "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384",
                 kRsaSignaturesFirst},
    TlsPolicyRow{TlsPolicy::kStrongestEcdsa, CipherStrength::kStrongest, "strongest_ecdsa",
                 "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384",
                 kEcdsaSignaturesFirst},
    TlsPolicyRow{TlsPolicy::kMediumRsa, CipherStrength::kMedium, "medium_rsa",
                 "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:"
                 "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256",
                 "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256", kRsaSignaturesFirst},
    TlsPolicyRow{TlsPolicy::kMediumEcdsa, CipherStrength::kMedium, "medium_ecdsa",
                 "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                 "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
                 "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256", kEcdsaSignaturesFirst},
    TlsPolicyRow{TlsPolicy::kAllRsa, CipherStrength::kAll, "all_rsa",
                 "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES256-GCM-SHA384:"
                 "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:AES128-SHA",
                 "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256", kRsaSignaturesFirst},
    TlsPolicyRow{TlsPolicy::kAllEcdsa, CipherStrength::kAll, "all_ecdsa",
                 "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
                 "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256",
                 "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256", kEcdsaSignaturesFirst},
};

constexpr const TlsPolicyRow& row_of(TlsPolicy policy) noexcept {
  return kTlsPolicies[static_cast<std::size_t>(policy)];
}
/// Null where no policy has that name.
const TlsPolicyRow* find_tls_policy(std::string_view name) noexcept;

/// What the administrator chose.
struct TlsRules {
  TlsPolicy policy = TlsPolicy::kStrongestRsa;
  /// Empty, or OpenSSL's cipher string in place of the policy's list for TLS 1.2. TLS 1.3 keeps the policy's suites,
  /// unless the string names suites of TLS 1.3 ("TLS_AES_256_GCM_SHA384"), which then are the only ones. Ciphers that
  /// do not encrypt (NULL-SHA) count for authenticated devices only; anonymous ones never.
  std::string cipher_override = {};
  bool legacy_tls = false;  ///< TLS 1.0 and 1.1 too; all_* only
};

/// What a context is given: OpenSSL's words and numbers.
struct TlsOffer {
  std::string ciphers;  ///< TLS 1.2 and older
  std::string suites;   ///< TLS 1.3; empty: no TLS 1.3
  int min_version = 0;
  int max_version = 0;
  /// OpenSSL's security level. 0 is for old versions and ciphers: tls_context holds certificates to level 1 even then.
  int security_level = 2;
};

/// For connections that must encrypt. Throws SetupError where cipher_override is wrong, naming the part that is, or
/// where legacy_tls does not go with the policy.
TlsOffer encrypted_offer(const TlsRules& rules);
/// For `authenticated` devices: NULL-SHA, integrity and identity without secrecy. At most TLS 1.2, since TLS 1.3 always
/// encrypts. Throws SetupError where authenticated_problem() has something to say.
TlsOffer authenticated_offer(const TlsRules& rules);

/// Why no device can be `authenticated` under these rules, as a sentence; empty where it can.
std::string authenticated_problem(const TlsRules& rules);
/// Why legacy_tls cannot be used so, as a sentence; empty where it can.
std::string legacy_problem(const TlsRules& rules);
/// A sentence where legacy_tls = yes changes nothing because no cipher of the policy works with TLS 1.0 and 1.1; else
/// empty.
std::string legacy_warning(const TlsRules& rules);
/// A sentence where media would be protected less well than its signalling; else empty. Says nothing with a
/// cipher_override, whose strength is its author's to judge.
std::string srtp_warning(const TlsRules& rules, CipherStrength srtp);

/// "strongest", "medium", "all".
std::string_view to_string(CipherStrength strength) noexcept;

}  // namespace sallyport::controlplane
