// Crypto devices as engines, with DPDK's software drivers: every job against OpenSSL, in both modes. One process brings
// DPDK up once.
#include <gtest/gtest.h>
#include <rte_cryptodev.h>
#include <rte_mempool.h>

#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "crypto/engines/cryptodev.hpp"
#include "crypto/error.hpp"
#include "drivers/crypto_device.hpp"
#include "drivers/eal.hpp"
#include "tests/unit/crypto/engine_job_checks.hpp"
#include "tests/unit/crypto/job_packet.hpp"

namespace sallyport::crypto::test {
namespace {

constexpr unsigned kKeys = 4096;

struct DeviceCase {
  const char* name;
  const char* driver;
  CryptodevMode mode;
  bool counter_mode;  ///< has AES-CM and HMAC-SHA1, not only GCM
  bool short_gcm_tag;
};

class Device : public testing::TestWithParam<DeviceCase> {
 protected:
  void SetUp() override {
    drivers::CryptoDeviceOptions options;
    options.device = GetParam().driver;
    options.mode = GetParam().mode;
    options.workers = 2;
    options.queue_depth = 100;
    options.max_keys = kKeys;
    device_ = std::make_unique<drivers::CryptoDevice>(options);
    engine_ = make_cryptodev_engine(device_->engine_options(), 0);
    sessions_ = rte_mempool_avail_count(device_->engine_options().sessions);
  }
  void TearDown() override {
    EXPECT_EQ(rte_mempool_avail_count(device_->engine_options().sessions), sessions_) << "sessions that nobody freed";
  }

  std::unique_ptr<drivers::CryptoDevice> device_;
  std::unique_ptr<Engine> engine_;
  unsigned sessions_ = 0;
};

TEST_P(Device, ServesWhatTheDriverHas) {
  for (const Suite& suite : kSuites) {
    const bool expected = suite.cipher == Cipher::kAesGcm ? suite.rtp_tag_len == 16 || GetParam().short_gcm_tag
                                                          : suite.cipher != Cipher::kAesF8 && GetParam().counter_mode;
    EXPECT_EQ(engine_->supports(suite), expected) << suite.name;
  }
  EXPECT_EQ(engine_->kind_for(kSuites[0]), EngineKind::kCryptodev);
  EXPECT_NE(engine_->description().find(GetParam().driver), std::string_view::npos);
  EXPECT_EQ(engine_->async() != nullptr, GetParam().mode == CryptodevMode::kAsync);
}

TEST_P(Device, EveryShapeOfJob) { check_all_shapes(*engine_); }
TEST_P(Device, Forgeries) { check_forgeries(*engine_); }
TEST_P(Device, RefusesTheRest) { check_refusals(*engine_); }

/// What was forged is not decrypted into the packet, although the device works through it.
TEST_P(Device, AForgeryLeavesItsPacketAlone) {
  for (const Suite& suite : kSuites) {
    if (!engine_->supports(suite)) continue;
    const SessionKeys keys = make_session_keys(suite, 3);
    const ExpandedKey key(*engine_, suite, keys);
    JobPacket packet(suite, keys, {.tag = suite.rtp_tag_len}, 4);
    Job job = packet.open_job(key.record(), EngineKind::kCryptodev);
    packet.tag_byte(0) ^= 1;
    const std::vector<std::uint8_t> before(job.src, job.src + job.text_len);
    run_jobs(*engine_, {&job, 1}, Direction::kOpen);
    EXPECT_FALSE(job.ok);
    EXPECT_EQ(std::vector<std::uint8_t>(job.dst, job.dst + job.text_len), before) << suite.name;
  }
}

TEST_P(Device, JobsThatAreTooLongFail) {
  if (!GetParam().counter_mode) return;  // GCM of any length is done in software
  const Suite& suite = *find_suite("AES_CM_128_HMAC_SHA1_80");
  const SessionKeys keys = make_session_keys(suite, 3);
  const ExpandedKey key(*engine_, suite, keys);
  JobPacket longest(suite, keys, {.text = kCryptodevLongestJob - 16}, 4);
  JobPacket too_long(suite, keys, {.text = kCryptodevLongestJob - 15}, 4);
  std::array jobs{longest.seal_job(key.record(), EngineKind::kCryptodev),
                  too_long.seal_job(key.record(), EngineKind::kCryptodev)};
  run_jobs(*engine_, jobs, Direction::kSeal);
  EXPECT_TRUE(jobs[0].ok);
  EXPECT_TRUE(longest.is_sealed());
  EXPECT_FALSE(jobs[1].ok);
}

/// Keys are made by control's engine and used by the workers'.
TEST_P(Device, KeysOfTheKeyEngineServeEveryQueue) {
  const std::unique_ptr<Engine> control = make_cryptodev_key_engine(device_->engine_options());
  const std::unique_ptr<Engine> second = make_cryptodev_engine(device_->engine_options(), 1);
  for (const Suite& suite : kSuites) {
    if (!control->supports(suite)) continue;
    const SessionKeys keys = make_session_keys(suite, 8);
    const ExpandedKey key(*control, suite, keys);
    for (Engine* worker : {engine_.get(), second.get()}) {
      JobPacket packet(suite, keys, {.tag = suite.rtp_tag_len}, 9);
      Job job = packet.seal_job(key.record(), EngineKind::kCryptodev);
      run_jobs(*worker, {&job, 1}, Direction::kSeal);
      EXPECT_TRUE(packet.is_sealed()) << suite.name;
    }
  }
}

bool contains(const std::uint8_t* memory, std::size_t length, const std::uint8_t* key, std::size_t key_len) {
  return memmem(memory, length, key, key_len) != nullptr;
}

/// Sessions are wiped when the key is released (the ipsec_mb drivers do not do that themselves).
TEST_P(Device, ReleasedKeysLeaveNothingBehind) {
  const Suite& suite = *find_suite("AEAD_AES_128_GCM");
  const SessionKeys keys = make_session_keys(suite, 21);
  struct Search {
    const std::uint8_t* key;
    unsigned found = 0;
  } search{keys.encryption.data()};
  const auto look = [](rte_mempool* pool, void* arg, void* object, unsigned) {
    auto& s = *static_cast<Search*>(arg);
    if (contains(static_cast<const std::uint8_t*>(object), pool->elt_size, s.key, 16)) ++s.found;
  };
  rte_mempool* pool = device_->engine_options().sessions;
  {
    const ExpandedKey key(*engine_, suite, keys);
    rte_mempool_obj_iter(pool, look, &search);
    EXPECT_NE(search.found, 0U) << "the search finds what is there";
  }
  search.found = 0;
  rte_mempool_obj_iter(pool, look, &search);
  EXPECT_EQ(search.found, 0U);
}

class AsyncDevice : public Device {};

/// The queue takes what it has room for, gives it back, and then takes the rest.
TEST_P(AsyncDevice, AFullQueueTakesNoMore) {
  const Suite& suite = *find_suite("AEAD_AES_128_GCM");
  const SessionKeys keys = make_session_keys(suite, 1);
  const ExpandedKey key(*engine_, suite, keys);
  AsyncEngine& queue = *engine_->async();
  constexpr std::size_t kJobs = 250;
  std::vector<std::unique_ptr<JobPacket>> packets;
  std::vector<Job> jobs;
  std::vector<Job*> pointers;
  for (std::size_t i = 0; i < kJobs; ++i) {
    const JobShape shape{.header = i % 5 == 0 ? 16U : 12U, .tag = 16};  // each fifth is done in software
    packets.push_back(std::make_unique<JobPacket>(suite, keys, shape, static_cast<std::uint32_t>(i)));
    jobs.push_back(packets[i]->seal_job(key.record(), EngineKind::kCryptodev));
  }
  for (Job& job : jobs) pointers.push_back(&job);
  const std::size_t first = queue.submit(pointers, Direction::kSeal);
  EXPECT_GE(first, 100U);
  EXPECT_LE(first, 200U);
  EXPECT_EQ(queue.in_flight(), first);
  const std::size_t taken = first + queue.submit(std::span(pointers).subspan(first), Direction::kSeal);
  EXPECT_LT(taken, kJobs);
  std::array<Job*, 7> few;
  EXPECT_LE(queue.collect(few), few.size());
  std::array<Job*, kMaxBurst> done;
  for (int i = 0; i < 1000 && queue.in_flight() != 0; ++i) queue.collect(done);
  EXPECT_EQ(queue.in_flight(), 0U);
  EXPECT_EQ(queue.collect(done), 0U);
  EXPECT_EQ(queue.answers(), taken - (taken + 4) / 5) << "what was done in software is no answer of the device";
  for (std::size_t i = 0; i < first; ++i) EXPECT_TRUE(packets[i]->is_sealed()) << i;
}

/// Whoever asks for work within the call is refused, not made to wait.
TEST_P(AsyncDevice, DoesNothingWithinTheCall) {
  const Suite& suite = *find_suite("AEAD_AES_128_GCM");
  const SessionKeys keys = make_session_keys(suite, 1);
  const ExpandedKey key(*engine_, suite, keys);
  JobPacket packet(suite, keys, {.tag = 16}, 2);
  Job job = packet.seal_job(key.record(), EngineKind::kCryptodev);
  job.ok = true;
  engine_->seal({&job, 1});
  EXPECT_FALSE(job.ok);
  job.ok = true;
  engine_->open({&job, 1});
  EXPECT_FALSE(job.ok);
}

/// An engine that dies with jobs in flight takes its memory back from the device first.
TEST_P(AsyncDevice, DiesWithJobsInFlight) {
  const Suite& suite = *find_suite("AEAD_AES_128_GCM");
  const SessionKeys keys = make_session_keys(suite, 1);
  const ExpandedKey key(*engine_, suite, keys);
  JobPacket packet(suite, keys, {.tag = 16}, 2);
  Job job = packet.seal_job(key.record(), EngineKind::kCryptodev);
  Job* pointer = &job;
  ASSERT_EQ(engine_->async()->submit({&pointer, 1}, Direction::kSeal), 1U);
  engine_.reset();
  engine_ = make_cryptodev_engine(device_->engine_options(), 0);
  run_jobs(*engine_, {&job, 1}, Direction::kSeal);
  EXPECT_TRUE(packet.is_sealed());
}

constexpr std::array kDevices{
    DeviceCase{"AesniMbAsync", "crypto_aesni_mb", CryptodevMode::kAsync, true, true},
    DeviceCase{"AesniMbCpu", "crypto_aesni_mb", CryptodevMode::kCpu, true, true},
    DeviceCase{"AesniGcmAsync", "crypto_aesni_gcm", CryptodevMode::kAsync, false, true},
    DeviceCase{"AesniGcmCpu", "crypto_aesni_gcm", CryptodevMode::kCpu, false, true},
    DeviceCase{"OpensslAsync", "crypto_openssl", CryptodevMode::kAsync, true, false},
};
constexpr std::array kAsyncDevices{kDevices[0], kDevices[2], kDevices[4]};

std::string case_name(const testing::TestParamInfo<DeviceCase>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Drivers, Device, testing::ValuesIn(kDevices), case_name);
INSTANTIATE_TEST_SUITE_P(Drivers, AsyncDevice, testing::ValuesIn(kAsyncDevices), case_name);

std::string refusal(const drivers::CryptoDeviceOptions& options) {
  try {
    const drivers::CryptoDevice device(options);
    make_cryptodev_engine(device.engine_options(), 0);
  } catch (const SetupError& error) {
    return error.what();
  }
  return "";
}

TEST(CryptoDevice, SaysWhatIsWrong) {
  EXPECT_NE(refusal({.device = "aesni_mb"}).find("expected a driver such as"), std::string::npos);
  EXPECT_NE(refusal({.device = "crypto_aesni_mb,x=1"}).find("expected a driver such as"), std::string::npos);
  EXPECT_NE(refusal({.device = "crypto_nonesuch"}).find("be made"), std::string::npos);
  EXPECT_NE(refusal({.device = "0000:3d:01.0"}).find("bound to vfio-pci"), std::string::npos);
  EXPECT_NE(refusal({.device = "crypto_aesni_mb", .workers = 0}).find("at least one worker"), std::string::npos);
  EXPECT_NE(refusal({.device = "crypto_aesni_mb", .max_keys = 100'000'000}).find("keys"), std::string::npos);
  EXPECT_NE(refusal({.device = "crypto_openssl", .mode = CryptodevMode::kCpu}).find("mode async"), std::string::npos);
  EXPECT_EQ(refusal({.device = "crypto_openssl", .max_keys = 16}), "")
      << "a device that was refused was not given back";
}

TEST(CryptoDevice, KnowsPciAddresses) {
  for (const char* address : {"0000:3d:01.0", "3d:01.0", "0000:B1:00.7"}) {
    EXPECT_TRUE(drivers::is_pci_address(address)) << address;
  }
  for (const char* other : {"", "crypto_aesni_mb", "0000:3d:01", "3d:01.00", "0000-3d:01.0", "3g:01.0", "a:3d:01.0"}) {
    EXPECT_FALSE(drivers::is_pci_address(other)) << other;
  }
}

}  // namespace
}  // namespace sallyport::crypto::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();
  sallyport::drivers::EalOptions options;
  options.huge_pages = sallyport::drivers::HugePages::kNever;
  options.memory_mb = 128;
  const sallyport::drivers::Eal eal(options);
  return RUN_ALL_TESTS();
}
