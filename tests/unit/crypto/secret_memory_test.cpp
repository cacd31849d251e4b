#include "crypto/secret_memory.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>

#include "crypto/context.hpp"
#include "crypto/engines/ipsec_mb_keys.hpp"
#include "tests/unit/crypto/srtp_support.hpp"

namespace sallyport::crypto {
namespace {

/// Whether the mapping that holds `address` is left out of core dumps: VmFlags of /proc/self/smaps has "dd".
bool excluded_from_core_dumps(const void* address) {
  std::ifstream smaps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    std::uintptr_t first = 0;
    std::uintptr_t last = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &first, &last) == 2) inside = first <= wanted && wanted < last;
    if (inside && line.starts_with("VmFlags:")) return line.find(" dd") != std::string::npos;
  }
  return false;
}

TEST(SecretMemory, IsAlignedAndWipedBeforeItIsGivenOutAgain) {
  auto* first = static_cast<std::uint8_t*>(secret_allocate(200));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first) % 128, 0U);
  std::memset(first, 0x5a, 200);
  secret_free(first, 200);
  auto* again = static_cast<std::uint8_t*>(secret_allocate(200));
  EXPECT_EQ(again, first) << "freed memory is used again";
  for (std::size_t i = 0; i < 200; ++i) ASSERT_EQ(again[i], 0) << i;
  secret_free(again, 200);
}

TEST(SecretMemory, ManyObjectsSpanChunks) {
  std::vector<void*> blocks;
  for (int i = 0; i < 5000; ++i) {
    blocks.push_back(secret_allocate(1024));
    std::memset(blocks.back(), i, 1024);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(static_cast<std::uint8_t*>(blocks[i])[1023], static_cast<std::uint8_t>(i));
    secret_free(blocks[i], 1024);
  }
}

TEST(SecretMemory, RefusesAbsurdSizes) {
  EXPECT_THROW(static_cast<void>(secret_allocate(0)), std::bad_alloc);
  EXPECT_THROW(static_cast<void>(secret_allocate(1 << 20)), std::bad_alloc);
}

TEST(SecretMemory, KeysStayOutOfCoreDumps) {
  const auto engine = make_engine(EngineKind::kIpsecMb);
  const auto context = std::make_unique<Context>(*engine, kSuites[0], test::make_master(1));
  EXPECT_TRUE(excluded_from_core_dumps(context.get()));
  EXPECT_TRUE(excluded_from_core_dumps(&imb_keys<ImbGcmKeys>(context->rtp().record)));
  const auto ordinary = std::make_unique<int>(1);
  EXPECT_FALSE(excluded_from_core_dumps(ordinary.get()));
}

}  // namespace
}  // namespace sallyport::crypto
