// Brings up DPDK without huge pages or privileges, with a worker's core, then runs the tests.
#include <gtest/gtest.h>

#include "drivers/eal.hpp"
#include "drivers/topology.hpp"

namespace sallyport::controlplane {

const drivers::Eal& eal() {
  drivers::EalOptions options;
  options.worker_cores = {drivers::available_cores().front()};
  options.huge_pages = drivers::HugePages::kNever;
  options.memory_mb = 128;
  static const drivers::Eal instance(options);
  return instance;
}

}  // namespace sallyport::controlplane

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();
  sallyport::controlplane::eal();
  return RUN_ALL_TESTS();
}
