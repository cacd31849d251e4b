#include "controlplane/security/digest_client.hpp"

#include <algorithm>
#include <array>

#include "controlplane/hex.hpp"
#include "controlplane/random_bytes.hpp"

namespace sallyport::controlplane {
namespace {

constexpr unsigned kMostAnswers = 3;
/// A peer that asks for ever new realms is not followed.
constexpr std::size_t kMostRealms = 8;
constexpr std::size_t kMostChallenges = 16;

std::string new_cnonce() {
  std::array<std::uint8_t, 16> bytes{};
  fill_random(bytes);
  return to_hex(bytes);
}

/// Eight hex digits (RFC 7616 3.4).
std::string count_text(std::uint32_t count) {
  std::string text(8, '0');
  for (std::size_t i = 8; i-- > 0; count >>= 4U) text[i] = kHexDigits[count & 15U];
  return text;
}

/// Those that we understand, the strongest first; within an algorithm, the server's order.
std::vector<DigestChallenge> understood(std::span<const std::string> values) {
  std::vector<DigestChallenge> challenges;
  for (const std::string& value : values.first(std::min(values.size(), kMostChallenges))) {
    std::optional<DigestChallenge> challenge = DigestChallenge::parse(value);
    if (!challenge || !challenge->algorithm || challenge->qop == DigestQop::kOther) continue;
    challenges.push_back(std::move(*challenge));
  }
  std::stable_sort(challenges.begin(), challenges.end(),
                   [](const auto& a, const auto& b) { return *a.algorithm > *b.algorithm; });
  return challenges;
}

}  // namespace

std::string_view to_string(DigestOutcome outcome) noexcept {
  switch (outcome) {
    case DigestOutcome::kAnswerable:
      return "answerable";
    case DigestOutcome::kRefused:
      return "user or password refused";
    case DigestOutcome::kNoAccount:
      return "no account for the realm";
    case DigestOutcome::kUnsupported:
      return "no challenge that can be answered";
  }
  return "unknown";
}

bool DigestAttempts::may_answer(DigestAsker asker, const DigestChallenge& challenge) {
  const auto known = std::find_if(tried_.begin(), tried_.end(), [&](const Tried& tried) {
    return tried.asker == asker && tried.realm == challenge.realm;
  });
  if (known == tried_.end()) {
    tried_.push_back({asker, challenge.realm, 1});
    return tried_.size() <= kMostRealms;
  }
  return challenge.stale && ++known->times <= kMostAnswers;
}

DigestOutcome DigestClient::take(DigestAsker asker, std::span<const std::string> challenges, DigestAttempts& attempts) {
  DigestOutcome outcome = DigestOutcome::kUnsupported;
  std::vector<std::string> realms;  // one answer each
  for (DigestChallenge& challenge : understood(challenges)) {
    if (std::find(realms.begin(), realms.end(), challenge.realm) != realms.end()) continue;
    const DigestAccount* account = account_for(challenge.realm);
    if (account == nullptr) {
      if (outcome == DigestOutcome::kUnsupported) outcome = DigestOutcome::kNoAccount;
      continue;
    }
    std::optional<Ha1> secret = secret_for(*account, challenge);
    if (!secret) continue;
    realms.push_back(challenge.realm);
    // One realm that refuses us is enough: the request cannot succeed.
    if (!attempts.may_answer(asker, challenge)) return DigestOutcome::kRefused;
    remember({asker, std::move(challenge), account->user, std::move(*secret)});
    outcome = DigestOutcome::kAnswerable;
  }
  return outcome;
}

std::vector<std::string> DigestClient::answers(DigestAsker asker, std::string_view method, std::string_view uri) {
  std::vector<std::string> values;
  for (Space& space : spaces_) {
    if (space.asker != asker) continue;
    DigestCredentials credentials;
    credentials.user = space.user;
    credentials.realm = space.challenge.realm;
    credentials.nonce = space.challenge.nonce;
    credentials.uri = uri;
    credentials.opaque = space.challenge.opaque;
    credentials.algorithm = space.challenge.algorithm;
    credentials.algorithm_given = space.challenge.algorithm_given;
    credentials.qop = space.challenge.qop;
    const bool with_qop = credentials.qop == DigestQop::kAuth;
    if (with_qop) {
      credentials.nonce_count = count_text(++space.count);
      credentials.cnonce = new_cnonce();
    }
    credentials.response = digest_response(space.ha1, {.method = method,
                                                       .uri = uri,
                                                       .nonce = credentials.nonce,
                                                       .with_qop = with_qop,
                                                       .nonce_count = credentials.nonce_count,
                                                       .cnonce = credentials.cnonce});
    values.push_back(credentials.to_string());
  }
  return values;
}

void DigestClient::take_info(DigestAsker asker, std::string_view value) {
  std::optional<std::string> nonce = next_nonce(value);
  const auto of_asker = [&](const Space& space) { return space.asker == asker; };
  // The header names no realm: with several it is not known whose nonce this is, and the old ones still serve.
  if (!nonce || std::count_if(spaces_.begin(), spaces_.end(), of_asker) != 1) return;
  Space& space = *std::find_if(spaces_.begin(), spaces_.end(), of_asker);
  space.challenge.nonce = std::move(*nonce);
  space.count = 0;
}

const DigestAccount* DigestClient::account_for(const std::string& realm) const noexcept {
  const auto named =
      std::find_if(accounts_.begin(), accounts_.end(), [&](const auto& account) { return account.realm == realm; });
  if (named != accounts_.end()) return &*named;
  const auto any =
      std::find_if(accounts_.begin(), accounts_.end(), [](const auto& account) { return account.realm.empty(); });
  return any == accounts_.end() ? nullptr : &*any;
}

std::optional<Ha1> DigestClient::secret_for(const DigestAccount& account, const DigestChallenge& challenge) {
  for (const Ha1& ha1 : account.ha1s) {
    if (account.realm == challenge.realm && ha1.algorithm == *challenge.algorithm) return ha1.clone();
  }
  if (account.password.empty()) return std::nullopt;
  return make_ha1(*challenge.algorithm, account.user, challenge.realm, account.password.view());
}

void DigestClient::remember(Space space) {
  std::erase_if(spaces_, [&](const Space& other) {
    return other.asker == space.asker && other.challenge.realm == space.challenge.realm;
  });
  if (spaces_.size() >= kMostRealms) spaces_.erase(spaces_.begin());
  spaces_.push_back(std::move(space));
}

}  // namespace sallyport::controlplane
