#include "crypto/engines/lanes.hpp"

#include <cpuid.h>

#include <cstring>
#include <string>

#include "crypto/engines/lanes/job_order.hpp"
#include "crypto/engines/lanes/kernels.hpp"
#include "crypto/error.hpp"
#include "crypto/tag.hpp"

namespace sallyport::crypto {
namespace {

/// From how many packets on 16 lanes of SHA-1 are faster than the SHA instructions.
constexpr std::size_t kWideFrom = 9;

/// Ciphers by key length, each with its own kernel.
constexpr std::size_t kKinds = 4 * 3;
constexpr std::size_t kind_of(Cipher cipher, std::size_t key_len) noexcept {
  return static_cast<std::size_t>(cipher) * 3 + (key_len / 8 - 2);
}
constexpr Cipher cipher_of(std::size_t kind) noexcept { return static_cast<Cipher>(kind / 3); }
constexpr std::size_t key_len_of(std::size_t kind) noexcept { return (kind % 3 + 2) * 8; }

void prefetch_keys(const Job& job) noexcept {
  const std::uint8_t* record = job.keys->bytes.data();
  __builtin_prefetch(record);
  if (job.cipher != Cipher::kAesGcm) __builtin_prefetch(record + lanes::kOuterAt);
}

/// SHA-1 after the one block key ^ pad (RFC 2104 2).
void hash_pad(const SessionKeys& keys, std::uint8_t pad, std::uint8_t* out) {
  SecretBytes<64> block;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const std::uint8_t key = i < keys.authentication.size() ? keys.authentication.data()[i] : std::uint8_t{0};
    block.data()[i] = static_cast<std::uint8_t>(key ^ pad);
  }
  constexpr std::array<std::uint32_t, 5> kStart{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::array<std::uint32_t, 5> state = kStart;
  lanes::sha1_block(state.data(), block.data());
  std::memcpy(out, state.data(), sizeof state);
  secure_wipe(state.data(), sizeof state);
}

/// The key XOR m, m being the session salt and as many bytes 0x55 as it takes (RFC 3711 4.1.2.1).
void mask_key(const Suite& suite, const SessionKeys& keys, std::uint8_t* out) {
  for (std::size_t i = 0; i < suite.key_len; ++i) {
    const std::uint8_t m = i < suite.salt_len ? keys.salt.data()[i] : std::uint8_t{0x55};
    out[i] = static_cast<std::uint8_t>(keys.encryption.data()[i] ^ m);
  }
}

}  // namespace

/// Order and scratch memory of a burst; in secret memory, for what kernels leave there.
struct LanesEngine::Working : InSecretMemory {
  using CipherOrder = lanes::JobOrder<kKinds>;
  using HashOrder = lanes::JobOrder<1>;

  lanes::Scratch scratch;
  std::array<lanes::Tag, kMaxBurst> tags;
  CipherOrder ciphers;
  HashOrder hashes;

  static lanes::JobClass cipher_class(const Job& job) noexcept {
    const lanes::JobClass length =
        job.cipher == Cipher::kAesGcm ? lanes::block_class(job.text_len) : lanes::length_class(job.text_len);
    return static_cast<lanes::JobClass>(kind_of(job.cipher, job.key_len) * lanes::kLengths + length);
  }
  static lanes::JobClass hash_class(const Job& job) noexcept {
    if (job.cipher == Cipher::kAesGcm || job.tag_len == 0) return HashOrder::kLeftOut;
    return lanes::length_class(job.auth_len + 8u);
  }

  /// Runs every cipher that has jobs in `ciphers`, GCM in that direction: with the others encrypting is decrypting.
  void run_ciphers(Direction direction) noexcept {
    ciphers.for_each_kind([&](std::size_t kind, std::span<Job* const> jobs) {
      run_cipher(cipher_of(kind), key_len_of(kind), jobs, direction);
    });
  }
  void run_cipher(Cipher cipher, std::size_t key_len, std::span<Job* const> jobs, Direction direction) noexcept {
    switch (cipher) {
      case Cipher::kAesGcm:
        if (direction == Direction::kSeal) return lanes::gcm_seal(jobs.data(), jobs.size(), key_len, scratch);
        return lanes::gcm_open(jobs.data(), jobs.size(), key_len, scratch);
      case Cipher::kAesCm:
        return lanes::counter_mode(jobs.data(), jobs.size(), key_len, scratch);
      case Cipher::kAesF8:
        return lanes::f8_mode(jobs.data(), jobs.size(), scratch);
      case Cipher::kNull:
        return;
    }
  }
  /// Leaves the HMAC of hashes.jobs()[i] in tags[i].
  void run_hashes() noexcept {
    Job* const* jobs = hashes.jobs().data();
    const std::size_t count = hashes.jobs().size();
    for (std::size_t i = 0; i < count;) {
      const std::size_t left = count - i;
      if (left >= kWideFrom) {
        const std::size_t n = left < lanes::kWide ? left : lanes::kWide;
        lanes::hmac_wide(jobs + i, n, scratch, &tags[i]);
        i += n;
      } else {
        const std::size_t n = left < lanes::kNarrow ? left : lanes::kNarrow;
        lanes::hmac_narrow(jobs + i, n, &tags[i]);
        i += n;
      }
    }
  }
};

bool lanes_available() noexcept {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  constexpr unsigned kSha = 1u << 29;                  // CPUID 7.0 EBX
  constexpr unsigned kVectorAes = 1u << 9 | 1u << 10;  // ECX: VAES, VPCLMULQDQ
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return false;
  if ((ebx & kSha) == 0 || (ecx & kVectorAes) != kVectorAes) return false;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2");
}

LanesEngine::LanesEngine() : working_(std::make_unique<Working>()) {
  if (!lanes_available()) {
    throw SetupError("crypto engine lanes: this processor lacks AVX-512, VAES, VPCLMULQDQ or SHA; use ipsec_mb");
  }
}

LanesEngine::~LanesEngine() = default;

std::string_view LanesEngine::description() const noexcept { return "lanes (AVX512, VAES, VPCLMULQDQ, SHA)"; }

bool LanesEngine::supports(const Suite& suite) const noexcept {
  switch (suite.cipher) {
    case Cipher::kAesGcm:
      return suite.key_len == 16 || suite.key_len == 32;
    case Cipher::kAesF8:
      return suite.key_len == 16;
    case Cipher::kAesCm:
    case Cipher::kNull:
      return true;
  }
  return false;
}

KeyRelease LanesEngine::expand(const Suite& suite, const SessionKeys& keys, KeyRecord& record) {
  if (!supports(suite)) throw SetupError("suite " + std::string(suite.name) + ": engine lanes does not have it");
  std::uint8_t* const bytes = record.bytes.data();
  std::memcpy(bytes + lanes::kKeyAt, keys.encryption.data(), suite.encryption_key_len());
  if (suite.cipher == Cipher::kAesF8) mask_key(suite, keys, bytes + lanes::kMaskedKeyAt);
  if (suite.aead()) {
    // H is the cipher of a block of zeros (NIST SP 800-38D 7.1): the keystream of AES-CM with an IV of zeros.
    SecretBytes<16> hash_subkey;
    Job job{};
    job.keys = &record;
    job.src = job.dst = hash_subkey.data();
    job.text_len = 16;
    Job* const jobs[] = {&job};
    lanes::counter_mode(jobs, 1, suite.key_len, working_->scratch);
    lanes::hash_key(hash_subkey.data(), bytes + lanes::kHashKeyAt);
    secure_wipe(&working_->scratch, sizeof working_->scratch);  // that keystream is H
  } else {
    hash_pad(keys, 0x36, bytes + lanes::kInnerAt);
    hash_pad(keys, 0x5c, bytes + lanes::kOuterAt);
  }
  lanes::clear_registers();
  return nullptr;
}

void LanesEngine::seal(std::span<Job> jobs) noexcept {
  Working& w = *working_;
  w.ciphers.arrange(jobs, [](Job& job) {
    prefetch_keys(job);
    job.ok = true;
    return Working::cipher_class(job);
  });
  w.hashes.arrange(jobs, Working::hash_class);
  w.run_ciphers(Direction::kSeal);
  w.run_hashes();
  for (std::size_t i = 0; i < w.hashes.jobs().size(); ++i) {
    const Job& job = *w.hashes.jobs()[i];
    copy_tag(job.tag, w.tags[i].bytes, job.tag_len);
  }
  lanes::clear_registers();
}

void LanesEngine::open(std::span<Job> jobs) noexcept {
  Working& w = *working_;
  w.hashes.arrange(jobs, [](Job& job) {
    prefetch_keys(job);
    job.ok = true;
    return Working::hash_class(job);
  });
  w.run_hashes();
  for (std::size_t i = 0; i < w.hashes.jobs().size(); ++i) {
    Job& job = *w.hashes.jobs()[i];
    job.ok = tags_equal(job.tag, w.tags[i].bytes, job.tag_len);
  }
  w.ciphers.arrange(
      jobs, [](const Job& job) { return job.ok ? Working::cipher_class(job) : Working::CipherOrder::kLeftOut; });
  w.run_ciphers(Direction::kOpen);
  lanes::clear_registers();
}

}  // namespace sallyport::crypto
