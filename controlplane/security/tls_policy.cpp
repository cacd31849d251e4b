#include "controlplane/security/tls_policy.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "controlplane/security/openssl_handles.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using Context = std::unique_ptr<SSL_CTX, OpensslFreer<SSL_CTX_free>>;

static_assert([] {
  for (std::size_t i = 0; i < kTlsPolicies.size(); ++i) {
    if (static_cast<std::size_t>(kTlsPolicies[i].policy) != i) return false;
  }
  return true;
}());

constexpr std::string_view kNullSha = "NULL-SHA";

std::vector<std::string_view> elements_of(std::string_view ciphers) {
  std::vector<std::string_view> elements;
  while (!ciphers.empty()) {
    const std::size_t end = std::min(ciphers.find_first_of(":, "), ciphers.size());
    if (end > 0) elements.push_back(ciphers.substr(0, end));
    ciphers.remove_prefix(std::min(end + 1, ciphers.size()));
  }
  return elements;
}

/// OpenSSL itself passes over what it does not know as long as anything is left.
bool openssl_knows(std::string_view list, bool suites) {
  const Context context(SSL_CTX_new(TLS_method()));
  const std::string text(list);
  const bool known = context && (suites ? SSL_CTX_set_ciphersuites(context.get(), text.c_str()) == 1
                                        : SSL_CTX_set_cipher_list(context.get(), (text + ":@SECLEVEL=0").c_str()) == 1);
  ERR_clear_error();
  return known;
}

bool is_suite(std::string_view element) { return element.starts_with("TLS_"); }

/// "@STRENGTH", "@SECLEVEL=0" to "@SECLEVEL=5"; the number in `level`.
bool take_command(std::string_view element, std::optional<int>& level) {
  constexpr std::string_view kLevel = "@SECLEVEL=";
  if (!element.starts_with(kLevel)) return element == "@STRENGTH";
  if (element.size() != kLevel.size() + 1 || element.back() < '0' || element.back() > '5') return false;
  level = element.back() - '0';
  return true;
}

struct Override {
  std::string ciphers;
  std::string suites;
  std::optional<int> security_level;
};

void append(std::string& list, std::string_view element) {
  if (!list.empty()) list += ':';
  list += element;
}

Override parse_override(const std::string& text) {
  Override result;
  for (const std::string_view element : elements_of(text)) {
    // What is taken out may be unknown: "!RC4" is right with an OpenSSL that has no RC4.
    const bool removes = element.front() == '!' || element.front() == '-';
    const bool moves = element.front() == '+';
    const std::string_view name = element.substr(removes || moves ? 1 : 0);
    // The suites of TLS 1.3 are a plain list.
    const bool known = element.front() == '@' ? take_command(element, result.security_level)
                       : is_suite(name)       ? !removes && !moves && openssl_knows(name, true)
                                              : removes || openssl_knows(name, false);
    if (!known) {
      throw SetupError("cipher_override '" + text + "': '" + std::string(element) +
                       "' is no cipher, group of ciphers or command that OpenSSL knows");
    }
    append(is_suite(element) ? result.suites : result.ciphers, element);
  }
  return result;
}

bool has_null_sha(const std::string& ciphers) {
  const Context context(SSL_CTX_new(TLS_method()));
  if (!context || SSL_CTX_set_cipher_list(context.get(), (ciphers + ":@SECLEVEL=0").c_str()) != 1) {
    ERR_clear_error();
    return false;
  }
  const STACK_OF(SSL_CIPHER)* list = SSL_CTX_get_ciphers(context.get());
  for (int i = 0; i < sk_SSL_CIPHER_num(list); ++i) {
    if (kNullSha == SSL_CIPHER_get_name(sk_SSL_CIPHER_value(list, i))) return true;
  }
  return false;
}

}  // namespace

std::string_view to_string(CipherStrength strength) noexcept {
  return strength == CipherStrength::kStrongest ? "strongest" : strength == CipherStrength::kMedium ? "medium" : "all";
}

const TlsPolicyRow* find_tls_policy(std::string_view name) noexcept {
  const auto* found =
      std::find_if(kTlsPolicies.begin(), kTlsPolicies.end(), [&](const TlsPolicyRow& row) { return row.name == name; });
  return found == kTlsPolicies.end() ? nullptr : found;
}

TlsOffer encrypted_offer(const TlsRules& rules) {
  if (const std::string problem = legacy_problem(rules); !problem.empty()) throw SetupError(problem);
  const TlsPolicyRow& row = row_of(rules.policy);
  TlsOffer offer;
  offer.ciphers = row.ciphers;
  offer.suites = row.suites;
  // Devices of the days of AES128-SHA have certificates of those days.
  offer.security_level = row.strength == CipherStrength::kAll ? 1 : 2;
  if (!rules.cipher_override.empty()) {
    Override chosen = parse_override(rules.cipher_override);
    offer.ciphers = std::move(chosen.ciphers) + ":!aNULL:!eNULL";
    if (!openssl_knows(offer.ciphers, false)) {
      throw SetupError(
          "cipher_override '" + rules.cipher_override +
          "': leaves no cipher that encrypts with TLS 1.2: expected one, such as ECDHE-RSA-AES256-GCM-SHA384");
    }
    if (!chosen.suites.empty()) offer.suites = std::move(chosen.suites);
    offer.security_level = chosen.security_level.value_or(offer.security_level);
  }
  offer.min_version = rules.legacy_tls ? TLS1_VERSION : TLS1_2_VERSION;
  offer.max_version = TLS1_3_VERSION;
  // OpenSSL 3 has TLS 1.0 and 1.1 at level 0 only.
  if (rules.legacy_tls) offer.security_level = 0;
  return offer;
}

TlsOffer authenticated_offer(const TlsRules& rules) {
  if (const std::string problem = authenticated_problem(rules); !problem.empty()) throw SetupError(problem);
  TlsOffer offer;
  offer.ciphers = kNullSha;
  offer.min_version = rules.legacy_tls ? TLS1_VERSION : TLS1_2_VERSION;
  offer.max_version = TLS1_2_VERSION;
  offer.security_level = 0;
  return offer;
}

std::string authenticated_problem(const TlsRules& rules) {
  if (const std::string problem = legacy_problem(rules); !problem.empty()) return problem;
  if (!rules.cipher_override.empty()) {
    if (has_null_sha(parse_override(rules.cipher_override).ciphers)) return {};
    return "security mode 'authenticated' needs NULL-SHA, which cipher_override '" + rules.cipher_override +
           "' does not have: add NULL-SHA to it, or make the devices 'encrypted'";
  }
  const TlsPolicyRow& row = row_of(rules.policy);
  if (row.strength == CipherStrength::kAll) return {};
  return "security mode 'authenticated' needs NULL-SHA, which tls_ciphers = " + std::string(row.name) +
         " does not allow: expected all_rsa or all_ecdsa, or devices that are 'encrypted'";
}

std::string legacy_problem(const TlsRules& rules) {
  const TlsPolicyRow& row = row_of(rules.policy);
  if (!rules.legacy_tls || row.strength == CipherStrength::kAll) return {};
  return "legacy_tls = yes allows TLS 1.0 and 1.1, which tls_ciphers = " + std::string(row.name) +
         " does not: expected all_rsa or all_ecdsa, or legacy_tls = no";
}

std::string legacy_warning(const TlsRules& rules) {
  if (!rules.legacy_tls || !rules.cipher_override.empty() || rules.policy != TlsPolicy::kAllEcdsa) return {};
  return "legacy_tls = yes has no effect on encrypted connections with tls_ciphers = all_ecdsa: none of its ciphers "
         "works with TLS 1.0 or 1.1 (all_rsa has AES128-SHA)";
}

std::string srtp_warning(const TlsRules& rules, CipherStrength srtp) {
  const TlsPolicyRow& row = row_of(rules.policy);
  if (!rules.cipher_override.empty() || srtp >= row.strength) return {};
  return "srtp_ciphers = " + std::string(to_string(srtp)) + " is weaker than tls_ciphers = " + std::string(row.name) +
         ": media may be protected less well than the signalling that carries its keys";
}

}  // namespace sallyport::controlplane
