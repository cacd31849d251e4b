// Whole calls through DPDK's software crypto drivers, which stand for any device: asynchronously and on the processor,
// judged by libSRTP at both ends.
#include "drivers/crypto_device.hpp"

#include <gtest/gtest.h>

#include "crypto/engines/cryptodev.hpp"
#include "tests/scenario/scenario.hpp"

namespace sallyport::scenario {
namespace {

constexpr std::uint16_t kWorkers = 2;

class DeviceEngines final : public EngineSource {
 public:
  DeviceEngines(const std::string& driver, crypto::CryptodevMode mode)
      : device_({.device = driver, .mode = mode, .workers = kWorkers, .max_keys = 64}) {}

  std::unique_ptr<crypto::Engine> for_control() override {
    return crypto::make_cryptodev_key_engine(device_.engine_options());
  }
  std::unique_ptr<crypto::Engine> for_worker(dataplane::WorkerId worker) override {
    return crypto::make_cryptodev_engine(device_.engine_options(), worker);
  }

 private:
  drivers::CryptoDevice device_;
};

struct DeviceRun {
  std::string name;
  std::string driver;
  crypto::CryptodevMode mode;
  std::string west;
  std::string east;
  Layout layout;
};
void PrintTo(const DeviceRun& run, std::ostream* out) {
  *out << run.driver << ", " << run.west << " to " << run.east << " and back";
}

Sends shapes(const std::string& leg, std::uint16_t sequence) {
  Sends sends;
  const auto add = [&](Rtp rtp) {
    sends.emplace_back(leg, rtp.sequence(sequence).timestamp(sequence * 160U));
    ++sequence;
  };
  for (const std::size_t size : {0, 1, 15, 16, 17, 160, 1400}) add(Rtp().payload(size));
  add(Rtp().csrcs({0xaaaa}));
  add(Rtp().extension(0xbede, {0x10, 0x7f, 0x21, 1, 2}).csrcs({0xaaaa, 0xbbbb}));
  add(Rtp().extension(0xbede, {}).payload(0));
  return sends;
}

/// RTCP comes out as it went in.
Leg pass_through(const std::string& name, const std::string& suite) {
  Leg leg = secure_leg(name, suite);
  leg.tx_mode = dataplane::TxMode::kPassThrough;
  return leg;
}

class CryptoDeviceCall : public testing::TestWithParam<DeviceRun> {};

TEST_P(CryptoDeviceCall, BothWays) {
  const DeviceRun& run = GetParam();
  DeviceEngines engines(run.driver, run.mode);
  Sends sends = shapes("west", 65500) + shapes("east", 300) + talk("west", 65510, 300) + talk("east", 310, 300);
  for (const char* leg : {"west", "east"}) {
    sends.push_back(Send::rtcp(leg, source_description({{0x77777777, "a name"}})));
    sends.push_back(Send(leg, Rtp().sequence(2000)).damaged([](Bytes& wire) { wire.back() ^= 1; }).dropped());
  }
  play({.name = run.name,
        .description = "through a crypto device",
        .legs = {pass_through("west", run.west), pass_through("east", run.east)},
        .sends = sends,
        .drops = {{dataplane::DropReason::kAuthFailed, 2}},
        .gateway = {.engines = &engines}},
       crypto::EngineKind::kCryptodev, run.layout);
}

std::vector<DeviceRun> runs() {
  using crypto::CryptodevMode;
  const std::string cm = "AES_CM_128_HMAC_SHA1_80";
  const std::string cm_short = "AES_CM_128_HMAC_SHA1_32";
  const std::string gcm = "AEAD_AES_128_GCM";
  const std::string gcm_256 = "AEAD_AES_256_GCM";
  return {
      {"AsyncCm", "crypto_aesni_mb", CryptodevMode::kAsync, cm, cm_short, kOneWorker},
      {"AsyncGcm", "crypto_aesni_mb", CryptodevMode::kAsync, gcm, gcm_256, kTwoWorkers},
      {"AsyncMixed", "crypto_aesni_mb", CryptodevMode::kAsync, cm, gcm, kTwoWorkersOneQueue},
      {"AsyncOpenssl", "crypto_openssl", CryptodevMode::kAsync, cm_short, gcm_256, kTwoWorkers},
      {"CpuMixed", "crypto_aesni_mb", CryptodevMode::kCpu, cm, gcm, kTwoWorkers},
  };
}

INSTANTIATE_TEST_SUITE_P(Drivers, CryptoDeviceCall, testing::ValuesIn(runs()),
                         [](const auto& run) { return run.param.name; });

}  // namespace
}  // namespace sallyport::scenario
