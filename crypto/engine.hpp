// The seam between the SRTP rules (transform, context) and whoever computes AES and SHA-1. An engine gets whole bursts
// of jobs of mixed suites and keys; only it knows what can share SIMD lanes. It knows no RTP, no ROC, no replay.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "crypto/bytes.hpp"
#include "crypto/secret_memory.hpp"
#include "crypto/suite.hpp"

namespace sallyport::crypto {

/// Session keys of one direction and one of SRTP / SRTCP, as the key derivation yields them. Wiped on destruction.
struct SessionKeys {
  SecretBytes<32> encryption;      ///< suite.key_len bytes used
  SecretBytes<20> authentication;  ///< suite.auth_key_len bytes used
};

/// An engine's expanded form of SessionKeys. Made on the control thread, read by the one worker that owns the stream,
/// destroyed (and wiped) by control again. Bound to the engine kind that made it.
class KeySchedule : public InSecretMemory {
 public:
  KeySchedule() = default;
  KeySchedule(const KeySchedule&) = delete;
  KeySchedule& operator=(const KeySchedule&) = delete;
  virtual ~KeySchedule() = default;
};

/// One packet's crypto, in one cache line. Ciphertext and cleartext are `text_len` bytes; `src` and `dst` are equal (in
/// place) or do not overlap. What is authenticated: with AEAD suites `auth` (the additional data) and then the text;
/// with HMAC suites `auth` alone, which the transform laid out (header | text | ROC or index) and which contains the
/// ciphertext. An engine touches no byte outside of these regions and the tag.
struct alignas(64) Job {
  const KeySchedule* keys;
  const std::uint8_t* auth;
  const std::uint8_t* src;
  std::uint8_t* dst;
  std::uint8_t* tag;  ///< seal: written last, may overlap the end of `auth`. open: read
  std::uint16_t auth_len;
  std::uint16_t text_len;  ///< may be 0
  std::uint8_t tag_len;
  Cipher cipher;
  std::uint8_t key_len;  ///< 16 or 32
  bool ok;  ///< open: the tag was right and dst holds the cleartext. seal: false if the implementation failed
  alignas(16) std::array<std::uint8_t, 16> iv;  ///< AES-CM: the counter block, GCM: the first 12 bytes
};
static_assert(sizeof(Job) == 64);

/// Which implementation.
enum class EngineKind : std::uint8_t { kIpsecMb, kOpenSsl };

/// One thread's handle on an implementation. Not thread-safe; each worker, and the control thread for expand(), has its
/// own.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual EngineKind kind() const noexcept = 0;
  /// For the user: name and what the processor lets it use, as in "ipsec_mb (AVX512 from 16 packets, SSE below)".
  virtual std::string_view description() const noexcept = 0;
  virtual bool supports(const Suite& suite) const noexcept = 0;
  /// Expands session keys. Throws SetupError where the suite is not supported.
  virtual std::unique_ptr<KeySchedule> expand(const Suite& suite, const SessionKeys& keys) = 0;
  /// Encrypts, then authenticates (HMAC) or both (AEAD). At most kMaxBurst jobs.
  virtual void seal(std::span<Job> jobs) noexcept = 0;
  /// Authenticates, compares in constant time, and decrypts what was authentic; the rest gets ok = false (what dst then
  /// holds must not be used: zeroed or undefined).
  virtual void open(std::span<Job> jobs) noexcept = 0;
};

inline constexpr std::size_t kMaxBurst = 64;

std::string_view to_string(EngineKind kind);
/// The kind of that name ("ipsec_mb", "openssl"); throws SetupError that lists them.
EngineKind engine_kind(std::string_view name);
/// Makes this thread's engine. Throws SetupError where this host cannot run it.
std::unique_ptr<Engine> make_engine(EngineKind kind);

}  // namespace sallyport::crypto
