#include "tests/cross/model/session.hpp"

#include <stdexcept>

namespace sallyport::model {

const std::vector<Suite>& suites() {
  static const std::vector<Suite> kTable{
      // RFC 3711 8.2, RFC 4568 6.2: salt of 112 bits; the _32 suites shorten the tag of SRTP only.
      {"AES_CM_128_HMAC_SHA1_80", Cipher::kCounter, 16, 14, 10, 10},
      {"AES_CM_128_HMAC_SHA1_32", Cipher::kCounter, 16, 14, 4, 10},
      {"F8_128_HMAC_SHA1_80", Cipher::kF8, 16, 14, 10, 10},
      {"F8_128_HMAC_SHA1_32", Cipher::kF8, 16, 14, 4, 10},
      {"NULL_HMAC_SHA1_80", Cipher::kNull, 16, 14, 10, 10},
      {"NULL_HMAC_SHA1_32", Cipher::kNull, 16, 14, 4, 10},
      // RFC 6188 2.
      {"AES_192_CM_HMAC_SHA1_80", Cipher::kCounter, 24, 14, 10, 10},
      {"AES_192_CM_HMAC_SHA1_32", Cipher::kCounter, 24, 14, 4, 10},
      {"AES_256_CM_HMAC_SHA1_80", Cipher::kCounter, 32, 14, 10, 10},
      {"AES_256_CM_HMAC_SHA1_32", Cipher::kCounter, 32, 14, 4, 10},
      // RFC 7714 12, and those with tags of 64 bits, which are in use without a number.
      {"AEAD_AES_128_GCM", Cipher::kGcm, 16, 12, 16, 16},
      {"AEAD_AES_256_GCM", Cipher::kGcm, 32, 12, 16, 16},
      {"AEAD_AES_128_GCM_8", Cipher::kGcm, 16, 12, 8, 8},
      {"AEAD_AES_256_GCM_8", Cipher::kGcm, 32, 12, 8, 8},
  };
  return kTable;
}

const Suite& suite_named(std::string_view name) {
  for (const Suite& suite : suites()) {
    if (suite.name == name) return suite;
  }
  throw std::out_of_range("the model has no suite " + std::string(name));
}

}  // namespace sallyport::model
