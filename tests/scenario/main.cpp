// Brings up DPDK without huge pages or privileges, then runs the scenarios.
#include <gtest/gtest.h>

#include "drivers/eal.hpp"
#include "tests/scenario/call.hpp"

namespace sallyport::scenario {

drivers::MbufPool& test_pool() {
  constexpr unsigned kBuffers = 8192;
  static drivers::MbufPool pool(kBuffers, -1);
  return pool;
}

}  // namespace sallyport::scenario

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();
  sallyport::drivers::EalOptions options;
  options.huge_pages = sallyport::drivers::HugePages::kNever;
  options.memory_mb = 256;
  // Made before the pool and hence destroyed after it.
  static const sallyport::drivers::Eal eal(options);
  sallyport::scenario::test_pool();
  return RUN_ALL_TESTS();
}
