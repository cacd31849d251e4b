// The random sequences of property_test.cpp through DPDK's crypto devices: asynchronous, where packets are parked until
// the device has answered, and on the processor. One process brings DPDK up once.
#include <gtest/gtest.h>

#include "drivers/crypto_device.hpp"
#include "drivers/eal.hpp"
#include "tests/cross/engines_here.hpp"
#include "tests/cross/sequences.hpp"
#include "tests/cross/traffic/model_end.hpp"
#include "tests/cross/traffic/product_end.hpp"

namespace sallyport::traffic {
namespace {

using namespace std::chrono_literals;

void run_on(const char* driver, crypto::CryptodevMode mode) {
  drivers::CryptoDeviceOptions options;
  options.device = driver;
  options.mode = mode;
  const drivers::CryptoDevice device(options);
  const std::unique_ptr<crypto::Engine> engine = crypto::make_cryptodev_engine(device.engine_options(), 0);
  const Rules rules = rules_of_the_product(crypto::test::suites_of({engine.get()}));
  const Path path = mode == crypto::CryptodevMode::kAsync ? Path::kPending : Path::kBurst;
  run_sequences(5s, {"accepted", "damaged", "accepted under old keys"}, [&](std::uint64_t seed, Coverage& coverage) {
    ModelSender model_sender;
    ModelReceiver model_receiver(promised_search);
    ProductSender sender(*engine, path);
    ProductReceiver receiver(*engine, path);
    World(rules, {model_sender, model_receiver}, {sender, receiver}, seed, coverage).run();
  });
}

TEST(CryptodevProperty, AesniMbLater) { run_on("crypto_aesni_mb", crypto::CryptodevMode::kAsync); }
TEST(CryptodevProperty, AesniMbOnTheProcessor) { run_on("crypto_aesni_mb", crypto::CryptodevMode::kCpu); }
TEST(CryptodevProperty, AesniGcmLater) { run_on("crypto_aesni_gcm", crypto::CryptodevMode::kAsync); }

}  // namespace
}  // namespace sallyport::traffic

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();
  sallyport::drivers::EalOptions options;
  options.huge_pages = sallyport::drivers::HugePages::kNever;
  options.memory_mb = 128;
  const sallyport::drivers::Eal eal(options);
  return RUN_ALL_TESTS();
}
