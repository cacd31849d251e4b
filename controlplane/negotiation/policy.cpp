#include "controlplane/negotiation/policy.hpp"

#include <algorithm>
#include <string_view>

namespace sallyport::controlplane {
namespace {

/// M3.
bool site_allows(SrtpCiphers ciphers, const crypto::Suite& suite) {
  switch (ciphers) {
    case SrtpCiphers::kStrongest:
      return suite.name == "AEAD_AES_256_GCM";
    case SrtpCiphers::kMedium:
      return suite.name == "AEAD_AES_256_GCM" || suite.name == "AEAD_AES_128_GCM";
    case SrtpCiphers::kAll:
      break;
  }
  return true;
}

bool is_named(const MediaPolicy& policy, const crypto::Suite& suite) {
  return std::any_of(policy.suites.begin(), policy.suites.end(),
                     [&](const crypto::Suite* named) { return named->name == suite.name; });
}

}  // namespace

std::optional<std::string> why_not_allowed(const MediaPolicy& policy, const crypto::Suite& suite) {
  if (!site_allows(policy.srtp_ciphers, suite)) {
    return policy.srtp_ciphers == SrtpCiphers::kStrongest ? "srtp_ciphers = strongest" : "srtp_ciphers = medium";
  }
  if (is_named(policy, suite)) return std::nullopt;
  if (!suite.registered) return "not registered, and not named for this party";
  if (!policy.suites.empty()) return "not among this party's suites";
  return std::nullopt;
}

std::vector<const crypto::Suite*> allowed_suites(const MediaPolicy& policy) {
  std::vector<const crypto::Suite*> allowed;
  for (const crypto::Suite& suite : crypto::kSuites) {
    if (!why_not_allowed(policy, suite)) allowed.push_back(&suite);
  }
  return allowed;
}

std::vector<const crypto::Suite*> service_suites(const MediaPolicy& policy) {
  std::vector<const crypto::Suite*> suites = allowed_suites(policy);
  if (policy.media_service_suites == MediaServiceSuites::kClassic) {
    std::erase_if(suites, [](const crypto::Suite* suite) {
      return suite->name != "AES_CM_128_HMAC_SHA1_80" && suite->name != "AES_CM_128_HMAC_SHA1_32";
    });
  }
  return suites;
}

std::optional<std::string> why_no_keys(const MediaPolicy& policy, SignallingPath path) {
  if (path == SignallingPath::kProtectedWithEncryption || policy.sdes_insecure_ok) return std::nullopt;
  return path == SignallingPath::kIntegrityOnly ? "the signalling path has integrity but no encryption"
                                                : "the signalling path is not protected";
}

}  // namespace sallyport::controlplane
