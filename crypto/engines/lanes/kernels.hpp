// What the lanes engine asks of its kernels. Plain functions over groups of jobs: the kernels are built for processors
// with AVX-512, VAES, VPCLMULQDQ, BMI2 and SHA, the engine around them for any. Call nothing here, except on such
// processors. Kernels allocate nothing, keep nothing between calls, and touch no byte outside of a job's regions.
#pragma once

#include <cstddef>
#include <cstdint>

#include "crypto/engine.hpp"

namespace sallyport::crypto::lanes {

// What KeyRecord::bytes holds. With GCM the first 48 bytes are all, with the HMAC suites the hash states follow in the
// next cache line.
inline constexpr std::size_t kKeyAt = 0;         ///< 16 to 32 bytes
inline constexpr std::size_t kMaskedKeyAt = 16;  ///< F8: the key XOR m (RFC 3711 4.1.2.1), 16 bytes
inline constexpr std::size_t kHashKeyAt = 32;    ///< GCM: H as ghash.hpp wants it, 16 bytes
inline constexpr std::size_t kInnerAt = 48;      ///< SHA-1 after the block key ^ ipad (RFC 2104 2), 20 bytes
inline constexpr std::size_t kOuterAt = 68;      ///< the same of key ^ opad

/// Working memory of a kernel, which holds keystream and what follows from keys. A kernel leaves nothing of these.
struct alignas(64) Scratch {
  /// Keystream of a group of four packets, three rows of 64 bytes each.
  using Rows = std::uint8_t[4][3][64];
  /// GCM of a group.
  struct Gcm {
    Rows keystream;
    std::uint8_t powers[4][64];  ///< H^4, H^3, H^2, H
    std::uint8_t sums[4][64];    ///< GHASH so far
  };
  Gcm gcm[2];                          ///< the group that is encrypted and the one that is hashed
  std::uint8_t outer[5][64];           ///< HMAC of 16 packets: SHA-1 states after key ^ opad
  std::uint8_t round_keys[4][11][64];  ///< F8
};

/// An HMAC-SHA1, of which SRTP sends 10 or 4 bytes.
struct alignas(16) Tag {
  std::uint8_t bytes[16];
};

inline constexpr std::size_t kWide = 16;   ///< packets of hmac_wide()
inline constexpr std::size_t kNarrow = 4;  ///< packets of hmac_narrow()

/// AES-CM over any number of jobs with keys of `key_len` bytes.
void counter_mode(Job* const* jobs, std::size_t count, std::size_t key_len, Scratch& scratch) noexcept;
/// AES-F8 with 128-bit keys (RFC 3711 4.1.2) over any number of jobs.
void f8_mode(Job* const* jobs, std::size_t count, Scratch& scratch) noexcept;
/// AES-GCM over any number of jobs; writes the tags.
void gcm_seal(Job* const* jobs, std::size_t count, std::size_t key_len, Scratch& scratch) noexcept;
/// AES-GCM over any number of jobs; compares the tags in constant time and sets `ok`.
void gcm_open(Job* const* jobs, std::size_t count, std::size_t key_len, Scratch& scratch) noexcept;
/// HMAC-SHA1 of 1 to 16 jobs in the time of 16.
void hmac_wide(Job* const* jobs, std::size_t count, Scratch& scratch, Tag* tags) noexcept;
/// HMAC-SHA1 of 1 to 4 jobs.
void hmac_narrow(Job* const* jobs, std::size_t count, Tag* tags) noexcept;

/// The hash key of an AES key (RFC 7714, NIST SP 800-38D 6.4), in the form that gcm_seal() and gcm_open() want.
void hash_key(const std::uint8_t* hash_subkey, std::uint8_t* out) noexcept;
/// SHA-1's compression of one block.
void sha1_block(std::uint32_t* state, const std::uint8_t* block) noexcept;
/// Clears the vector registers, which still hold keys.
void clear_registers() noexcept;

}  // namespace sallyport::crypto::lanes
