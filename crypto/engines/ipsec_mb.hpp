// The default engine: Intel's IPsec Multi-Buffer library. HMAC suites go through its CIPHER and HASH bursts, which fill
// SIMD lanes with many packets; GCM goes packet by packet through its direct calls, which are faster than any queue.
// Made per thread; seal() and open() belong to that thread.
#pragma once

#include <intel-ipsec-mb.h>

#include <array>
#include <memory>
#include <string>

#include "crypto/engine.hpp"
#include "crypto/engines/ipsec_mb_f8.hpp"

namespace sallyport::crypto {

/// Instruction set of a multi-buffer manager.
enum class Isa : std::uint8_t { kSse, kAvx2, kAvx512 };

/// The best that this processor and the library have together. Throws SetupError where it has no AES-NI.
Isa best_isa();

class IpsecMbEngine final : public Engine {
 public:
  /// `isa`: at most best_isa(); tests ask for less to cover other processors.
  explicit IpsecMbEngine(Isa isa);

  EngineKind kind_for(const Suite&) const noexcept override { return EngineKind::kIpsecMb; }
  std::string_view description() const noexcept override { return description_; }
  bool supports(const Suite&) const noexcept override { return true; }
  KeyRelease expand(const Suite& suite, const SessionKeys& keys, KeyRecord& record) override;
  void seal(std::span<Job> jobs) noexcept override;
  void open(std::span<Job> jobs) noexcept override;

 private:
  struct ManagerDeleter {
    void operator()(IMB_MGR* manager) const noexcept { free_mb_mgr(manager); }
  };
  using Manager = std::unique_ptr<IMB_MGR, ManagerDeleter>;

  /// Positions in a span of jobs.
  struct IndexList {
    std::array<std::uint8_t, kMaxBurst> at;
    std::size_t size = 0;
    void add(std::size_t i) noexcept { at[size++] = static_cast<std::uint8_t>(i); }
  };

  static Manager make_manager(Isa isa);
  IndexList seal_gcm(std::span<Job> jobs) noexcept;
  IndexList open_gcm(std::span<Job> jobs) noexcept;
  void cipher(std::span<Job> jobs, const IndexList& list) noexcept;
  template <std::size_t kKeyLen>
  void counter_mode_burst(std::span<Job> jobs, const IndexList& list) noexcept;
  void submit_ciphers(std::uint32_t count, IMB_CIPHER_MODE mode, IMB_KEY_SIZE_BYTES key_size) noexcept;
  static IndexList hashed(std::span<const Job> jobs, const IndexList& list) noexcept;
  void hash_burst(std::span<Job> jobs, const IndexList& list) noexcept;
  void submit_hashes(std::size_t count) noexcept;

  Manager narrow_;          ///< SSE, with SHA-NI where the processor has it: best for few packets
  Manager wide_;            ///< the best: ciphers always, hashes where its lanes can be filled
  std::size_t wide_lanes_;  ///< HMAC-SHA1 lanes of wide_
  std::string description_;
  alignas(64) gcm_context_data gcm_state_{};
  std::array<IMB_JOB, kMaxBurst> imb_jobs_{};
  ImbF8 f8_;
  /// As computed: the library writes 12 bytes of an HMAC, more than SRTP sends, and never compares.
  alignas(64) std::array<std::array<std::uint8_t, 16>, kMaxBurst> tags_{};
};

}  // namespace sallyport::crypto
