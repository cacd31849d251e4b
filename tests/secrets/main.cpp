// As a gateway does: OpenSSL's memory is kept out of core dumps, and DPDK is brought up, for its crypto devices.
#include <gtest/gtest.h>

#include <iostream>

#include "crypto/openssl_memory.hpp"
#include "drivers/eal.hpp"

int main(int argc, char** argv) {
  if (!sallyport::crypto::keep_openssl_in_secret_memory()) {
    std::cerr << "OpenSSL has memory already\n";
    return 1;
  }
  testing::InitGoogleTest(&argc, argv);
  if (testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();
  sallyport::drivers::EalOptions options;
  options.huge_pages = sallyport::drivers::HugePages::kNever;
  options.memory_mb = 128;
  const sallyport::drivers::Eal eal(options);
  return RUN_ALL_TESTS();
}
