#include "controlplane/security/digest_hash.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "controlplane/hex.hpp"
#include "controlplane/security/openssl_handles.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

using HashContext = std::unique_ptr<EVP_MD_CTX, OpensslFreer<EVP_MD_CTX_free>>;

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Hex of a digest; wiped, since it may be an HA1's.
struct HexDigest {
  crypto::SecretBytes<64> text;
  std::size_t size = 0;

  std::string_view view() const noexcept { return {reinterpret_cast<const char*>(text.data()), size}; }
};

HexDigest hex_of(std::span<const std::uint8_t> bytes) noexcept {
  HexDigest hex;
  write_hex(bytes, reinterpret_cast<char*>(hex.text.data()));
  hex.size = 2 * bytes.size();
  return hex;
}

/// H(part ":" part ":" ...): nothing secret is ever joined in memory that is not wiped.
void hash(DigestAlgorithm algorithm, std::initializer_list<std::string_view> parts, std::uint8_t* digest) {
  const HashContext context(EVP_MD_CTX_new());
  const EVP_MD* function = algorithm == DigestAlgorithm::kMd5 ? EVP_md5() : EVP_sha256();
  bool done = context && EVP_DigestInit_ex(context.get(), function, nullptr) == 1;
  bool first = true;
  for (const std::string_view part : parts) {
    if (!first) done = done && EVP_DigestUpdate(context.get(), ":", 1) == 1;
    first = false;
    done = done && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
  }
  done = done && EVP_DigestFinal_ex(context.get(), digest, nullptr) == 1;
  if (!done) throw SetupError("digest algorithm " + std::string(to_string(algorithm)) + ": " + take_openssl_error());
}

HexDigest hash_hex(DigestAlgorithm algorithm, std::initializer_list<std::string_view> parts) {
  std::array<std::uint8_t, 32> digest{};
  hash(algorithm, parts, digest.data());
  return hex_of(std::span(digest).first(digest_size(algorithm)));
}

}  // namespace

std::optional<DigestAlgorithm> parse_digest_algorithm(std::string_view name) noexcept {
  for (const DigestAlgorithm algorithm : {DigestAlgorithm::kMd5, DigestAlgorithm::kSha256}) {
    const std::string_view known = to_string(algorithm);
    if (std::equal(name.begin(), name.end(), known.begin(), known.end(),
                   [](char a, char b) { return lower(a) == lower(b); })) {
      return algorithm;
    }
  }
  return std::nullopt;
}

Ha1 make_ha1(DigestAlgorithm algorithm, std::string_view user, std::string_view realm, std::string_view password) {
  Ha1 ha1;
  ha1.algorithm = algorithm;
  hash(algorithm, {user, realm, password}, ha1.digest.data());
  return ha1;
}

SecretValue to_hex(const Ha1& ha1) {
  return SecretValue(hex_of({ha1.digest.data(), digest_size(ha1.algorithm)}).view());
}

std::optional<Ha1> parse_ha1(DigestAlgorithm algorithm, std::string_view hex) {
  Ha1 ha1;
  ha1.algorithm = algorithm;
  if (!read_hex(hex, {ha1.digest.data(), digest_size(algorithm)})) return std::nullopt;
  return ha1;
}

std::string digest_response(const Ha1& ha1, const DigestInput& input) {
  const HexDigest secret = hex_of({ha1.digest.data(), digest_size(ha1.algorithm)});
  const HexDigest request = hash_hex(ha1.algorithm, {input.method, input.uri});
  const HexDigest response = input.with_qop ? hash_hex(ha1.algorithm, {secret.view(), input.nonce, input.nonce_count,
                                                                       input.cnonce, "auth", request.view()})
                                            : hash_hex(ha1.algorithm, {secret.view(), input.nonce, request.view()});
  return std::string(response.view());
}

bool same_response(std::string_view ours, std::string_view theirs) noexcept {
  if (ours.size() != theirs.size()) return false;  // the length follows from the algorithm: no secret
  unsigned difference = 0;
  for (std::size_t i = 0; i < ours.size(); ++i) difference |= static_cast<unsigned>(ours[i] ^ lower(theirs[i]));
  return difference == 0;
}

}  // namespace sallyport::controlplane
