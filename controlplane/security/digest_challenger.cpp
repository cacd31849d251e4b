#include "controlplane/security/digest_challenger.hpp"

#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "controlplane/hex.hpp"
#include "controlplane/random_bytes.hpp"
#include "controlplane/security/digest_header.hpp"
#include "crypto/error.hpp"

namespace sallyport::controlplane {
namespace {

/// More values of one kind than any client sends are not looked at.
constexpr std::size_t kMostValues = 8;

/// A nonce as bytes: time, random number, MAC over both.
constexpr std::size_t kIdSize = 16;
constexpr std::size_t kMacSize = 16;
using NonceBytes = std::array<std::uint8_t, kIdSize + kMacSize>;

void store(std::uint8_t* bytes, std::uint64_t value) noexcept {
  crypto::store_be32(bytes, static_cast<std::uint32_t>(value >> 32U));
  crypto::store_be32(bytes + 4, static_cast<std::uint32_t>(value));
}
std::uint64_t load(const std::uint8_t* bytes) noexcept {
  return static_cast<std::uint64_t>(crypto::load_be32(bytes)) << 32U | crypto::load_be32(bytes + 4);
}

/// Fills in the MAC over what stands before it. The key is one challenger's: a nonce of another realm is none here.
void sign(NonceBytes& bytes, const crypto::HiddenBytes<32>& key) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes.data(), kIdSize, mac.data(), &size) ==
      nullptr) {
    throw SetupError("OpenSSL has no HMAC-SHA256");
  }
  std::copy_n(mac.begin(), kMacSize, bytes.begin() + kIdSize);
}

}  // namespace

std::string_view to_string(DigestVerdict verdict) noexcept {
  switch (verdict) {
    case DigestVerdict::kAccepted:
      return "accepted";
    case DigestVerdict::kAbsent:
      return "no credentials";
    case DigestVerdict::kMalformed:
      return "malformed credentials";
    case DigestVerdict::kUnsupported:
      return "an algorithm or qop that was not offered";
    case DigestVerdict::kUnknownUser:
      return "unknown user, or none with a secret for the algorithm";
    case DigestVerdict::kWrong:
      return "wrong password";
    case DigestVerdict::kStale:
      return "expired or foreign nonce";
    case DigestVerdict::kReplayed:
      return "replayed nonce count";
  }
  return "unknown";
}

DigestChallenger::DigestChallenger(Settings settings, Time start)
    : settings_(std::move(settings)), start_(start), window_(std::max<std::size_t>(settings_.remembered_nonces, 1)) {
  fill_random({key_.data(), key_.size()});
  fill_random({nobody_.digest.data(), nobody_.digest.size()});
}

std::vector<std::string> DigestChallenger::challenges(Time now, bool stale, std::optional<DigestAlgorithm> only) const {
  std::array<std::uint8_t, 8> number{};
  fill_random(number);
  DigestChallenge challenge;
  challenge.realm = settings_.realm;
  challenge.nonce = nonce_of({since_start(now), load(number.data())});
  challenge.algorithm_given = true;
  challenge.qop = DigestQop::kAuth;
  challenge.stale = stale;
  std::vector<std::string> values;
  for (const DigestAlgorithm algorithm : settings_.algorithms) {
    if (only && *only != algorithm) continue;
    challenge.algorithm = algorithm;
    values.push_back(challenge.to_string());
  }
  return values;
}

DigestResult DigestChallenger::check(std::span<const std::string> values, std::string_view method,
                                     std::chrono::seconds validity, const Lookup& lookup, Time now) {
  DigestResult result;
  for (const std::string& value : values.first(std::min(values.size(), kMostValues))) {
    if (!is_digest(value)) continue;
    const std::optional<DigestCredentials> credentials = DigestCredentials::parse(value);
    if (!credentials) {
      if (result.verdict == DigestVerdict::kAbsent) result.verdict = DigestVerdict::kMalformed;
      continue;
    }
    if (credentials->realm != settings_.realm) continue;
    DigestResult judged = judge(*credentials, method, validity, lookup, now);
    if (judged.verdict == DigestVerdict::kAccepted) return judged;
    result = std::move(judged);
  }
  return result;
}

DigestResult DigestChallenger::judge(const DigestCredentials& credentials, std::string_view method,
                                     std::chrono::seconds validity, const Lookup& lookup, Time now) {
  using enum DigestVerdict;
  const auto& offered = settings_.algorithms;
  const bool with_qop = credentials.qop != DigestQop::kNone;
  // 1. Only what was offered.
  if (!credentials.algorithm || std::find(offered.begin(), offered.end(), *credentials.algorithm) == offered.end() ||
      credentials.qop == DigestQop::kOther || (!with_qop && !settings_.without_qop)) {
    return {kUnsupported, credentials.user, DigestAlgorithm::kMd5};
  }
  const auto verdict = [&](DigestVerdict is) { return DigestResult{is, credentials.user, *credentials.algorithm}; };

  // 2. The response is from the secret; an unknown user takes as long as a known one.
  std::optional<Ha1> ha1 = lookup(credentials.user, *credentials.algorithm);
  const bool known = ha1.has_value() && ha1->algorithm == *credentials.algorithm;
  if (!known) {
    ha1 = nobody_.clone();
    ha1->algorithm = *credentials.algorithm;
  }
  const std::string expected = digest_response(*ha1, {.method = method,
                                                      .uri = credentials.uri,
                                                      .nonce = credentials.nonce,
                                                      .with_qop = with_qop,
                                                      .nonce_count = credentials.nonce_count,
                                                      .cnonce = credentials.cnonce});
  const bool right = same_response(expected, credentials.response);
  if (!known) return verdict(kUnknownUser);
  if (!right) return verdict(kWrong);

  // 3. The nonce is ours and fresh (RFC 7616 3.3: stale only for whoever knew the secret).
  const std::optional<NonceId> nonce = id_of(credentials.nonce);
  const std::uint64_t at = since_start(now);
  const auto most = static_cast<std::uint64_t>(std::chrono::milliseconds(validity).count());
  if (!nonce || nonce->issued > at || at - nonce->issued > most) return verdict(kStale);

  // 4. The count was not used; only now is anything remembered. Without qop a nonce is good once.
  return verdict(window_.take(*nonce, with_qop ? credentials.count : 1) ? kAccepted : kReplayed);
}

std::string DigestChallenger::nonce_of(const NonceId& id) const {
  NonceBytes bytes{};
  store(bytes.data(), id.issued);
  store(bytes.data() + 8, id.random);
  sign(bytes, key_);
  return to_hex(bytes);
}

std::optional<NonceId> DigestChallenger::id_of(std::string_view nonce) const {
  NonceBytes bytes;
  if (!read_hex(nonce, bytes)) return std::nullopt;
  NonceBytes ours = bytes;
  sign(ours, key_);
  if (!crypto::ct_equal(ours.data(), bytes.data(), ours.size())) return std::nullopt;
  return NonceId{load(bytes.data()), load(bytes.data() + 8)};
}

std::uint64_t DigestChallenger::since_start(Time now) const noexcept {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now - start_).count());
}

}  // namespace sallyport::controlplane
