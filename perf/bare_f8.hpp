// AES-F8 (RFC 3711 4.1.2) of prepared packets through IPsec-MB's CBC bursts and nothing else but an XOR: the ceiling of
// what the library gives for F8. The key stream is the CBC encryption of the blocks IV' ^ 0, IV' ^ 1, ..., which are
// prepared; the burst that makes IV' itself is run all the same.
#pragma once

#include <intel-ipsec-mb.h>

#include <array>
#include <cstdint>
#include <vector>

#include "perf/f8_keys.hpp"

namespace sallyport::perf {

class BareF8 {
 public:
  /// Room for `packets` texts of `text_len` bytes. `manager` outlives it.
  BareF8(IMB_MGR& manager, std::size_t packets, std::size_t text_len);

  /// For packet i, before every apply() of it. Keys and text are pointed to; `iv` has 16 bytes.
  void prepare(std::size_t i, const F8RoundKeys& keys, const std::uint8_t* iv, std::uint8_t* text);
  /// Encrypts or decrypts, which is the same, `count` packets from `first` on in place; at most 128.
  void apply(std::size_t first, std::size_t count);

 private:
  using Block = std::array<std::uint8_t, 16>;

  std::uint8_t* stream(std::size_t i) { return streams_.data() + i * stride_; }

  IMB_MGR& manager_;
  std::size_t text_len_;
  std::size_t stride_;
  std::vector<Block> ivs_;  ///< as they are, then encrypted: IV'
  std::vector<IMB_JOB> iv_jobs_;
  std::vector<IMB_JOB> stream_jobs_;
  std::vector<std::uint8_t> streams_;
  std::vector<std::uint8_t*> texts_;
};

}  // namespace sallyport::perf
