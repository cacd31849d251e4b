// AES-F8 (RFC 3711 4.1.2) in batches through IPsec-MB, which has no such mode. Its key stream S(j) = E(k, IV' ^ j ^
// S(j-1)) is the CBC encryption, with a zero IV, of the blocks IV' ^ 0, IV' ^ 1, ...; and IV' = E(k ^ m, IV) is one
// such block. So two CBC bursts, of one block a packet and of all others, serve many packets side by side. Part of the
// IPsec-MB engine.
#pragma once

#include <intel-ipsec-mb.h>

#include <array>
#include <cstdint>
#include <span>

#include "crypto/engine.hpp"
#include "crypto/engines/ipsec_mb_keys.hpp"

namespace sallyport::crypto {

class ImbF8 {
 public:
  ImbF8() noexcept;

  /// Encrypts or decrypts, which is the same, the texts of those jobs whose positions are in `list`.
  void apply(IMB_MGR& manager, std::span<Job> jobs, std::span<const std::uint8_t> list) noexcept;

 private:
  static constexpr std::size_t kBlock = 16;
  static constexpr std::size_t kBatch = 16;    ///< packets side by side
  static constexpr std::size_t kChunk = 2048;  ///< of each text at a time

  using Block = std::array<std::uint8_t, kBlock>;
  /// One packet on its way.
  struct Lane {
    Job* job;
    alignas(16) Block iv;    ///< IV'
    alignas(16) Block last;  ///< S(j-1)
    alignas(64) std::array<std::uint8_t, kChunk> stream;
  };

  void apply_batch(IMB_MGR& manager, std::size_t count) noexcept;
  void encrypt_ivs(IMB_MGR& manager, std::size_t count) noexcept;
  void apply_chunk(IMB_MGR& manager, std::size_t count, std::size_t offset) noexcept;
  void submit(IMB_MGR& manager, std::size_t count) noexcept;

  std::array<Lane, kBatch> lanes_{};
  std::array<IMB_JOB, kBatch> jobs_{};
};

}  // namespace sallyport::crypto
