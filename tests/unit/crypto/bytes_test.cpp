#include "crypto/bytes.hpp"

#include <gtest/gtest.h>

#include <new>
#include <utility>

#include "crypto/secret_memory.hpp"

namespace sallyport::crypto {
namespace {

TEST(Bytes, BigEndianLoadsAndStoresAtAnyAlignment) {
  std::array<std::uint8_t, 8> bytes{};
  store_be32(bytes.data() + 1, 0x01020304);
  EXPECT_EQ(bytes[1], 1);
  EXPECT_EQ(bytes[4], 4);
  EXPECT_EQ(load_be32(bytes.data() + 1), 0x01020304U);
  store_be16(bytes.data() + 5, 0xfffe);
  EXPECT_EQ(load_be16(bytes.data() + 5), 0xfffe);
}

TEST(Bytes, ConstantTimeComparisonSeesEveryByte) {
  std::array<std::uint8_t, 16> a{};
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::array<std::uint8_t, 16> b = a;
    b[i] ^= 0x80;
    EXPECT_FALSE(ct_equal(a.data(), b.data(), a.size())) << i;
    EXPECT_TRUE(ct_equal(a.data(), b.data(), i)) << i;
  }
}

TEST(SecretBytes, AreWipedWhenMovedFrom) {
  SecretBytes<4> from;
  from.data()[2] = 7;
  const SecretBytes<4> to = std::move(from);
  EXPECT_EQ(to.data()[2], 7);
  EXPECT_EQ(from.data()[2], 0);
}

TEST(SecretBytes, AreWipedWhenDestroyed) {
  alignas(SecretBytes<8>) std::array<std::uint8_t, sizeof(SecretBytes<8>)> memory;
  auto* secret = new (memory.data()) SecretBytes<8>;
  secret->data()[0] = 0x5a;
  secret->data()[7] = 0xa5;
  secret->~SecretBytes<8>();
  for (const std::uint8_t byte : memory) EXPECT_EQ(byte, 0);
}

TEST(SecretBytes, CloneIsACopyOfItsOwn) {
  SecretBytes<4> secret;
  secret.data()[0] = 1;
  SecretBytes<4> copy = secret.clone();
  EXPECT_TRUE(copy.equals(secret));
  copy.data()[0] = 2;
  EXPECT_FALSE(copy.equals(secret));
}

}  // namespace
}  // namespace sallyport::crypto
