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
  derive_key(suite, master, label, out);
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
  constexpr Suite kCm256{"AES_256_CM_HMAC_SHA1_80", Cipher::kAesCm, 32, 14, 20, 10, 10};
  const MasterKey master =
      master_from("f0f04914b513f2763a1b1fa130f10e2998f6f6e43e4309d1e622a0e332b9f1b6", "3b04803de51ee7c96423ab5b78d2");
  EXPECT_EQ(derived(kCm256, master, KeyLabel::kRtpEncryption, 32),
            "5ba1064e30ec51613cad926c5a28ef731ec7fb397f70a960653caf06554cd8c4");
  EXPECT_EQ(derived(kCm256, master, KeyLabel::kRtpSalt, 14), "fa31791685ca444a9e07c6c64e93");
  EXPECT_EQ(derived(kCm256, master, KeyLabel::kRtpAuthentication, 20), "fd9c32d39ed5fbb5a9dc96b30818454d1313dc05");
}

TEST(KeyDerivation, SaltIsPaddedWithZerosToABlock) {
  const DerivedKeys keys = derive_rtp_keys(kSuites[0], test::make_master(3));
  for (std::size_t i = kSuites[0].salt_len; i < keys.salt.size(); ++i) EXPECT_EQ(keys.salt.data()[i], 0) << i;
}

TEST(KeyDerivation, RtpAndRtcpShareNothing) {
  const MasterKey master = test::make_master(4);
  const DerivedKeys rtp = derive_rtp_keys(kSuites[2], master);
  const DerivedKeys rtcp = derive_rtcp_keys(kSuites[2], master);
  EXPECT_FALSE(rtp.keys.encryption.equals(rtcp.keys.encryption));
  EXPECT_FALSE(rtp.keys.authentication.equals(rtcp.keys.authentication));
  EXPECT_FALSE(rtp.salt.equals(rtcp.salt));
}

}  // namespace
}  // namespace sallyport::crypto
