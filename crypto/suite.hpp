// The SRTP protection profiles as rows of data. Everything that depends on the suite reads its row; nothing switches
// over suites anywhere else.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sallyport::crypto {

/// How the payload is encrypted.
enum class Cipher : std::uint8_t { kAesCm, kAesGcm };

/// One SRTP crypto suite (RFC 4568 6.2, RFC 7714 12). All lengths are bytes.
struct Suite {
  std::string_view name;  ///< IANA's SDES name
  Cipher cipher;
  std::uint8_t key_len;       ///< master key and session encryption key
  std::uint8_t salt_len;      ///< master salt and session salt
  std::uint8_t auth_key_len;  ///< session authentication key, 0 for AEAD
  std::uint8_t rtp_tag_len;
  std::uint8_t rtcp_tag_len;  ///< 10 for the _32 suites too (RFC 4568 6.2.2)

  constexpr bool aead() const { return auth_key_len == 0; }
  /// Length of "master key || master salt", what an SDES inline parameter carries.
  constexpr std::size_t master_len() const { return std::size_t{key_len} + salt_len; }
};

/// In order of preference (requirements M2).
inline constexpr std::array kSuites{
    Suite{"AEAD_AES_256_GCM", Cipher::kAesGcm, 32, 12, 0, 16, 16},
    Suite{"AEAD_AES_128_GCM", Cipher::kAesGcm, 16, 12, 0, 16, 16},
    Suite{"AES_CM_128_HMAC_SHA1_80", Cipher::kAesCm, 16, 14, 20, 10, 10},
    Suite{"AES_CM_128_HMAC_SHA1_32", Cipher::kAesCm, 16, 14, 20, 4, 10},
};

/// The row of that SDES name, null where there is none. Names are matched exactly (RFC 4568 is case-sensitive).
constexpr const Suite* find_suite(std::string_view name) {
  for (const Suite& suite : kSuites) {
    if (suite.name == name) return &suite;
  }
  return nullptr;
}

}  // namespace sallyport::crypto
