// The client's side of digest authentication (RFC 3261 22, RFC 7616, RFC 8760; S6): answers 401 and 407 by realm with
// the strongest algorithm that the server offers and we have, and goes on with the same nonce in later requests. One
// per peer (a trunk), owned by the SIP user agent; control thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "controlplane/security/digest_hash.hpp"
#include "controlplane/security/digest_header.hpp"

namespace sallyport::controlplane {

/// Who asks: the server (401, WWW-Authenticate, answered in Authorization) or a proxy (407, Proxy-...).
enum class DigestAsker : std::uint8_t { kServer, kProxy };

/// Who we are for a realm.
struct DigestAccount {
  std::string realm;  ///< empty: whatever realm asks; then a password is needed
  std::string user;
  SecretValue password = {};   ///< or
  std::vector<Ha1> ha1s = {};  ///< of that realm, for some algorithms
};

/// How often one request was challenged; lives as long as the request.
class DigestAttempts {
 public:
  /// Whether another answer makes sense: to the first challenge of an asker and realm always, then only where it says
  /// that the nonce was stale, and never more than three times.
  bool may_answer(DigestAsker asker, const DigestChallenge& challenge);

 private:
  struct Tried {
    DigestAsker asker;
    std::string realm;
    unsigned times;
  };
  std::vector<Tried> tried_;
};

enum class DigestOutcome : std::uint8_t {
  kAnswerable,   ///< send the request again with answers()
  kRefused,      ///< our answer was not taken: the password or the user is wrong
  kNoAccount,    ///< no account for that realm
  kUnsupported,  ///< no challenge that we understand with an algorithm that we have a secret for
};
/// For logs.
std::string_view to_string(DigestOutcome outcome) noexcept;

class DigestClient {
 public:
  explicit DigestClient(std::vector<DigestAccount> accounts) : accounts_(std::move(accounts)) {}

  /// Takes all challenges of one response. `attempts`: of the request that was challenged.
  DigestOutcome take(DigestAsker asker, std::span<const std::string> challenges, DigestAttempts& attempts);

  /// Values for a request: Authorization for kServer, Proxy-Authorization for kProxy. Each use counts. Empty before the
  /// first challenge.
  std::vector<std::string> answers(DigestAsker asker, std::string_view method, std::string_view uri);

  /// Takes the next nonce that a 2xx brings in Authentication-Info or Proxy-Authentication-Info, where one realm asked.
  void take_info(DigestAsker asker, std::string_view value);

 private:
  /// One realm's challenge that we can answer.
  struct Space {
    DigestAsker asker;
    DigestChallenge challenge;
    std::string user;
    Ha1 ha1;
    std::uint32_t count = 0;
  };

  const DigestAccount* account_for(const std::string& realm) const noexcept;
  /// Nothing where the account has no secret for the challenge.
  static std::optional<Ha1> secret_for(const DigestAccount& account, const DigestChallenge& challenge);
  void remember(Space space);

  std::vector<DigestAccount> accounts_;
  std::vector<Space> spaces_;
};

}  // namespace sallyport::controlplane
