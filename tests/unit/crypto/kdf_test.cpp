// RFC 3711 B.3 and RFC 6188 7.4.
#include "crypto/kdf.hpp"

#include <gtest/gtest.h>

#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

using test::from_hex;
using test::to_hex;

MasterKey master_from(std::string_view key_hex, std::string_view salt_hex) {
  MasterKey master;
  const test::Bytes key = from_hex(key_hex);
  const test::Bytes salt = from_hex(salt_hex);
  std::copy(key.begin(), key.end(), master.key.data());
  std::copy(salt.begin(), salt.end(), master.salt.data());
  return master;
}

std::string derived(const Suite& suite, const MasterKey& master, KeyLabel label, std::size_t length) {
  test::Bytes out(length);
  derive_key(suite, master, label, 0, out);
  return to_hex(out);
}

TEST(KeyDerivation, Rfc3711AppendixB3) {
  const Suite& suite = *find_suite("AES_CM_128_HMAC_SHA1_80");
  const MasterKey master = master_from("E1F97A0D3E018BE0D64FA32C06DE4139", "0EC675AD498AFEEBB6960B3AABE6");
  EXPECT_EQ(derived(suite, master, KeyLabel::kRtpEncryption, 16), "c61e7a93744f39ee10734afe3ff7a087");
  EXPECT_EQ(derived(suite, master, KeyLabel::kRtpSalt, 14), "30cbbc08863d8c85d49db34a9ae1");
  EXPECT_EQ(derived(suite, master, KeyLabel::kRtpAuthentication, 94),
            "cebe321f6ff7716b6fd4ab49af256a156d38baa48f0a0acf3c34e2359e6cdbcee049646c43d9327ad175578ef722709863"
            "71c10c9a369ac2f94a8c5fbcdddc256d6e919a48b610ef17c2041e474035766b68642c59bbfc2f34db60dbdfb2");
}

TEST(KeyDerivation, Rfc6188With256BitKeys) {
  const Suite& cm256 = *find_suite("AES_256_CM_HMAC_SHA1_80");
  const MasterKey master =
      master_from("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6", "3b04803de51ee7c96423ab5b78d2");
  EXPECT_EQ(derived(cm256, master, KeyLabel::kRtpEncryption, 32),
            "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4");
  EXPECT_EQ(derived(cm256, master, KeyLabel::kRtpSalt, 14), "fa31791685ca444a9e07c6c64e93");
  EXPECT_EQ(derived(cm256, master, KeyLabel::kRtpAuthentication, 20), "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05");
}

/// RFC 6188 7.3.
TEST(KeyDerivation, Rfc6188With192BitKeys) {
  const Suite& cm192 = *find_suite("AES_192_CM_HMAC_SHA1_80");
  const MasterKey master =
      master_from("73edc66c4fa15776fb57f9505c17136550ffda71f3e8e5f1", "c8522f3acd4ce86d5add78edbb11");
  EXPECT_EQ(derived(cm192, master, KeyLabel::kRtpEncryption, 24), "31874736a8f1143870c26e4857d8a5b2c4a354407faadabb");
  EXPECT_EQ(derived(cm192, master, KeyLabel::kRtpSalt, 14), "2372b82d639b6d8503a47adc0a6c");
  EXPECT_EQ(derived(cm192, master, KeyLabel::kRtpAuthentication, 20), "355b10973cd95b9eacf4061c7e1a7151e7cfbfcb");
}

/// RFC 3711 4.3.1: the epoch is XORed into the six bytes above the block counter.
TEST(KeyDerivation, EachEpochHasKeysOfItsOwn) {
  const Suite& suite = *find_suite("AES_CM_128_HMAC_SHA1_80");
  MasterKey master = test::make_master(5);
  const std::string first = derived(suite, master, KeyLabel::kRtpEncryption, 16);
  test::Bytes later(16);
  derive_key(suite, master, KeyLabel::kRtpEncryption, 0x010203040506, later);
  EXPECT_NE(to_hex(later), first);
  for (std::size_t i = 0; i < 6; ++i) master.salt.data()[8 + i] ^= static_cast<std::uint8_t>(i + 1);
  EXPECT_EQ(derived(suite, master, KeyLabel::kRtpEncryption, 16), to_hex(later));
}

TEST(KeyDerivation, RtpAndRtcpShareNothing) {
  const MasterKey master = test::make_master(4);
  const Suite& suite = *find_suite("AES_CM_128_HMAC_SHA1_80");
  const SessionKeys rtp = derive_rtp_keys(suite, master);
  const SessionKeys rtcp = derive_rtcp_keys(suite, master);
  EXPECT_FALSE(rtp.encryption.equals(rtcp.encryption));
  EXPECT_FALSE(rtp.authentication.equals(rtcp.authentication));
  EXPECT_FALSE(rtp.salt.equals(rtcp.salt));
}

TEST(KeyDerivation, TheNullCipherHasNoKey) {
  const SessionKeys keys = derive_rtp_keys(*find_suite("NULL_HMAC_SHA1_80"), test::make_master(4));
  EXPECT_TRUE(keys.encryption.equals(SecretBytes<32>()));
  EXPECT_FALSE(keys.authentication.equals(SecretBytes<20>()));
}

}  // namespace
}  // namespace sallyport::crypto
