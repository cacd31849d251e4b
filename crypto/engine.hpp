// The seam between the SRTP rules (transform, context) and whoever computes AES and SHA-1. An engine gets whole bursts
// of jobs of mixed suites and keys; only it knows what can share SIMD lanes. It knows no RTP, no ROC, no replay.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "crypto/bytes.hpp"
#include "crypto/suite.hpp"

namespace sallyport::crypto {

/// Session keys of one direction and one of SRTP / SRTCP, as the key derivation yields them. Wiped on destruction.
struct SessionKeys {
  SecretBytes<32> encryption;      ///< suite.encryption_key_len() bytes used
  SecretBytes<20> authentication;  ///< suite.auth_key_len bytes used
  SecretBytes<14> salt;            ///< suite.salt_len bytes used
};

/// Room for what an engine needs of one key per packet. What the bytes mean is the engine's matter: the expanded key
/// itself where it fits (the first 48 bytes share a cache line with the salt, the other 64 are the next line), else a
/// pointer to it. Lies in secret memory. Made on the control thread, read by the one worker that owns the stream,
/// released on the control thread.
struct alignas(16) KeyRecord {
  std::array<std::uint8_t, 112> bytes;
};
/// Frees what a record points to (the record itself is wiped by its owner); null where it points to nothing.
using KeyRelease = void (*)(KeyRecord& record) noexcept;

/// Which implementation.
enum class EngineKind : std::uint8_t { kLanes, kIpsecMb, kOpenSsl, kCryptodev, kLibSrtp };
inline constexpr std::size_t kEngineKinds = 5;

/// One packet's crypto, in one cache line. Ciphertext and cleartext are `text_len` bytes; `src` and `dst` are equal (in
/// place) or do not overlap; both may be null where there is no text. What is authenticated: with AEAD suites `auth`
/// (the additional data) and then the text; with the others `auth` alone, which the transform laid out (header | text |
/// ROC or index) and which contains the ciphertext. An engine touches no byte outside of these regions and the tag.
struct alignas(64) Job {
  const KeyRecord* keys;
  const std::uint8_t* auth;
  const std::uint8_t* src;
  std::uint8_t* dst;
  std::uint8_t* tag;  ///< seal: written last, may overlap the end of `auth`. open: read
  std::uint16_t auth_len;
  std::uint16_t text_len;  ///< may be 0
  std::uint8_t tag_len;    ///< 0: nothing is authenticated (UNAUTHENTICATED_SRTP; never with AEAD)
  Cipher cipher : 4;       ///< kNull: HMAC only
  EngineKind engine : 4;   ///< that made `keys`
  std::uint8_t key_len;    ///< 16, 24 or 32
  bool ok;  ///< open: the tag was right and dst holds the cleartext. seal: false if the implementation failed
  /// AES-CM: the counter block, F8: the IV of RFC 3711 4.1.2.2, GCM: the first 12 bytes.
  alignas(16) std::array<std::uint8_t, 16> iv;
};
static_assert(sizeof(Job) == 64);

/// What suite and engine decide of every packet of a context and of its jobs.
struct JobForm {
  std::uint32_t fields;  ///< tag_len of RTP, cipher, engine, key_len and ok = false, as they lie in Job
  std::uint8_t rtp_tag_len;
  Cipher cipher;
  EngineKind engine;
  bool aead;
};
/// All of them in a table that stays in the cache. Suites and engines fit into seven bits together, of which the lower
/// four are the suite's row.
inline constexpr std::size_t kMaxSuites = 16;
inline constexpr auto kJobForms = [] {
  static_assert(kSuites.size() <= kMaxSuites && kMaxSuites * kEngineKinds <= 128);
  std::array<JobForm, kMaxSuites * kEngineKinds> forms{};
  for (std::size_t i = 0; i < forms.size(); ++i) {
    if (i % kMaxSuites >= kSuites.size()) continue;
    const Suite& suite = kSuites[i % kMaxSuites];
    const std::size_t engine = i / kMaxSuites;
    const auto fields = static_cast<std::uint32_t>(suite.rtp_tag_len | static_cast<std::size_t>(suite.cipher) << 8 |
                                                   engine << 12 | std::size_t{suite.key_len} << 16);
    forms[i] = {fields, suite.rtp_tag_len, suite.cipher, static_cast<EngineKind>(engine), suite.aead()};
  }
  return forms;
}();
constexpr std::uint8_t job_form_index(std::size_t suite_row, EngineKind engine) {
  return static_cast<std::uint8_t>(suite_row + static_cast<std::size_t>(engine) * kMaxSuites);
}

/// Writes what the form says at once.
inline void set_form(Job& job, const JobForm& form) noexcept {
  static_assert(offsetof(Job, tag_len) + 2 == offsetof(Job, key_len) &&
                offsetof(Job, ok) == offsetof(Job, tag_len) + 3);
  std::memcpy(&job.tag_len, &form.fields, sizeof form.fields);
}

inline constexpr std::size_t kMaxBurst = 64;

enum class Direction : std::uint8_t { kSeal, kOpen };

/// The face of an engine whose jobs go through a device and come back later. Used by the one worker that owns it;
/// neither call ever waits.
class AsyncEngine {
 public:
  virtual ~AsyncEngine() = default;
  /// Takes jobs in their order until the device's queue is full; how many. A job that was taken, and all memory that it
  /// points to, belongs to the engine until collect() gives it back.
  virtual std::size_t submit(std::span<Job* const> jobs, Direction direction) noexcept = 0;
  /// Jobs that are done, with `ok` set as seal() and open() do; how many.
  virtual std::size_t collect(std::span<Job*> done) noexcept = 0;
  /// How many jobs the device itself has given back so far; what the engine did without it does not count.
  virtual std::uint64_t answers() const noexcept = 0;
  /// Jobs that are with the engine now.
  virtual std::size_t in_flight() const noexcept = 0;
};

/// One thread's handle on an implementation, or on several (EngineSet). Not thread-safe; each worker, and the control
/// thread for expand(), has its own.
class Engine {
 public:
  virtual ~Engine() = default;
  /// Who serves that suite here. For an engine that is one implementation always the same.
  virtual EngineKind kind_for(const Suite& suite) const noexcept = 0;
  /// For the user: name and what the processor lets it use, as in "ipsec_mb (AVX512 from 16 packets, SSE below)".
  virtual std::string_view description() const noexcept = 0;
  virtual bool supports(const Suite& suite) const noexcept = 0;
  /// Expands session keys into `record`, which was zero. Throws SetupError where the suite is not supported.
  virtual KeyRelease expand(const Suite& suite, const SessionKeys& keys, KeyRecord& record) = 0;
  /// Encrypts, then authenticates (HMAC) or both (AEAD). At most kMaxBurst jobs.
  virtual void seal(std::span<Job> jobs) noexcept = 0;
  /// Authenticates, compares in constant time, and decrypts what was authentic; the rest gets ok = false (what dst then
  /// holds must not be used: zeroed or undefined; HMAC suites decrypt nothing before the tag was right).
  virtual void open(std::span<Job> jobs) noexcept = 0;
  /// Null for engines that do their work within seal() and open().
  virtual AsyncEngine* async() noexcept { return nullptr; }
};

std::string_view to_string(EngineKind kind);
/// The kind of that name ("lanes", "ipsec_mb", ...); throws SetupError that lists them.
EngineKind engine_kind(std::string_view name);
/// Makes this thread's engine of that kind. Throws SetupError where this host cannot run it.
std::unique_ptr<Engine> make_engine(EngineKind kind);

}  // namespace sallyport::crypto
