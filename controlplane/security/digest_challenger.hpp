// The server's side of digest authentication (RFC 3261 22, RFC 7616, RFC 8760; S6): makes the challenges of one realm
// and judges what comes back. Nonces carry their time and a MAC, so that a challenge costs no memory. Owned by the SIP
// user agent, control thread; decides neither who is challenged nor what an authenticated user may do.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/security/digest_hash.hpp"
#include "controlplane/security/nonce_window.hpp"
#include "crypto/bytes.hpp"

namespace sallyport::controlplane {

struct DigestCredentials;

enum class DigestVerdict : std::uint8_t {
  kAccepted,
  kAbsent,       ///< no credentials for this realm: challenge
  kMalformed,    ///< 400 Bad Request
  kUnsupported,  ///< an algorithm or qop that was not offered: challenge
  kUnknownUser,  ///< or one without a secret for that algorithm: challenge
  kWrong,        ///< not made from the user's secret: challenge
  kStale,        ///< the right secret, a nonce that is too old or not ours: challenge with stale=true
  kReplayed,     ///< the right secret, a nonce count that was used: challenge with stale=true
};
/// For logs: "wrong password".
std::string_view to_string(DigestVerdict verdict) noexcept;
/// Whether a new challenge after that verdict says stale=true: the client need not ask its user again.
constexpr bool is_stale(DigestVerdict verdict) noexcept {
  return verdict == DigestVerdict::kStale || verdict == DigestVerdict::kReplayed;
}

struct DigestResult {
  DigestVerdict verdict = DigestVerdict::kAbsent;
  std::string user;  ///< as the credentials claim; who it is only with kAccepted
  DigestAlgorithm algorithm = DigestAlgorithm::kMd5;
};

class DigestChallenger {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// The secret of a user of this realm for an algorithm; nothing where there is none.
  using Lookup = std::function<std::optional<Ha1>(std::string_view user, DigestAlgorithm algorithm)>;

  struct Settings {
    std::string realm;
    /// The preferred one first (RFC 8760 2.2).
    std::vector<DigestAlgorithm> algorithms = {DigestAlgorithm::kSha256, DigestAlgorithm::kMd5};
    /// Whether credentials without qop (RFC 2069) are taken, once per nonce.
    bool without_qop = false;
    std::size_t remembered_nonces = 65'536;
  };
  /// Throws SetupError where the system gives no random numbers.
  explicit DigestChallenger(Settings settings, Time start = std::chrono::steady_clock::now());

  /// Values of WWW-Authenticate or Proxy-Authenticate, one header field each, in this order. `only`: for a user who can
  /// be served by one algorithm only.
  std::vector<std::string> challenges(Time now, bool stale, std::optional<DigestAlgorithm> only = {}) const;

  /// What the request under `method` proves. `values`: all its Authorization (or Proxy-Authorization) values; those of
  /// other schemes and realms are passed over. A nonce is good for `validity`. The URI in the credentials is part of
  /// what is hashed and need not be the Request-URI, which proxies rewrite (RFC 3261 22.4).
  DigestResult check(std::span<const std::string> values, std::string_view method, std::chrono::seconds validity,
                     const Lookup& lookup, Time now);

 private:
  DigestResult judge(const DigestCredentials& credentials, std::string_view method, std::chrono::seconds validity,
                     const Lookup& lookup, Time now);
  std::string nonce_of(const NonceId& id) const;
  /// Nothing where we did not make it.
  std::optional<NonceId> id_of(std::string_view nonce) const;
  std::uint64_t since_start(Time now) const noexcept;

  Settings settings_;
  Time start_;
  crypto::HiddenBytes<32> key_;
  NonceWindow window_;
  Ha1 nobody_;  ///< what an unknown user's response is compared with, so that it takes as long
};

}  // namespace sallyport::controlplane
