#include "drivers/eal_arguments.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/error.hpp"

namespace sallyport::drivers {
namespace {

bool has(const std::vector<std::string>& arguments, const std::string& wanted) {
  return std::find(arguments.begin(), arguments.end(), wanted) != arguments.end();
}

std::string refusal(const EalOptions& options, const HostResources& host) {
  try {
    eal_arguments(options, host);
  } catch (const SetupError& error) {
    return error.what();
  }
  return "";
}

TEST(EalArguments, MapsEachWorkerCoreToItsLcore) {
  EalOptions options;
  options.worker_cores = {3, 1};
  EXPECT_TRUE(has(eal_arguments(options, {{0, 1, 3}, 0}), "--lcores=0@(0,1,3),1@3,2@1"));
}

TEST(EalArguments, UsesHugePagesWhenEnoughAreFree) {
  EalOptions options;
  options.memory_mb = 256;
  EXPECT_TRUE(has(eal_arguments(options, {{0}, 256}), "--in-memory"));
  const auto without = eal_arguments(options, {{0}, 255});
  EXPECT_TRUE(has(without, "--no-huge"));
  EXPECT_TRUE(has(without, "--no-shconf"));
  EXPECT_FALSE(has(without, "--in-memory"));
  options.huge_pages = HugePages::kNever;
  EXPECT_TRUE(has(eal_arguments(options, {{0}, 9999}), "--no-huge"));
}

TEST(EalArguments, DemandedHugePagesMustBeThere) {
  EalOptions options;
  options.huge_pages = HugePages::kAlways;
  EXPECT_NE(refusal(options, {{0}, 100}).find("only 100 MB of them are free, expected 512 MB"), std::string::npos);
  EXPECT_EQ(refusal(options, {{0}, 512}), "");
}

TEST(EalArguments, ScansThePciBusOnlyForDevicesThatAreAllowed) {
  EalOptions options;
  EXPECT_TRUE(has(eal_arguments(options, {{0}, 0}), "--no-pci"));
  options.pci_devices = {"0000:01:00.0"};
  const auto arguments = eal_arguments(options, {{0}, 0});
  EXPECT_FALSE(has(arguments, "--no-pci"));
  const auto device = std::find(arguments.begin(), arguments.end(), "0000:01:00.0");
  ASSERT_NE(device, arguments.end());
  EXPECT_EQ(*(device - 1), "-a");
}

TEST(EalArguments, NamesTheCoreThatDoesNotExist) {
  EalOptions options;
  options.worker_cores = {1, 7};
  EXPECT_EQ(refusal(options, {{0, 1}, 0}), "worker core 7 does not exist here, expected one of 0, 1");
  options.worker_cores = {1, 1};
  EXPECT_NE(refusal(options, {{0, 1}, 0}).find("worker core 1 is listed twice"), std::string::npos);
}

TEST(EalArguments, HostHasCores) { EXPECT_FALSE(host_resources().cores.empty()); }

}  // namespace
}  // namespace sallyport::drivers
