// When a stream is retired nothing of its keys stays in the process's memory: no master key, no session key, and
// nothing that any engine made of them; not in the heap, not in dead stack frames of any thread, not in a library's
// scratch memory. Every engine, every suite, every kind of keying. Engines, workers' memory and threads live on.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>

#include "crypto/engines/cryptodev.hpp"
#include "crypto/error.hpp"
#include "drivers/crypto_device.hpp"
#include "drivers/eal.hpp"
#include "tests/secrets/gateway.hpp"
#include "tests/secrets/process_memory.hpp"

namespace sallyport::secrets {
namespace {

/// Whether the search sees the keys while they are there: of every stream, and what the engine makes of keys.
void expect_found(const std::vector<Finding>& findings, const std::vector<Plan>& plans) {
  std::set<std::uint16_t> owners;
  std::set<SecretKind> kinds;
  for (const Finding& finding : findings) {
    owners.insert(finding.owner);
    kinds.insert(finding.kind);
  }
  EXPECT_EQ(owners.size(), plans.size());
  const crypto::Suite& suite = *plans.front().suite;
  EXPECT_EQ(kinds.contains(SecretKind::kRoundKey) || kinds.contains(SecretKind::kSessionKey), suite.encrypts());
  EXPECT_EQ(kinds.contains(SecretKind::kHashKey), suite.aead());
  EXPECT_EQ(kinds.contains(SecretKind::kHashState), !suite.aead());
  EXPECT_EQ(kinds.contains(SecretKind::kMaskedKey), suite.cipher == crypto::Cipher::kAesF8);
}

void expect_nothing_left(const Engines& engines, const std::vector<Plan>& plans) {
  const NeedleSet needles = needles_of(plans);
  Gateway gateway(engines);
  gateway.make_streams(plans);
  EXPECT_TRUE(gateway.run_traffic());
  expect_found(find_here(needles), plans);
  gateway.retire_streams();
  const std::vector<Finding> left = find_here(needles);
  EXPECT_TRUE(left.empty()) << listed(left);
}

void expect_nothing_left(const Engines& engines) {
  unsigned families = 0;
  for (const Family& family : kFamilies) {
    const std::vector<Plan> plans = plans_for(engines.control, family);
    if (plans.empty()) continue;
    ++families;
    SCOPED_TRACE(plans.front().suite->name);
    expect_nothing_left(engines, plans);
  }
  EXPECT_NE(families, 0U);
}

TEST(RetiredStreams, TheSearchFindsWhatIsLeft) {
  const std::vector<Plan> plans = plans_for(engines_named(own_engines().front()).control, kFamilies.front());
  const NeedleSet needles = needles_of(plans);
  EXPECT_GT(needles.size(), 100U);
  EXPECT_TRUE(find_here(needles).empty());
  const std::vector<Needle> planted = made_elsewhere([&plans] {
    std::vector<Needle> all;
    Stream::add_needles_of(*plans[0].suite, plans[0].keying, plans[0].seed, all);
    return all;
  });
  ParkedThread thread;
  thread.run([&planted] {
    std::array<std::uint8_t, 4096> frame;  // dead when the thread waits
    const std::uint64_t value = hide(planted.back().hidden);
    std::memcpy(frame.data() + 1001, &value, sizeof value);
    asm volatile("" : : "r"(frame.data()) : "memory");
  });
  EXPECT_FALSE(find_here(needles).empty()) << "in a dead stack frame";
}

class RetiredStreams : public testing::TestWithParam<std::string> {};

TEST_P(RetiredStreams, LeaveNothingBehind) { expect_nothing_left(engines_named(GetParam())); }

INSTANTIATE_TEST_SUITE_P(Engines, RetiredStreams, testing::ValuesIn(own_engines()),
                         [](const auto& test) { return as_identifier(test.param); });

struct DeviceCase {
  const char* driver;
  crypto::CryptodevMode mode;
};

class RetiredStreamsOnDevice : public testing::TestWithParam<DeviceCase> {};

TEST_P(RetiredStreamsOnDevice, LeaveNothingBehind) {
  drivers::CryptoDeviceOptions options;
  options.device = GetParam().driver;
  options.mode = GetParam().mode;
  options.workers = 1;
  options.queue_depth = 128;
  options.max_keys = 4096;
  const drivers::CryptoDevice device(options);
  const auto control = crypto::make_cryptodev_key_engine(device.engine_options());
  const auto worker = crypto::make_cryptodev_engine(device.engine_options(), 0);
  expect_nothing_left({*control, *worker});
}

INSTANTIATE_TEST_SUITE_P(Devices, RetiredStreamsOnDevice,
                         testing::Values(DeviceCase{"crypto_aesni_mb", crypto::CryptodevMode::kAsync},
                                         DeviceCase{"crypto_aesni_mb", crypto::CryptodevMode::kCpu},
                                         DeviceCase{"crypto_aesni_gcm", crypto::CryptodevMode::kAsync},
                                         DeviceCase{"crypto_aesni_gcm", crypto::CryptodevMode::kCpu},
                                         DeviceCase{"crypto_openssl", crypto::CryptodevMode::kAsync}),
                         [](const auto& test) {
                           return std::string(test.param.driver) +
                                  (test.param.mode == crypto::CryptodevMode::kAsync ? "_async" : "_cpu");
                         });

}  // namespace
}  // namespace sallyport::secrets
