// The SRTP protection profiles as rows of data. Everything that depends on the suite reads its row; nothing switches
// over suites anywhere else.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sallyport::crypto {

/// How the payload is encrypted.
enum class Cipher : std::uint8_t { kNull, kAesCm, kAesF8, kAesGcm };

/// One SRTP crypto suite (RFC 4568 6.2, RFC 6188, RFC 7714 12). All lengths are bytes.
struct Suite {
  std::string_view name;  ///< IANA's SDES name, or the one in use where there is none
  Cipher cipher;
  std::uint8_t key_len;       ///< master key, and session encryption key unless the cipher is NULL
  std::uint8_t salt_len;      ///< master salt and session salt
  std::uint8_t auth_key_len;  ///< session authentication key, 0 for AEAD
  std::uint8_t rtp_tag_len;
  std::uint8_t rtcp_tag_len;    ///< 10 for the _32 suites too (RFC 4568 6.2.2)
  bool registered;              ///< at IANA for SDES; the others are in use, and served only where they are named (M1)
  std::uint16_t dtls_profile;   ///< DTLS-SRTP protection profile (RFC 5764 4.1.2, RFC 7714 14.2), 0: none
  std::string_view alias = {};  ///< another name under which parties offer it

  constexpr bool aead() const { return auth_key_len == 0; }
  constexpr bool encrypts() const { return cipher != Cipher::kNull; }
  /// Length of the session encryption key.
  constexpr std::size_t encryption_key_len() const { return encrypts() ? key_len : 0; }
  /// Length of "master key || master salt", what an SDES inline parameter carries.
  constexpr std::size_t master_len() const { return std::size_t{key_len} + salt_len; }
};

/// In order of preference (requirements M2): GCM before AES-CM, tags of 80 bits before those of 32, long keys before
/// short ones, F8 last. Behind them those that are no choice unless they are named.
inline constexpr std::array kSuites{
    Suite{"AEAD_AES_256_GCM", Cipher::kAesGcm, 32, 12, 0, 16, 16, true, 0x0008},
    Suite{"AEAD_AES_128_GCM", Cipher::kAesGcm, 16, 12, 0, 16, 16, true, 0x0007},
    Suite{"AES_256_CM_HMAC_SHA1_80", Cipher::kAesCm, 32, 14, 20, 10, 10, true, 0, "AES_CM_256_HMAC_SHA1_80"},
    Suite{"AES_192_CM_HMAC_SHA1_80", Cipher::kAesCm, 24, 14, 20, 10, 10, true, 0, "AES_CM_192_HMAC_SHA1_80"},
    Suite{"AES_CM_128_HMAC_SHA1_80", Cipher::kAesCm, 16, 14, 20, 10, 10, true, 0x0001, "AES_128_CM_HMAC_SHA1_80"},
    Suite{"AES_256_CM_HMAC_SHA1_32", Cipher::kAesCm, 32, 14, 20, 4, 10, true, 0, "AES_CM_256_HMAC_SHA1_32"},
    Suite{"AES_192_CM_HMAC_SHA1_32", Cipher::kAesCm, 24, 14, 20, 4, 10, true, 0, "AES_CM_192_HMAC_SHA1_32"},
    Suite{"AES_CM_128_HMAC_SHA1_32", Cipher::kAesCm, 16, 14, 20, 4, 10, true, 0x0002, "AES_128_CM_HMAC_SHA1_32"},
    Suite{"F8_128_HMAC_SHA1_80", Cipher::kAesF8, 16, 14, 20, 10, 10, true, 0},
    Suite{"F8_128_HMAC_SHA1_32", Cipher::kAesF8, 16, 14, 20, 4, 10, false, 0},
    Suite{"AEAD_AES_256_GCM_8", Cipher::kAesGcm, 32, 12, 0, 8, 8, false, 0},
    Suite{"AEAD_AES_128_GCM_8", Cipher::kAesGcm, 16, 12, 0, 8, 8, false, 0},
    Suite{"NULL_HMAC_SHA1_80", Cipher::kNull, 16, 14, 20, 10, 10, false, 0x0005},
    Suite{"NULL_HMAC_SHA1_32", Cipher::kNull, 16, 14, 20, 4, 10, false, 0x0006},
};

/// The row of that SDES name or alias, null where there is none. Names are matched exactly (RFC 4568 is
/// case-sensitive).
constexpr const Suite* find_suite(std::string_view name) {
  for (const Suite& suite : kSuites) {
    if (suite.name == name || (!suite.alias.empty() && suite.alias == name)) return &suite;
  }
  return nullptr;
}

/// Position in kSuites of the row with that name.
constexpr std::size_t suite_index(const Suite& suite) {
  std::size_t i = 0;
  while (i < kSuites.size() && kSuites[i].name != suite.name) ++i;
  return i;
}

}  // namespace sallyport::crypto
