// Server and client of digest authentication against each other, and what neither lets pass (S6).
#include <gtest/gtest.h>

#include "controlplane/security/digest_challenger.hpp"
#include "controlplane/security/digest_client.hpp"

namespace sallyport::controlplane {
namespace {

using namespace std::chrono_literals;
using enum DigestVerdict;

constexpr std::string_view kUri = "sip:example.com";
constexpr auto kValidity = 600s;

class DigestExchange : public testing::Test {
 protected:
  static std::optional<Ha1> lookup(std::string_view user, DigestAlgorithm algorithm) {
    if (user == "alice") return make_ha1(algorithm, user, "example.com", "secret");
    if (user == "old" && algorithm == DigestAlgorithm::kMd5) return make_ha1(algorithm, user, "example.com", "secret");
    return std::nullopt;
  }
  static DigestClient client(std::string_view password = "secret", std::string user = "alice") {
    std::vector<DigestAccount> accounts;
    accounts.push_back({.realm = "example.com", .user = std::move(user), .password = SecretValue(password)});
    return DigestClient(std::move(accounts));
  }
  DigestResult check(std::span<const std::string> values, std::string_view method = "REGISTER") {
    return server_.check(values, method, kValidity, lookup, now_);
  }
  /// A challenge, taken and answered.
  std::vector<std::string> answer(DigestClient& client) {
    DigestAttempts attempts;
    client.take(DigestAsker::kServer, server_.challenges(now_, false), attempts);
    return client.answers(DigestAsker::kServer, "REGISTER", kUri);
  }

  DigestChallenger::Time start_ = std::chrono::steady_clock::now();
  DigestChallenger::Time now_ = start_;
  DigestChallenger server_{{.realm = "example.com"}, start_};
};

TEST_F(DigestExchange, OneChallengePerAlgorithmThePreferredFirst) {
  const std::vector<std::string> values = server_.challenges(now_, true);
  ASSERT_EQ(values.size(), 2U);
  const auto first = DigestChallenge::parse(values[0]);
  const auto second = DigestChallenge::parse(values[1]);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->algorithm, DigestAlgorithm::kSha256);
  EXPECT_EQ(second->algorithm, DigestAlgorithm::kMd5);
  EXPECT_TRUE(first->stale && second->stale);
  EXPECT_EQ(first->qop, DigestQop::kAuth);
  EXPECT_FALSE(DigestChallenge::parse(server_.challenges(now_, false)[0])->stale);
  EXPECT_NE(DigestChallenge::parse(server_.challenges(now_, false)[0])->nonce, first->nonce);
  EXPECT_EQ(server_.challenges(now_, false, DigestAlgorithm::kMd5).size(), 1U);
}

TEST_F(DigestExchange, RightPasswordIsAcceptedBySha256) {
  DigestClient alice = client();
  const DigestResult result = check(answer(alice));
  EXPECT_EQ(result.verdict, kAccepted);
  EXPECT_EQ(result.user, "alice");
  EXPECT_EQ(result.algorithm, DigestAlgorithm::kSha256);
}

TEST_F(DigestExchange, WhatDoesNotFitIsWrong) {
  DigestClient wrong = client("Secret");
  EXPECT_EQ(check(answer(wrong)).verdict, kWrong);
  DigestClient alice = client();
  EXPECT_EQ(check(answer(alice), "INVITE").verdict, kWrong);  // made for another method
  std::vector<std::string> moved = answer(alice);
  moved[0].replace(moved[0].find(kUri), kUri.size(), "sip:example.net");
  EXPECT_EQ(check(moved).verdict, kWrong);
  DigestClient bob = client("secret", "bob");
  EXPECT_EQ(check(answer(bob)).verdict, kUnknownUser);
}

TEST_F(DigestExchange, NobodyAtAll) {
  EXPECT_EQ(check({}).verdict, kAbsent);
  EXPECT_EQ(check(std::vector<std::string>{"Basic YTpi"}).verdict, kAbsent);
  EXPECT_EQ(check(std::vector<std::string>{"Digest realm=\"example.com\""}).verdict, kMalformed);
  DigestClient alice = client();
  std::vector<std::string> values = answer(alice);
  values[0].replace(values[0].find("example.com"), 11, "example.org");
  EXPECT_EQ(check(values).verdict, kAbsent);
}

TEST_F(DigestExchange, OwnCredentialsAreFoundAmongOthers) {
  DigestClient alice = client();
  std::vector<std::string> values = answer(alice);
  values.insert(values.begin(), "Digest username=\"x\", realm=\"other\", nonce=\"n\", uri=\"u\", response=\"00\"");
  values.insert(values.begin(), "Digest broken");
  EXPECT_EQ(check(values).verdict, kAccepted);
}

TEST_F(DigestExchange, NonceExpiresAndTheClientGoesOnByItself) {
  DigestClient alice = client();
  EXPECT_EQ(check(answer(alice)).verdict, kAccepted);
  now_ += kValidity;
  EXPECT_EQ(check(alice.answers(DigestAsker::kServer, "REGISTER", kUri)).verdict, kAccepted);
  now_ += 1s;
  const DigestResult result = check(alice.answers(DigestAsker::kServer, "REGISTER", kUri));
  EXPECT_EQ(result.verdict, kStale);
  EXPECT_TRUE(is_stale(result.verdict));
  DigestAttempts attempts;
  EXPECT_EQ(alice.take(DigestAsker::kServer, server_.challenges(now_, true), attempts), DigestOutcome::kAnswerable);
  EXPECT_EQ(check(alice.answers(DigestAsker::kServer, "REGISTER", kUri)).verdict, kAccepted);
}

TEST_F(DigestExchange, StaleIsForThoseWhoKnewTheSecretOnly) {
  DigestClient wrong = client("guess");
  const std::vector<std::string> values = answer(wrong);
  now_ += 2 * kValidity;
  EXPECT_EQ(check(values).verdict, kWrong);
}

TEST_F(DigestExchange, NoncesOfOthersAreStale) {
  DigestChallenger before_restart{{.realm = "example.com"}, start_};
  DigestClient alice = client();
  DigestAttempts attempts;
  alice.take(DigestAsker::kServer, before_restart.challenges(now_, false), attempts);
  EXPECT_EQ(check(alice.answers(DigestAsker::kServer, "REGISTER", kUri)).verdict, kStale);
  for (const char* nonce : {"", "00", "not a nonce"}) {
    alice.take_info(DigestAsker::kServer, std::string("nextnonce=\"") + nonce + "\"");
    EXPECT_EQ(check(alice.answers(DigestAsker::kServer, "REGISTER", kUri)).verdict, kStale) << nonce;
  }
}

TEST_F(DigestExchange, ReplayIsSeen) {
  DigestClient alice = client();
  const std::vector<std::string> first = answer(alice);
  const std::vector<std::string> second = alice.answers(DigestAsker::kServer, "REGISTER", kUri);
  EXPECT_EQ(check(second).verdict, kAccepted);  // overtaken on the way
  EXPECT_EQ(check(first).verdict, kAccepted);
  EXPECT_EQ(check(first).verdict, kReplayed);
  EXPECT_EQ(check(second).verdict, kReplayed);
}

TEST_F(DigestExchange, WrongAnswersUseNoMemoryAndNoCount) {
  DigestClient alice = client();
  const std::vector<std::string> right = answer(alice);
  std::vector<std::string> forged = right;
  const std::size_t at = forged[0].find("response=\"") + 10;
  forged[0][at] = forged[0][at] == '0' ? '1' : '0';
  EXPECT_EQ(check(forged).verdict, kWrong);
  EXPECT_EQ(check(right).verdict, kAccepted);
}

TEST_F(DigestExchange, ForgottenNoncesAreNeverTakenAgain) {
  DigestChallenger small{{.realm = "example.com", .remembered_nonces = 2}, start_};
  DigestClient alice = client();
  std::vector<std::vector<std::string>> used;
  for (int i = 0; i < 4; ++i) {
    now_ += 1s;
    DigestAttempts attempts;
    alice.take(DigestAsker::kServer, small.challenges(now_, false), attempts);
    used.push_back(alice.answers(DigestAsker::kServer, "REGISTER", kUri));
    EXPECT_EQ(small.check(used.back(), "REGISTER", kValidity, lookup, now_).verdict, kAccepted);
  }
  for (const auto& values : used) {
    EXPECT_EQ(small.check(values, "REGISTER", kValidity, lookup, now_).verdict, kReplayed);
  }
}

TEST_F(DigestExchange, WithoutQopOnlyWhereAllowedAndOncePerNonce) {
  const auto answer_old = [&](DigestChallenger& server) {
    auto challenge = DigestChallenge::parse(server.challenges(now_, false, DigestAlgorithm::kMd5)[0]);
    challenge->qop = DigestQop::kNone;
    DigestClient alice = client();
    DigestAttempts attempts;
    alice.take(DigestAsker::kServer, std::vector{challenge->to_string()}, attempts);
    return alice.answers(DigestAsker::kServer, "REGISTER", kUri);
  };
  EXPECT_EQ(check(answer_old(server_)).verdict, kUnsupported);
  DigestChallenger tolerant{{.realm = "example.com", .without_qop = true}, start_};
  const std::vector<std::string> values = answer_old(tolerant);
  EXPECT_EQ(tolerant.check(values, "REGISTER", kValidity, lookup, now_).verdict, kAccepted);
  EXPECT_EQ(tolerant.check(values, "REGISTER", kValidity, lookup, now_).verdict, kReplayed);
}

TEST_F(DigestExchange, OnlyWhatWasOfferedCounts) {
  DigestChallenger strong{{.realm = "example.com", .algorithms = {DigestAlgorithm::kSha256}}, start_};
  DigestClient alice = client();
  DigestAttempts attempts;
  alice.take(DigestAsker::kServer, server_.challenges(now_, false, DigestAlgorithm::kMd5), attempts);
  const auto values = alice.answers(DigestAsker::kServer, "REGISTER", kUri);
  EXPECT_EQ(strong.check(values, "REGISTER", kValidity, lookup, now_).verdict, kUnsupported);
  std::vector<std::string> other = values;
  other[0].replace(other[0].find("qop=auth"), 8, "qop=auth-int");
  EXPECT_EQ(check(other).verdict, kUnsupported);
}

TEST_F(DigestExchange, UserWithMd5Only) {
  DigestClient old = client("secret", "old");
  EXPECT_EQ(check(answer(old)).verdict, kUnknownUser);  // took SHA-256
  DigestAttempts attempts;
  old.take(DigestAsker::kServer, server_.challenges(now_, false, DigestAlgorithm::kMd5), attempts);
  EXPECT_EQ(check(old.answers(DigestAsker::kServer, "REGISTER", kUri)).verdict, kAccepted);
}

TEST(DigestClient, GivesUpWhenItsAnswerIsRefused) {
  DigestClient trunk([] {
    std::vector<DigestAccount> accounts;
    accounts.push_back({.realm = "", .user = "gw", .password = SecretValue("secret")});
    return accounts;
  }());
  const std::vector<std::string> fresh = {"Digest realm=\"p\", nonce=\"1\", qop=\"auth\""};
  const std::vector<std::string> stale = {"Digest realm=\"p\", nonce=\"2\", qop=\"auth\", stale=true"};
  DigestAttempts attempts;
  EXPECT_TRUE(trunk.answers(DigestAsker::kProxy, "INVITE", kUri).empty());
  EXPECT_EQ(trunk.take(DigestAsker::kProxy, fresh, attempts), DigestOutcome::kAnswerable);
  EXPECT_EQ(trunk.take(DigestAsker::kProxy, stale, attempts), DigestOutcome::kAnswerable);
  EXPECT_EQ(trunk.take(DigestAsker::kProxy, fresh, attempts), DigestOutcome::kRefused);
  EXPECT_EQ(trunk.take(DigestAsker::kServer, fresh, attempts), DigestOutcome::kAnswerable);  // behind the proxy
  DigestAttempts forever;
  EXPECT_EQ(trunk.take(DigestAsker::kProxy, stale, forever), DigestOutcome::kAnswerable);
  EXPECT_EQ(trunk.take(DigestAsker::kProxy, stale, forever), DigestOutcome::kAnswerable);
  EXPECT_EQ(trunk.take(DigestAsker::kProxy, stale, forever), DigestOutcome::kAnswerable);
  EXPECT_EQ(trunk.take(DigestAsker::kProxy, stale, forever), DigestOutcome::kRefused);
}

TEST(DigestClient, CountsAndFollowsTheNextNonce) {
  DigestClient trunk([] {
    std::vector<DigestAccount> accounts;
    accounts.push_back({.realm = "p", .user = "g\"w", .password = SecretValue("secret")});
    return accounts;
  }());
  const std::vector<std::string> values = {"Digest realm=\"p\", nonce=\"1\", qop=\"auth\", opaque=\"o\""};
  DigestAttempts attempts;
  ASSERT_EQ(trunk.take(DigestAsker::kServer, values, attempts), DigestOutcome::kAnswerable);
  const auto next = [&] {
    return *DigestCredentials::parse(trunk.answers(DigestAsker::kServer, "INVITE", kUri).front());
  };
  const DigestCredentials first = next();
  const DigestCredentials second = next();
  EXPECT_EQ(first.user, "g\"w");
  EXPECT_EQ(first.opaque, "o");
  EXPECT_FALSE(first.algorithm_given);
  EXPECT_EQ(first.nonce_count, "00000001");
  EXPECT_EQ(second.nonce_count, "00000002");
  EXPECT_NE(first.cnonce, second.cnonce);
  trunk.take_info(DigestAsker::kProxy, "nextnonce=\"other\"");
  EXPECT_EQ(next().nonce, "1");
  trunk.take_info(DigestAsker::kServer, "nextnonce=\"2\"");
  const DigestCredentials followed = next();
  EXPECT_EQ(followed.nonce, "2");
  EXPECT_EQ(followed.count, 1U);
}

TEST(DigestClient, StrongestThatIsOfferedAndThatItHas) {
  const std::vector<std::string> both = {"Digest realm=\"p\", nonce=\"1\", qop=\"auth\", algorithm=MD5",
                                         "Digest realm=\"p\", nonce=\"1\", qop=\"auth\", algorithm=SHA-512-256",
                                         "Digest realm=\"p\", nonce=\"1\", qop=\"auth\", algorithm=SHA-256"};
  const auto chosen = [&](DigestAccount account) -> std::optional<DigestAlgorithm> {
    std::vector<DigestAccount> accounts;
    accounts.push_back(std::move(account));
    DigestClient trunk(std::move(accounts));
    DigestAttempts attempts;
    if (trunk.take(DigestAsker::kServer, both, attempts) != DigestOutcome::kAnswerable) return std::nullopt;
    const auto values = trunk.answers(DigestAsker::kServer, "INVITE", kUri);
    EXPECT_EQ(values.size(), 1U);
    return DigestCredentials::parse(values.front())->algorithm;
  };
  EXPECT_EQ(chosen({.realm = "p", .user = "gw", .password = SecretValue("secret")}), DigestAlgorithm::kSha256);
  DigestAccount md5{.realm = "p", .user = "gw"};
  md5.ha1s.push_back(make_ha1(DigestAlgorithm::kMd5, "gw", "p", "secret"));
  EXPECT_EQ(chosen(std::move(md5)), DigestAlgorithm::kMd5);
  EXPECT_FALSE(chosen({.realm = "other", .user = "gw", .password = SecretValue("secret")}));
}

TEST(DigestClient, SaysWhyItCannotAnswer) {
  DigestClient trunk([] {
    std::vector<DigestAccount> accounts;
    accounts.push_back({.realm = "p", .user = "gw", .password = SecretValue("secret")});
    return accounts;
  }());
  const auto take = [&](std::string value) {
    DigestAttempts attempts;
    return trunk.take(DigestAsker::kServer, std::vector{std::move(value)}, attempts);
  };
  EXPECT_EQ(take("Digest realm=\"q\", nonce=\"1\""), DigestOutcome::kNoAccount);
  EXPECT_EQ(take("Digest realm=\"p\", nonce=\"1\", algorithm=AKAv1-MD5"), DigestOutcome::kUnsupported);
  EXPECT_EQ(take("Digest realm=\"p\", nonce=\"1\", qop=\"auth-int\""), DigestOutcome::kUnsupported);
  EXPECT_EQ(take("Digest realm=\"p\""), DigestOutcome::kUnsupported);
  EXPECT_EQ(take("Basic realm=\"p\""), DigestOutcome::kUnsupported);
}

TEST(NonceWindow, CountsWithinSixtyFour) {
  NonceWindow window(10);
  const NonceId nonce{1, 1};
  EXPECT_FALSE(window.take(nonce, 0));
  EXPECT_TRUE(window.take(nonce, 1));
  EXPECT_TRUE(window.take(nonce, 100));
  EXPECT_FALSE(window.take(nonce, 36));  // 64 behind
  EXPECT_TRUE(window.take(nonce, 37));
  EXPECT_FALSE(window.take(nonce, 37));
  EXPECT_FALSE(window.take(nonce, 100));
  EXPECT_TRUE(window.take(nonce, 0xffffffffU));
  EXPECT_FALSE(window.take(nonce, 101));
}

TEST(NonceWindow, BoundedAndForgetsTheOldestForGood) {
  NonceWindow window(2);
  EXPECT_TRUE(window.take({5, 0}, 1));
  EXPECT_TRUE(window.take({7, 0}, 1));
  EXPECT_FALSE(window.take({4, 0}, 1));  // would be the first to go
  EXPECT_TRUE(window.take({6, 0}, 1));
  EXPECT_EQ(window.size(), 2U);
  EXPECT_FALSE(window.take({5, 0}, 2));
  EXPECT_FALSE(window.take({3, 9}, 1));
  EXPECT_TRUE(window.take({7, 0}, 2));
}

}  // namespace
}  // namespace sallyport::controlplane
