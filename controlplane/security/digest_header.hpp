// Values of WWW-Authenticate, Proxy-Authenticate, Authorization and Proxy-Authorization (RFC 3261 25.1, RFC 7616 3.3,
// 3.4, RFC 8760): one challenge or one set of credentials each, as RFC 3261 7.3.1 wants it. Strict about what decides
// (nothing twice, nothing missing, no control characters), tolerant of case, order, blanks, quotes where none belong
// and none where they do. Any thread; knows no keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "controlplane/security/digest_hash.hpp"

namespace sallyport::controlplane {

/// What of qop there is.
enum class DigestQop : std::uint8_t {
  kNone,   ///< RFC 2069's form
  kAuth,   ///< alone or among others
  kOther,  ///< auth-int only, or unknown
};

struct DigestChallenge {
  std::string realm;
  std::string nonce;
  std::optional<std::string> opaque;
  std::optional<DigestAlgorithm> algorithm;  ///< nothing: one that we do not have
  bool algorithm_given = false;              ///< else it is MD5 (RFC 7616 3.3)
  DigestQop qop = DigestQop::kNone;
  bool stale = false;

  /// Nothing where the scheme is not Digest or a part is missing or malformed.
  static std::optional<DigestChallenge> parse(std::string_view value);
  std::string to_string() const;
};

struct DigestCredentials {
  std::string user;
  std::string realm;
  std::string nonce;
  std::string uri;
  std::string response;
  std::optional<std::string> opaque;
  std::optional<DigestAlgorithm> algorithm;  ///< nothing: one that we do not have
  bool algorithm_given = false;
  DigestQop qop = DigestQop::kNone;
  std::string cnonce;       ///< with qop
  std::string nonce_count;  ///< with qop: eight hex digits, as written
  std::uint32_t count = 0;  ///< the same as a number

  /// Nothing where the scheme is not Digest or a part is missing or malformed.
  static std::optional<DigestCredentials> parse(std::string_view value);
  std::string to_string() const;
};

/// Whether the value is of the scheme Digest at all.
bool is_digest(std::string_view value) noexcept;
/// "nextnonce" of Authentication-Info or Proxy-Authentication-Info (RFC 7616 3.5).
std::optional<std::string> next_nonce(std::string_view value);

}  // namespace sallyport::controlplane
