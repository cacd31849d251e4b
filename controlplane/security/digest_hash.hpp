// The sums of digest authentication (RFC 7616 3.4, RFC 8760; RFC 2069's form without qop): HA1s and responses. Used by
// both sides, digest_challenger and digest_client, and by what stores HA1s. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "controlplane/security/secret_value.hpp"
#include "crypto/secret_memory.hpp"

namespace sallyport::controlplane {

/// Weakest first.
enum class DigestAlgorithm : std::uint8_t { kMd5, kSha256 };

/// "MD5", "SHA-256".
constexpr std::string_view to_string(DigestAlgorithm algorithm) noexcept {
  return algorithm == DigestAlgorithm::kMd5 ? "MD5" : "SHA-256";
}
/// Of a digest in bytes.
constexpr std::size_t digest_size(DigestAlgorithm algorithm) noexcept {
  return algorithm == DigestAlgorithm::kMd5 ? 16 : 32;
}
/// Case is ignored; nothing for what we do not have ("MD5-sess", "SHA-512-256").
std::optional<DigestAlgorithm> parse_digest_algorithm(std::string_view name) noexcept;

/// H(user:realm:password): as good as the password itself for that user, realm and algorithm.
struct Ha1 {
  DigestAlgorithm algorithm = DigestAlgorithm::kMd5;
  crypto::HiddenBytes<32> digest;  ///< digest_size(algorithm) bytes count

  Ha1 clone() const { return {algorithm, digest.clone()}; }
};

/// Throws SetupError where OpenSSL has no such algorithm (MD5 in FIPS mode), as the other functions here.
Ha1 make_ha1(DigestAlgorithm algorithm, std::string_view user, std::string_view realm, std::string_view password);
/// As htdigest has it: lower-case hex.
SecretValue to_hex(const Ha1& ha1);
/// Nothing where that is not digest_size() bytes in hex.
std::optional<Ha1> parse_ha1(DigestAlgorithm algorithm, std::string_view hex);

/// What a response is made of besides the HA1; texts as they are on the wire, without quotes.
struct DigestInput {
  std::string_view method;
  std::string_view uri;
  std::string_view nonce;
  bool with_qop = true;  ///< qop=auth; else RFC 2069's form, without the two below
  std::string_view nonce_count = {};
  std::string_view cnonce = {};
};
/// Lower-case hex.
std::string digest_response(const Ha1& ha1, const DigestInput& input);

/// Whether two responses are the same, in constant time; hex, case is ignored.
bool same_response(std::string_view ours, std::string_view theirs) noexcept;

}  // namespace sallyport::controlplane
