// Known answers: RFC 7616 3.9.1, RFC 2617 3.5, RFC 2069 2.4 (with its erratum).
#include "controlplane/security/digest_hash.hpp"

#include <gtest/gtest.h>

#include "controlplane/security/digest_header.hpp"

namespace sallyport::controlplane {
namespace {

TEST(DigestHash, Rfc7616) {
  const DigestInput input{.method = "GET",
                          .uri = "/dir/index.html",
                          .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                          .nonce_count = "00000001",
                          .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"};
  const auto response = [&](DigestAlgorithm algorithm) {
    return digest_response(make_ha1(algorithm, "Mufasa", "http-auth@example.org", "Circle of Life"), input);
  };
  EXPECT_EQ(response(DigestAlgorithm::kMd5), "8ca523f5e9506fed4657c9700eebdbec");
  EXPECT_EQ(response(DigestAlgorithm::kSha256), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

TEST(DigestHash, Rfc2617) {
  const Ha1 ha1 = make_ha1(DigestAlgorithm::kMd5, "Mufasa", "testrealm@host.com", "Circle Of Life");
  EXPECT_EQ(to_hex(ha1).view(), "939e7578ed9e3c518a452acee763bce9");
  EXPECT_EQ(digest_response(ha1, {.method = "GET",
                                  .uri = "/dir/index.html",
                                  .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                                  .nonce_count = "00000001",
                                  .cnonce = "0a4f113b"}),
            "6629fae49393a05397450978507c4ef1");
}

TEST(DigestHash, Rfc2069WithoutQop) {
  const Ha1 ha1 = make_ha1(DigestAlgorithm::kMd5, "Mufasa", "testrealm@host.com", "CircleOfLife");
  EXPECT_EQ(digest_response(ha1, {.method = "GET",
                                  .uri = "/dir/index.html",
                                  .nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093",
                                  .with_qop = false}),
            "1949323746fe6a43ef61f9606e7febea");
}

TEST(DigestHash, Ha1AsHexAndBack) {
  const Ha1 ha1 = make_ha1(DigestAlgorithm::kSha256, "alice", "example.com", "secret");
  const SecretValue hex = to_hex(ha1);
  const std::optional<Ha1> back = parse_ha1(DigestAlgorithm::kSha256, hex.view());
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->digest.equals(ha1.digest));
  EXPECT_FALSE(parse_ha1(DigestAlgorithm::kMd5, hex.view()));
  EXPECT_FALSE(parse_ha1(DigestAlgorithm::kMd5, "939e7578ed9e3c518a452acee763bceg"));
}

TEST(DigestHash, ResponsesAreComparedWhole) {
  EXPECT_TRUE(same_response("0a1b", "0A1b"));
  EXPECT_FALSE(same_response("0a1b", "0a1c"));
  EXPECT_FALSE(same_response("0a1b", "1a1b"));
  EXPECT_FALSE(same_response("0a1b", "0a1"));
  EXPECT_FALSE(same_response("0a1b", ""));
}

TEST(DigestHash, AlgorithmsByName) {
  EXPECT_EQ(parse_digest_algorithm("sha-256"), DigestAlgorithm::kSha256);
  EXPECT_EQ(parse_digest_algorithm("MD5"), DigestAlgorithm::kMd5);
  for (const char* unknown : {"MD5-sess", "SHA-256-sess", "SHA-512-256", "MD", ""}) {
    EXPECT_FALSE(parse_digest_algorithm(unknown)) << unknown;
  }
}

TEST(DigestHeader, ChallengeAsServersWriteIt) {
  const auto challenge = DigestChallenge::parse(
      "DIGEST  Realm = \"a \\\"b\\\"\" ,nonce=abc,, QOP=\"auth-int, auth\",algorithm=\"sha-256\", opaque=\"\",\r\n "
      "stale=TRUE,"
      " unknown=x");
  ASSERT_TRUE(challenge);
  EXPECT_EQ(challenge->realm, "a \"b\"");
  EXPECT_EQ(challenge->nonce, "abc");
  EXPECT_EQ(challenge->qop, DigestQop::kAuth);
  EXPECT_EQ(challenge->algorithm, DigestAlgorithm::kSha256);
  EXPECT_EQ(challenge->opaque, "");
  EXPECT_TRUE(challenge->stale);
}

TEST(DigestHeader, WhatIsLeftOutOfAChallenge) {
  const auto old = DigestChallenge::parse("Digest realm=\"r\", nonce=\"n\"");
  ASSERT_TRUE(old);
  EXPECT_EQ(old->qop, DigestQop::kNone);
  EXPECT_EQ(old->algorithm, DigestAlgorithm::kMd5);
  EXPECT_FALSE(old->algorithm_given);
  EXPECT_FALSE(DigestChallenge::parse("Digest realm=\"r\", nonce=\"n\", algorithm=AKAv1-MD5")->algorithm);
  EXPECT_EQ(DigestChallenge::parse("Digest realm=\"r\", nonce=\"n\", qop=auth-int")->qop, DigestQop::kOther);
}

TEST(DigestHeader, MalformedIsNothing) {
  for (const char* wrong :
       {"", "Digest", "Digest ", "Digest realm=\"r\"", "Basic realm=\"r\", nonce=\"n\"",
        "Digestrealm=\"r\", nonce=\"n\"", "Digest realm=\"r\", nonce=\"n", "Digest realm=\"r\" nonce=\"n\"",
        "Digest realm=\"r\", nonce=\"n\", realm=\"s\"", "Digest realm=\"r\", nonce=", "Digest realm=\"r\", =\"n\"",
        "Digest realm=\"r\", nonce", "Digest realm=\"r\\", "Digest realm=\"r\x01\", nonce=\"n\"",
        "Digest realm=\"r\", nonce=\"n\"x", "Digest realm=\"r\", nonce=a b"}) {
    EXPECT_FALSE(DigestChallenge::parse(wrong)) << wrong;
  }
}

constexpr const char* kWhole =
    "Digest username=\"alice\", realm=\"r\", nonce=\"n\", uri=\"sip:r\", response=\"00\", algorithm=MD5, qop=auth, "
    "nc=0000000a, cnonce=\"c\"";

TEST(DigestHeader, CredentialsSurviveTheRoundTrip) {
  const auto credentials = DigestCredentials::parse(kWhole);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->count, 10U);
  EXPECT_EQ(credentials->to_string(), kWhole);
}

TEST(DigestHeader, CredentialsMayBeQuotedOtherwise) {
  const auto credentials = DigestCredentials::parse(
      "digest cnonce=c,nc=\"00000001\",qop=\"auth\",response=00,uri=sip:a@b;x=y,nonce=n,realm=r,username=alice");
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->uri, "sip:a@b;x=y");
  EXPECT_EQ(credentials->qop, DigestQop::kAuth);
}

TEST(DigestHeader, CredentialsMissNothingThatCounts) {
  const std::string whole = kWhole;
  for (const std::string part : {"username=\"alice\", ", "realm=\"r\", ", "nonce=\"n\", ", "uri=\"sip:r\", ",
                                 "response=\"00\", ", "nc=0000000a, ", ", cnonce=\"c\""}) {
    std::string without = whole;
    without.erase(without.find(part), part.size());
    EXPECT_FALSE(DigestCredentials::parse(without)) << without;
  }
  for (const char* count : {"1", "0000000g", "000000001", "-0000001"}) {
    std::string wrong = whole;
    wrong.replace(wrong.find("0000000a"), 8, count);
    EXPECT_FALSE(DigestCredentials::parse(wrong)) << wrong;
  }
}

TEST(DigestHeader, NextNonce) {
  EXPECT_EQ(next_nonce("qop=auth, nextnonce=\"abc\", rspauth=\"00\""), "abc");
  EXPECT_FALSE(next_nonce("qop=auth"));
  EXPECT_FALSE(next_nonce("nextnonce=\"abc"));
}

}  // namespace
}  // namespace sallyport::controlplane
