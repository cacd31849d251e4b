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
#include "tests/cross/engines_here.hpp"
#include "tests/secrets/parked_thread.hpp"
#include "tests/secrets/process_memory.hpp"
#include "tests/secrets/streams.hpp"

namespace sallyport::secrets {
namespace {

constexpr int kRounds = 10;  ///< of bursts, which takes streams with epochs through ten of them

std::string listed(const std::vector<Finding>& findings) {
  std::ostringstream out;
  std::size_t shown = 0;
  for (const Finding& finding : findings) {
    out << "  " << finding << '\n';
    if (++shown == 40) break;
  }
  out << "  " << findings.size() << " in all\n";
  return out.str();
}

/// A number for each stream that a test program makes: none has the keys of another.
std::uint16_t next_seed() {
  static std::uint16_t last = 0;
  return ++last;
}

struct Plan {
  const crypto::Suite* suite;
  Keying keying;
  std::uint16_t seed;
};

/// Suites that differ in their tags only are looked at together; the others one after the other, so that none wipes
/// away what another has left.
struct Family {
  crypto::Cipher cipher;
  std::uint8_t key_len;
};
constexpr std::array kFamilies{Family{crypto::Cipher::kAesGcm, 32}, Family{crypto::Cipher::kAesGcm, 16},
                               Family{crypto::Cipher::kAesCm, 32},  Family{crypto::Cipher::kAesCm, 24},
                               Family{crypto::Cipher::kAesCm, 16},  Family{crypto::Cipher::kAesF8, 16},
                               Family{crypto::Cipher::kNull, 16}};

std::vector<Plan> plans_for(const crypto::Engine& engine, const Family& family) {
  std::vector<Plan> plans;
  for (const crypto::Suite& suite : crypto::kSuites) {
    if (suite.cipher != family.cipher || suite.key_len != family.key_len || !engine.supports(suite)) continue;
    for (const Keying keying : kKeyings) plans.push_back({&suite, keying, next_seed()});
  }
  return plans;
}

NeedleSet needles_of(const std::vector<Plan>& plans) {
  return NeedleSet(made_elsewhere([&plans] {
    std::vector<Needle> needles;
    for (const Plan& plan : plans) Stream::add_needles_of(*plan.suite, plan.keying, plan.seed, needles);
    return needles;
  }));
}

/// Streams on one engine, with the threads of a gateway.
class Gateway {
 public:
  explicit Gateway(crypto::Engine& engine) : engine_(engine) {}

  void make_streams(const std::vector<Plan>& plans) {
    control_.run([&] {
      for (const Plan& plan : plans) {
        streams_.push_back(std::make_unique<Stream>(engine_, *plan.suite, plan.keying, plan.seed));
      }
    });
  }
  /// False: a packet was refused.
  bool run_traffic() {
    bool good = true;
    for (int round = 0; round < kRounds; ++round) {
      worker_.run([&] {
        for (const auto& stream : streams_) good = stream->run_traffic(engine_, packets_) && good;
      });
      control_.run([&] {
        for (const auto& stream : streams_) stream->serve(engine_);
      });
    }
    return good;
  }
  void retire_streams() {
    control_.run([&] { streams_.clear(); });
  }

 private:
  crypto::Engine& engine_;
  Packets packets_;
  std::vector<std::unique_ptr<Stream>> streams_;
  ParkedThread control_;
  ParkedThread worker_;
};

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

void expect_nothing_left(crypto::Engine& engine, const std::vector<Plan>& plans) {
  const NeedleSet needles = needles_of(plans);
  Gateway gateway(engine);
  gateway.make_streams(plans);
  EXPECT_TRUE(gateway.run_traffic());
  expect_found(find_here(needles), plans);
  gateway.retire_streams();
  const std::vector<Finding> left = find_here(needles);
  EXPECT_TRUE(left.empty()) << listed(left);
}

void expect_nothing_left(crypto::Engine& engine) {
  unsigned families = 0;
  for (const Family& family : kFamilies) {
    const std::vector<Plan> plans = plans_for(engine, family);
    if (plans.empty()) continue;
    ++families;
    SCOPED_TRACE(plans.front().suite->name);
    expect_nothing_left(engine, plans);
  }
  EXPECT_NE(families, 0U);
}

TEST(RetiredStreams, TheSearchFindsWhatIsLeft) {
  const std::vector<Plan> plans{{&crypto::kSuites[0], Keying::kOneKey, next_seed()}};
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

TEST_P(RetiredStreams, LeaveNothingBehind) {
  const auto& engines = crypto::test::engines_here();
  const auto named = std::ranges::find(engines, GetParam(), &crypto::test::NamedEngine::name);
  expect_nothing_left(*named->engine);
}

/// Not libSRTP, an engine to compare with: contexts of its own libraries (NSS in Debian) are in their hands.
std::vector<std::string> engine_names() {
  std::vector<std::string> names;
  for (const auto& named : crypto::test::engines_here()) {
    if (named.engine->kind_for(crypto::kSuites[0]) != crypto::EngineKind::kLibSrtp) names.push_back(named.name);
  }
  return names;
}

std::string as_identifier(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Engines, RetiredStreams, testing::ValuesIn(engine_names()),
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
  const auto engine = crypto::make_cryptodev_engine(device.engine_options(), 0);
  expect_nothing_left(*engine);
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

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (testing::GTEST_FLAG(list_tests)) return RUN_ALL_TESTS();
  sallyport::drivers::EalOptions options;
  options.huge_pages = sallyport::drivers::HugePages::kNever;
  options.memory_mb = 128;
  const sallyport::drivers::Eal eal(options);
  return RUN_ALL_TESTS();
}
