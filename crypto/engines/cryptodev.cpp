#include "crypto/engines/cryptodev.hpp"

#include <rte_cryptodev.h>

#include <algorithm>

#include "crypto/engines/cryptodev_queue.hpp"
#include "crypto/engines/cryptodev_slot.hpp"
#include "crypto/error.hpp"

namespace sallyport::crypto {
namespace {

/// What both modes share: keys, and the engine for what the device cannot do. By itself it only expands keys.
class CryptodevEngine : public Engine {
 public:
  explicit CryptodevEngine(const CryptodevOptions& options, std::string_view mode)
      : options_(options), software_(make_engine(EngineKind::kOpenSsl)) {
    description_ = "cryptodev (" + options.name + ", " + std::string(mode) + ")";
  }

  EngineKind kind_for(const Suite&) const noexcept override { return EngineKind::kCryptodev; }
  std::string_view description() const noexcept override { return description_; }
  bool supports(const Suite& suite) const noexcept override { return cryptodev_supports(options_.device, suite); }
  KeyRelease expand(const Suite& suite, const SessionKeys& keys, KeyRecord& record) override {
    if (!supports(suite)) {
      throw SetupError("suite " + std::string(suite.name) + ": crypto device " + options_.name + " does not have it");
    }
    return cryptodev_expand(options_, *software_, suite, keys, record);
  }
  void seal(std::span<Job> jobs) noexcept override { refuse(jobs); }
  void open(std::span<Job> jobs) noexcept override { refuse(jobs); }

 protected:
  const CryptodevOptions& options() const noexcept { return options_; }
  Engine& software() noexcept { return *software_; }

 private:
  static void refuse(std::span<Job> jobs) noexcept {
    for (Job& job : jobs) job.ok = false;
  }

  CryptodevOptions options_;
  std::unique_ptr<Engine> software_;
  std::string description_;
};

class AsyncCryptodevEngine final : public CryptodevEngine {
 public:
  AsyncCryptodevEngine(const CryptodevOptions& options, std::uint16_t queue_pair)
      : CryptodevEngine(options, "asynchronous"), queue_(options, queue_pair, software()) {}
  AsyncEngine* async() noexcept override { return &queue_; }

 private:
  CryptodevQueue queue_;
};

/// One job per call: a call serves one session, and neighbours in a burst rarely share a key.
class CpuCryptodevEngine final : public CryptodevEngine {
 public:
  explicit CpuCryptodevEngine(const CryptodevOptions& options)
      : CryptodevEngine(options, "on the processor"), slot_(std::make_unique<CryptodevSlot>()) {}

  void seal(std::span<Job> jobs) noexcept override {
    for (Job& job : jobs) run(job, Direction::kSeal);
  }
  void open(std::span<Job> jobs) noexcept override {
    for (Job& job : jobs) run(job, Direction::kOpen);
  }

 private:
  void run(Job& job, Direction direction) noexcept {
    switch (cryptodev_route(job)) {
      case CryptodevRoute::kDevice:
        cryptodev_finish(*slot_, process(cryptodev_stage(*slot_, job, direction)));
        break;
      case CryptodevRoute::kSoftware:
        cryptodev_do_in_software(software(), job, direction);
        break;
      case CryptodevRoute::kNobody:
        break;
    }
  }

  /// True if the driver did its work and, with AEAD, found the tag right.
  bool process(const CryptodevWork& work) noexcept {
    rte_crypto_vec bytes{};
    bytes.base = slot_->data.data();
    bytes.len = work.data_len;
    bytes.tot_len = work.data_len;
    rte_crypto_sgl text{&bytes, 1};
    rte_crypto_va_iova_ptr iv{slot_->iv.data(), 0};
    rte_crypto_va_iova_ptr aad{slot_->aad.data(), 0};
    rte_crypto_va_iova_ptr digest{slot_->digest.data(), 0};
    std::int32_t status = -1;
    rte_crypto_sym_vec vector{};
    vector.num = 1;
    vector.src_sgl = &text;
    vector.iv = &iv;
    vector.aad = &aad;
    vector.digest = &digest;
    vector.status = &status;
    rte_crypto_sym_ofs offsets{};
    offsets.ofs.cipher.head = work.cipher_offset;
    offsets.ofs.cipher.tail = static_cast<std::uint16_t>(work.data_len - work.cipher_offset - work.cipher_len);
    return rte_cryptodev_sym_cpu_crypto_process(options().device, work.session, offsets, &vector) == 1 && status == 0;
  }

  std::unique_ptr<CryptodevSlot> slot_;
};

}  // namespace

std::unique_ptr<Engine> make_cryptodev_engine(const CryptodevOptions& options, std::uint16_t queue_pair) {
  if (options.mode == CryptodevMode::kAsync) return std::make_unique<AsyncCryptodevEngine>(options, queue_pair);
  rte_cryptodev_info info{};
  rte_cryptodev_info_get(options.device, &info);
  if ((info.feature_flags & RTE_CRYPTODEV_FF_SYM_CPU_CRYPTO) == 0) {
    throw SetupError("crypto device " + options.name + ": cannot work on the processor, expected mode async");
  }
  return std::make_unique<CpuCryptodevEngine>(options);
}

std::unique_ptr<Engine> make_cryptodev_key_engine(const CryptodevOptions& options) {
  return std::make_unique<CryptodevEngine>(options, "keys");
}

}  // namespace sallyport::crypto
