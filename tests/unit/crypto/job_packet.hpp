// Tests of engines at the level of jobs: a packet laid out as the transform lays it out, and what OpenSSL says that it
// must become. Knows nothing of contexts, indices and the engines' own keys.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "crypto/engine.hpp"

namespace sallyport::crypto::test {

/// Reproducible session keys of that suite's lengths.
SessionKeys make_session_keys(const Suite& suite, std::uint32_t seed);

struct JobShape {
  std::size_t header = 12;
  std::size_t text = 160;
  std::size_t tag = 10;
  bool encrypted = true;  ///< false: UNENCRYPTED_SRTP, an HMAC suite's key with the cipher NULL
  bool aside = false;     ///< the text is read and written in different places
};

/// header | text | trailer or tag, between bytes that must stay as they are.
class JobPacket {
 public:
  JobPacket(const Suite& suite, const SessionKeys& keys, const JobShape& shape, std::uint32_t seed);

  /// The clear packet, and the job that seals it. HMAC suites: the tag goes where the trailer was, as in SRTP.
  Job seal_job(const KeyRecord& keys, EngineKind engine);
  /// What seal_job() left behind is what OpenSSL makes of it.
  bool is_sealed() const;
  /// The sealed packet (made by OpenSSL), and the job that opens it.
  Job open_job(const KeyRecord& keys, EngineKind engine);
  /// The text is the clear one.
  bool is_open() const;
  /// The bytes around the packet, and the header, have not been touched.
  bool is_intact() const;

  /// For damage before the job runs: the tag that open_job() gave, the sealed text, the header.
  std::uint8_t& tag_byte(std::size_t i) { return tag_[i]; }
  std::uint8_t& text_byte(std::size_t i) { return memory_[kMargin + shape_.header + i]; }
  std::uint8_t& header_byte(std::size_t i) { return memory_[kMargin + i]; }

 private:
  static constexpr std::size_t kMargin = 48;

  Job common_job(const KeyRecord& keys, EngineKind engine);

  const Suite* suite_;
  JobShape shape_;
  std::vector<std::uint8_t> header_;
  std::vector<std::uint8_t> clear_;
  std::vector<std::uint8_t> sealed_;
  std::vector<std::uint8_t> expected_tag_;
  std::array<std::uint8_t, 16> iv_;
  std::array<std::uint8_t, 4> trailer_;
  std::vector<std::uint8_t> memory_;
  std::vector<std::uint8_t> aside_;
  std::array<std::uint8_t, 16> tag_{};
};

}  // namespace sallyport::crypto::test
