#include "eal_environment.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <memory>

#include "crypto/error.hpp"
#include "drivers/topology.hpp"

namespace sallyport::drivers::test {

class EalEnvironment : public testing::Environment {
 public:
  EalEnvironment() : cores_(available_cores()) {
    EalOptions options;
    options.worker_cores = {cores_.back()};
    options.huge_pages = HugePages::kNever;
    options.memory_mb = 128;
    eal_ = std::make_unique<Eal>(options);
  }
  void TearDown() override { eal_.reset(); }
  const Eal& eal() const { return *eal_; }
  const std::vector<unsigned>& cores() const { return cores_; }

 private:
  std::vector<unsigned> cores_;
  std::unique_ptr<Eal> eal_;
};

/// Made on first use, before any test runs.
EalEnvironment& environment() {
  static auto* const instance = new EalEnvironment;  // GoogleTest takes it over
  return *instance;
}

const Eal& eal() { return environment().eal(); }
const std::vector<unsigned>& cores() { return environment().cores(); }
unsigned worker_core() { return cores().back(); }

}  // namespace sallyport::drivers::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  try {
    testing::AddGlobalTestEnvironment(&sallyport::drivers::test::environment());
  } catch (const sallyport::SetupError& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return RUN_ALL_TESTS();
}
