// Keys that were in use are known again, and nothing else is.
#include "controlplane/session/used_keys.hpp"

#include <gtest/gtest.h>

namespace sallyport::controlplane {
namespace {

const crypto::Suite& suite(const char* name) { return *crypto::find_suite(name); }

crypto::MasterKey key(std::uint8_t seed, std::uint8_t salt_seed = 0) {
  crypto::MasterKey master;
  for (std::size_t i = 0; i < master.key.size(); ++i) master.key.data()[i] = static_cast<std::uint8_t>(seed + i);
  for (std::size_t i = 0; i < master.salt.size(); ++i) master.salt.data()[i] = static_cast<std::uint8_t>(salt_seed + i);
  return master;
}

UsedKeys::Mark mark(std::uint8_t seed, std::uint8_t salt_seed = 0, const char* name = "AES_CM_128_HMAC_SHA1_80") {
  return UsedKeys::mark_of(suite(name), key(seed, salt_seed));
}

TEST(UsedKeys, TheSameKeyIsKnownWithAnotherSaltOrSuiteOfItsLength) {
  EXPECT_EQ(mark(1), mark(1, 77));
  EXPECT_EQ(mark(1), mark(1, 0, "AEAD_AES_128_GCM"));
  EXPECT_EQ(mark(1), mark(1, 0, "F8_128_HMAC_SHA1_80"));
  EXPECT_NE(mark(1), mark(2));
  EXPECT_NE(mark(1), mark(1, 0, "AEAD_AES_256_GCM"));
}

TEST(UsedKeys, AMarkIsNoPartOfItsKey) {
  const crypto::MasterKey master = key(1);
  const UsedKeys::Mark made = mark(1);
  for (std::size_t at = 0; at + sizeof made <= master.key.size(); ++at) {
    UsedKeys::Mark part = 0;
    for (std::size_t i = 0; i < sizeof made; ++i) part = part << 8 | master.key.data()[at + i];
    EXPECT_NE(part, made) << at;
  }
}

TEST(UsedKeys, NothingIsForgotten) {
  UsedKeys used;
  EXPECT_FALSE(used.contains(mark(1)));
  used.add({mark(3), mark(1), mark(3)});
  used.add({mark(2), mark(1)});
  used.add({});
  for (std::uint8_t seed = 0; seed < 10; ++seed) EXPECT_EQ(used.contains(mark(seed)), seed >= 1 && seed <= 3) << +seed;
}

TEST(UsedKeys, TheirNumberIsBounded) {
  UsedKeys used;
  EXPECT_TRUE(used.has_room(UsedKeys::kMost));
  EXPECT_FALSE(used.has_room(UsedKeys::kMost + 1));
  used.add({mark(1), mark(2)});
  EXPECT_TRUE(used.has_room(UsedKeys::kMost - 2));
  EXPECT_FALSE(used.has_room(UsedKeys::kMost - 1));
}

}  // namespace
}  // namespace sallyport::controlplane
