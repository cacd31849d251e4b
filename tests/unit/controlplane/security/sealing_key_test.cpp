// Sealed secrets: what opens them and what does not; which users only MD5 can serve (S6).
#include "controlplane/security/sealing_key.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <functional>

#include "controlplane/security/user_secrets.hpp"
#include "crypto/error.hpp"
#include "tests/unit/controlplane/temporary_folder.hpp"

namespace sallyport::controlplane {
namespace {

constexpr std::string_view kRecord = "user 'alice' in realm 'example.com', password";

class SealingKeyTest : public testing::Test {
 protected:
  static std::string error_of(const std::function<void()>& act) {
    try {
      act();
    } catch (const SetupError& error) {
      return error.what();
    }
    return {};
  }
  std::string refusal(std::string_view record, std::string_view sealed) const {
    return error_of([&] { key_.open(record, sealed); });
  }

  TemporaryFolder folder_;
  SealingKey key_{folder_.file("host.key"), MissingKey::kIsMade};
};

TEST_F(SealingKeyTest, OpensWhatItSealed) {
  for (const std::string_view secret : {"", "x", "a password", "\0\n\xff"}) {
    EXPECT_EQ(key_.open(kRecord, key_.seal(kRecord, secret)).view(), secret);
  }
  const std::string longest(4096, 's');
  EXPECT_EQ(key_.open(kRecord, key_.seal(kRecord, longest)).view(), longest);
  EXPECT_THROW(key_.seal(kRecord, longest + "s"), SetupError);
}

TEST_F(SealingKeyTest, LooksDifferentEachTimeAndHidesTheSecret) {
  const std::string once = key_.seal(kRecord, "password");
  EXPECT_NE(once, key_.seal(kRecord, "password"));
  EXPECT_EQ(once.find("password"), std::string::npos);
  EXPECT_EQ(once.find("70617373"), std::string::npos);  // "pass" as hex
}

TEST_F(SealingKeyTest, AnyChangeIsSeen) {
  const std::string sealed = key_.seal(kRecord, "password");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_NE(refusal(kRecord, changed), "") << "at " << i;
  }
  for (std::size_t size = 0; size < sealed.size(); ++size) EXPECT_NE(refusal(kRecord, sealed.substr(0, size)), "");
  EXPECT_NE(refusal(kRecord, sealed + "00"), "");
  EXPECT_NE(refusal(kRecord, sealed + "0"), "");
}

TEST_F(SealingKeyTest, BelongsToItsRecord) {
  const std::string sealed = key_.seal(kRecord, "password");
  const std::string error = refusal("user 'bob' in realm 'example.com', password", sealed);
  EXPECT_NE(error.find("another record"), std::string::npos) << error;
  EXPECT_NE(error.find("bob"), std::string::npos) << error;
  EXPECT_EQ(error.find(sealed), std::string::npos);
}

TEST_F(SealingKeyTest, KeyFileIsMadeOnceAndKept) {
  struct stat status {};
  ASSERT_EQ(::stat(folder_.file("host.key").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  const SealingKey again(folder_.file("host.key"), MissingKey::kIsError);
  EXPECT_EQ(again.open(kRecord, key_.seal(kRecord, "password")).view(), "password");
}

TEST_F(SealingKeyTest, OtherKeyIsSaidToBeOne) {
  const SealingKey other(folder_.file("other.key"), MissingKey::kIsMade);
  EXPECT_NE(refusal(kRecord, other.seal(kRecord, "password")).find("another key file"), std::string::npos);
}

TEST_F(SealingKeyTest, KeyFilesThatCannotBe) {
  const auto refused = [&](const std::string& path) {
    return error_of([&] { SealingKey(path, MissingKey::kIsError); });
  };
  EXPECT_NE(refused(folder_.file("lost.key")).find("is missing"), std::string::npos);
  EXPECT_NE(refused(folder_.write("short.key", "00ff\n")).find("64 hex digits"), std::string::npos);
  EXPECT_NE(refused(folder_.write("open.key", std::string(64, 'a'), 0644)).find("0644"), std::string::npos);
}

TEST(UserSecrets, RecordsAreNeverShared) {
  EXPECT_EQ(secret_record("alice", "example.com", SecretKind::kPassword), kRecord);
  EXPECT_NE(secret_record("a' in realm 'b", "c", SecretKind::kPassword),
            secret_record("a", "b' in realm 'c", SecretKind::kPassword));
  EXPECT_NE(secret_record("a", "b", SecretKind::kHa1Md5), secret_record("a", "b", SecretKind::kHa1Sha256));
}

TEST(UserSecrets, WhatServesWhichAlgorithm) {
  using enum DigestAlgorithm;
  const SecretValue password(std::string_view("secret"));
  const Ha1 md5 = make_ha1(kMd5, "a", "r", "secret");
  const auto derived = ha1_from(SecretKind::kPassword, password, "a", "r", kMd5);
  ASSERT_TRUE(derived);
  EXPECT_TRUE(derived->digest.equals(md5.digest));
  EXPECT_TRUE(ha1_from(SecretKind::kPassword, password, "a", "r", kSha256));
  const auto kept = ha1_from(SecretKind::kHa1Md5, to_hex(md5), "a", "r", kMd5);
  ASSERT_TRUE(kept);
  EXPECT_TRUE(kept->digest.equals(md5.digest));
  EXPECT_FALSE(ha1_from(SecretKind::kHa1Md5, to_hex(md5), "a", "r", kSha256));
}

TEST(UserSecrets, Md5OnlyIsReported) {
  using enum SecretKind;
  EXPECT_TRUE(serves_md5_only(std::array{kHa1Md5}));
  EXPECT_FALSE(serves_md5_only(std::array{kHa1Md5, kHa1Sha256}));
  EXPECT_FALSE(serves_md5_only(std::array{kPassword}));
  EXPECT_FALSE(serves_md5_only({}));
}

}  // namespace
}  // namespace sallyport::controlplane
